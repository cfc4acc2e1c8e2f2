"""Picture files as frames, as the decoder would give them."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import ReelwiseError
from data.video.types import FrameSpec

MAX_IMAGE_PIXELS = 64_000_000
"""Largest picture that is decoded: 8K x 8K, 200 MB as RGB."""


IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow may read; its rarer readers have had security holes."""


_PICTURE_MARKS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\x00", b"MM\x00*")
"""First bytes of JPEG, PNG, BMP and TIFF."""


def is_picture(path: Path) -> bool:
    """Whether a file begins like a picture; a GIF is a video here."""
    with path.open("rb") as file:
        start = file.read(16)
    return start.startswith(_PICTURE_MARKS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def read_image(path: Path, spec: FrameSpec) -> NDArray[np.uint8]:
    """A picture as the decoder would give it as a frame: (height_px, width_px, 3) uint8 RGB.

    Raises:
        ReelwiseError: It is no picture, a damaged one, or too large.
    """
    if path.exists() and not path.is_file():  # to open a pipe may wait for ever
        raise ReelwiseError(f"{path} is no file", fix="name a picture file")
    try:
        with warnings.catch_warnings():
            # Pillow warns above its own limit; `MAX_IMAGE_PIXELS` is checked before any pixel is
            # decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=IMAGE_FORMATS) as image:
                if image.width * image.height > MAX_IMAGE_PIXELS:
                    raise ReelwiseError(
                        f"{path.name} has {image.width} x {image.height} pixels; "
                        f"at most {MAX_IMAGE_PIXELS // 10**6} million are read",
                        fix="make it smaller and try again",
                    )
                upright = ImageOps.exif_transpose(image)
                return _fit(_flat(upright), spec)
    except FileNotFoundError as error:
        raise ReelwiseError(f"there is no picture {path}", fix="name a picture file") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise ReelwiseError(
            f"{path.name} cannot be read as a picture",
            fix=f"use one of {', '.join(IMAGE_FORMATS)}; a video goes to --like",
        ) from error
    except Image.DecompressionBombError as error:
        raise ReelwiseError(
            f"{path.name} has too many pixels", fix="make it smaller and try again"
        ) from error


def _flat(image: Image.Image) -> Image.Image:
    """RGB with 8 bits a channel, over white where the picture is transparent."""
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_levels(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


def _levels(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey values of more than 8 bits, (h, w), scaled to 0..255.

    Whole numbers of 16 bits by their type, as a picture of 8 bits has the upper 8 of them. Of wider
    ones the type says no range: it is that of the smallest usual one (1.0 of fractions, 8 or 16
    bits) that holds them, else their own.
    """
    real = np.nan_to_num(np.asarray(values, np.float64), posinf=0.0, neginf=0.0)
    least, most = float(real.min()), float(real.max())
    usual = (65535.0,) if values.dtype.itemsize == 2 else (255.0, 65535.0)
    if values.dtype.kind == "f":
        usual = (1.0, *usual)
    fits = next((limit for limit in usual if least >= 0 and most <= limit), None)
    low, high = (0.0, fits) if fits is not None else (least, most)
    scaled: NDArray[np.uint8] = ((real - low) * (255 / (high - low)) + 0.5).astype(np.uint8)
    return scaled


def _fit(image: Image.Image, spec: FrameSpec) -> NDArray[np.uint8]:
    size = (spec.width_px, spec.height_px)
    bicubic = Image.Resampling.BICUBIC
    if spec.fit == "crop":
        image = ImageOps.fit(image, size, method=bicubic)
    elif spec.fit == "pad":
        image = ImageOps.pad(image, size, method=bicubic, color=spec.fill_rgb)
    else:
        image = image.resize(size, bicubic)
    return np.asarray(image, dtype=np.uint8)
