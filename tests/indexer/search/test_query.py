"""Queries: their parts, their vectors, and the files that they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from indexer.search.pictures import MAX_IMAGE_PIXELS, read_image
from indexer.search.query import Query, Span, load_image, mix, parse_span, text_mean, unit
from tests.fakes import ColourEncoder, random_units


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("a.mp4", ("a.mp4", None)),
        ("a.mp4@2-5", ("a.mp4", Span(2, 5))),
        ("a@b.mp4@2.5-7.25", ("a@b.mp4", Span(2.5, 7.25))),
        ("a@b.mp4", ("a@b.mp4", None)),
        ("a.mp4@2", ("a.mp4@2", None)),
        ("12@0-4", ("12", Span(0, 4))),
    ],
)
def test_a_reference_may_end_with_a_stretch(ref: str, expected: tuple[str, Span | None]) -> None:
    assert parse_span(ref) == expected


def test_a_file_whose_name_looks_like_a_stretch_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip@1-2"
    path.touch()
    assert parse_span(str(path)) == (str(path), None)


@pytest.mark.parametrize("ref", ["a.mp4@5-2", "a.mp4@5-5"])
def test_a_stretch_that_ends_before_it_starts_is_refused_and_the_advice_works(ref: str) -> None:
    with pytest.raises(ReelwiseError, match="ends after it starts") as refused:
        parse_span(ref)
    assert parse_span(refused.value.fix)[1] is not None


@pytest.mark.parametrize("query", [{}, {"text": "  "}, {"without": "blue"}])
def test_a_query_needs_something_to_look_for(query: dict[str, str]) -> None:
    with pytest.raises(ReelwiseError, match="something to look for"):
        Query(**query)  # type: ignore[arg-type]


def test_a_query_tells_only_its_given_parts() -> None:
    query = Query(text=" red ", like=Path("a.mp4"), without="blue")
    assert query.as_dict() == {"text": "red", "like": "a.mp4", "without": "blue"}


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


def test_a_single_part_is_taken_as_it_is() -> None:
    vector = random_units(np.random.default_rng(0), 1, 16)[0]
    assert mix([(0.3, vector, np.ones(16, np.float32))], []) == pytest.approx(vector, abs=1e-6)


def test_mixing_does_not_follow_the_cone_of_one_kind() -> None:
    rng = np.random.default_rng(1)
    texts, clips = random_units(rng, 2, 64) * 4  # where each kind lies
    topic_t, topic_c = random_units(rng, 2, 64)
    text, clip = unit(texts + topic_t), unit(clips + topic_c)
    mixed = mix([(1.0, text, unit(texts)), (1.0, clip, unit(clips))], [])
    plain = unit(text + clip)
    assert mixed @ topic_t > 0.6
    assert mixed @ topic_c > 0.6
    assert plain @ topic_t < 0.5  # a plain sum mostly says "some text, some clip"


def test_what_is_not_wanted_is_subtracted() -> None:
    rng = np.random.default_rng(2)
    wanted, unwanted = random_units(rng, 2, 32)
    zero = np.zeros(32, np.float32)
    mixed = mix([(1.0, wanted, zero)], [(0.5, unwanted, zero)])
    assert mixed @ unwanted < wanted @ unwanted - 0.3
    assert mixed @ wanted > 0.8


def test_the_mean_of_texts_is_not_one_of_them() -> None:
    mean = text_mean(ColourEncoder())
    assert mean.shape == (8,)
    assert np.isfinite(mean).all()
