"""Pictures as queries: read within limits, fitted as frames are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from embeddings.temporal.pooling import mean_clips
from indexer.search.examples.example import example_of_stored, load_image
from indexer.search.examples.pictures import MAX_IMAGE_PIXELS, read_image
from indexer.search.spans import Span
from indexer.store.vectors import VideoVectors
from tests.fakes import ColourEncoder, random_units

ROOT = Path(__file__).resolve().parents[4]
CASES = Path(os.environ.get("REELWISE_CASES", ROOT / "../shared/cases")) / "picture"


def picture(path: Path, size: tuple[int, int] = (60, 20)) -> Path:
    """Left third red, middle green, right blue."""
    image = Image.new("RGB", size, (0, 255, 0))
    third = size[0] // 3
    image.paste((255, 0, 0), (0, 0, third, size[1]))
    image.paste((0, 0, 255), (size[0] - third, 0, size[0], size[1]))
    image.save(path)
    return path


def test_a_picture_is_fitted_as_a_frame_would_be(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    squashed = read_image(path, FrameSpec(30, 30, "squash"))
    assert squashed.shape == (30, 30, 3)
    assert squashed[15, 2].tolist() == [255, 0, 0]
    assert squashed[15, 27].tolist() == [0, 0, 255]
    cropped = read_image(path, FrameSpec(20, 20, "crop"))
    assert cropped.shape == (20, 20, 3)
    assert (cropped[:, 2:18] == (0, 255, 0)).all()
    padded = read_image(path, FrameSpec(30, 30, "pad", (9, 8, 7)))
    assert padded[0, 15].tolist() == padded[29, 0].tolist() == [9, 8, 7]
    assert padded[15, 2].tolist() == [255, 0, 0]


def test_transparency_is_white_and_the_camera_s_rotation_is_undone(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_image(tmp_path / "clear.png", FrameSpec(4, 4)) == 255).all()
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise: the left side comes to the top
    image.save(tmp_path / "turned.png", exif=exif)
    upright = read_image(tmp_path / "turned.png", FrameSpec(20, 40))
    assert upright[5, 10].tolist() == [255, 0, 0]
    assert upright[35, 10].tolist() == [0, 0, 255]


def test_what_is_no_picture_or_too_large_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "a.png"
    text.write_text("no picture")
    spec = FrameSpec(8, 8)
    with pytest.raises(ReelwiseError, match="cannot be read as a picture"):
        read_image(text, spec)
    with pytest.raises(ReelwiseError, match="there is no picture"):
        read_image(tmp_path / "missing.png", spec)
    whole = picture(tmp_path / "b.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReelwiseError, match="cannot be read as a picture"):
        read_image(tmp_path / "cut.png", spec)
    side = int(MAX_IMAGE_PIXELS**0.5) + 10
    Image.new("1", (side, side)).save(tmp_path / "large.png")
    with pytest.raises(ReelwiseError, match="64 million are read"):
        read_image(tmp_path / "large.png", spec)
    Image.new("1", (side * 2, side * 2)).save(tmp_path / "huge.png")
    with pytest.raises(ReelwiseError, match=r"too many pixels|million are read"):
        read_image(tmp_path / "huge.png", spec)


def test_a_picture_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), (0, 0, 255)).save(tmp_path / "blue.png")
    example = load_image(tmp_path / "blue.png", ColourEncoder())
    blue = ColourEncoder().encode_texts(["blue"])[0]
    assert example.frames.shape == (1, 8)
    assert example.whole == pytest.approx(blue)
    assert example.clips[0] == pytest.approx(blue)


class Counted(ColourEncoder):
    """Notes which stretches it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, int]] = []

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        self.asked += spans
        return super().encode_clips(vectors, times_s, spans)


def stored(step_s: float = 0.5) -> VideoVectors:
    """A video of 16 frames in two clips, of which the vectors are no means of their frames."""
    rng = np.random.default_rng(1)
    return VideoVectors(
        video_id=3,
        frame_times_s=np.arange(16, dtype=np.float64) * step_s,
        frames=random_units(rng, 16, 8).astype(np.float16),
        clip_ids=np.array([1, 2]),
        clip_spans=np.array([(0.0, 8 * step_s), (8 * step_s, 16 * step_s)]),
        clips=random_units(rng, 2, 8).astype(np.float16),
    )


