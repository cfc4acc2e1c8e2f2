"""Pictures as queries: opened within limits, fitted as the decoder fits frames."""

from __future__ import annotations

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
"""What Pillow may try: its rarer readers have been its weak spots."""


def read_image(path: Path, spec: FrameSpec) -> NDArray[np.uint8]:
    """A picture as the decoder would give it as a frame: (height_px, width_px, 3) uint8 RGB."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of bombs above its own limit; ours is checked before any pixel is
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
    """RGB over white where the picture is transparent."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(paper, rgba).convert("RGB")
    return image.convert("RGB")


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
