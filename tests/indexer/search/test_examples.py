"""Pictures as queries: read within limits, fitted as frames are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from indexer.search.examples import MAX_IMAGE_PIXELS, load_image, read_image
from tests.fakes import ColourEncoder


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