def test_a_stored_clip_is_taken_as_it_is_and_a_cut_one_computed() -> None:
    video, encoder = stored(), Counted()
    example = example_of_stored(video, None, encoder, name="a")
    assert (example.clips == video.clips).all()
    assert encoder.asked == [(0, 16)]  # the whole of it is no clip of the library
    encoder = Counted()
    example = example_of_stored(video, Span(0, 4), encoder, name="a")
    assert (example.clips == video.clips[:1]).all()
    assert (example.whole == video.clips[0]).all()
    assert encoder.asked == []
    example = example_of_stored(video, Span(1, 8), encoder, name="a")
    assert (example.clips[1] == video.clips[1]).all()
    assert example.clips[0] == pytest.approx(mean_clips(example.frames, [(0, 6)])[0], abs=1e-6)
    assert encoder.asked == [(0, 6), (0, 14)]


def test_what_is_longer_than_a_clip_is_the_mean_of_its_clips() -> None:
    video, encoder = stored(step_s=1.0), Counted()
    example = example_of_stored(video, None, encoder, name="a")
    assert encoder.asked == []
    mean = example.clips.mean(axis=0)
    assert example.whole == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_what_a_clip_may_be_is_as_the_library_cuts() -> None:
    """16 s are a clip of a library of 20 s, and the mean of two clips with 10 s."""
    video, encoder = replace(stored(step_s=1.0), clip_rule="windows 20 0.5"), Counted()
    example_of_stored(video, None, encoder, name="a")
    assert encoder.asked == [(0, 16)]


GREY = np.linspace(0, 255, 32 * 32).reshape(32, 32)
AS_GREY = {
    "16 bits": ("a.png", (GREY * 257).round().astype(np.uint16)),
    "16 bits, big end first": ("a.tiff", (GREY * 257).round().astype(">u2")),
    "32 bits that hold 16": ("a.tiff", (GREY * 257).round().astype(np.int32)),
    "32 bits that hold more": ("a.tiff", (GREY * 1e6).round().astype(np.int32)),
    "fractions": ("a.tiff", (GREY / 255).astype(np.float32)),
    "fractions of 255": ("a.tiff", GREY.astype(np.float32)),
    "below zero": ("a.tiff", (GREY / 100 - 1).astype(np.float32)),
}


@pytest.mark.parametrize("kind", sorted(AS_GREY))
def test_a_grey_picture_is_the_same_whatever_its_depth(kind: str, tmp_path: Path) -> None:
    name, values = AS_GREY[kind]
    Image.fromarray(values).save(tmp_path / name)
    found = read_image(tmp_path / name, FrameSpec(32, 32)).astype(int)
    assert np.abs(found - GREY[..., None]).max() <= 2


def test_what_is_no_number_is_black(tmp_path: Path) -> None:
    values = np.full((8, 8), 0.5, np.float32)
    values[0] = np.nan, np.inf, -np.inf, 1, 1, 1, 1, 1
    Image.fromarray(values).save(tmp_path / "a.tiff")
    found = read_image(tmp_path / "a.tiff", FrameSpec(8, 8))
    assert found[4, 4, 0] == 128
    Image.fromarray(np.zeros((8, 8), np.float32)).save(tmp_path / "b.tiff")
    assert not read_image(tmp_path / "b.tiff", FrameSpec(8, 8)).any()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_a_picture_is_the_same_whatever_its_kind(mode: str, tmp_path: Path) -> None:
    suffix = {"CMYK": "tiff", "YCbCr": "jpg"}.get(mode, "png")
    Image.new("RGB", (16, 16), "white").convert(mode).save(tmp_path / f"a.{suffix}")
    assert (read_image(tmp_path / f"a.{suffix}", FrameSpec(8, 8)) >= 253).all()


def test_of_an_animated_picture_the_first_one_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    for name in ("a.gif", "a.png", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        assert read_image(tmp_path / name, FrameSpec(8, 8))[4, 4].argmax() == 0


def test_the_16_bit_picture_of_the_cases_is_the_one_of_8_bits() -> None:
    if not CASES.is_dir():
        pytest.skip(f"no cases at {CASES} (REELWISE_CASES)")
    deep, plain = (
        read_image(CASES / name, FrameSpec(64, 64)).astype(int)
        for name in ("q_16bit.png", "q_8bitgray.png")
    )
    assert np.abs(deep - plain).max() <= 1
