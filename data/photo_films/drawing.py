"""From photographs to the frames of a film: a camera that moves over them, and a sign."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.photo_films.photographs import photograph
from data.video.types import Pixels

WIDTH_PX, HEIGHT_PX = 640, 360
FPS = 10
_SIGN_TEXT_PX = 34
_SIGN_MARGIN_PX = 14
_SIGN_TOP_PX = 262


@dataclass(frozen=True)
class View:
    """Which part of a photograph is shown, always as wide as 16 to 9."""

    zoom: float = 1.0
    """1 shows the largest part, 2 one of half its width."""
    across: float = 0.5
    """0 is the left end of the photograph, 1 the right one."""
    down: float = 0.5
    """0 is its upper end, 1 the lower one."""


@dataclass(frozen=True)
class Shot:
    """A photograph over which the camera moves steadily from one view to another."""

    photograph: str
    """As `photograph` takes it."""
    length_s: float
    """How long it is shown."""
    first: View
    """Where the camera begins."""
    last: View
    """Where it ends."""


@dataclass(frozen=True)
class Sign:
    """A written line in the picture, in white capitals on a blue plate."""

    text: str
    """What it says."""
    start_s: float
    """When it appears."""
    end_s: float
    """When it is gone."""


def draw_shots(shots: tuple[Shot, ...], sign: Sign | None = None) -> Iterator[Pixels]:
    """Frames (360, 640, 3) uint8 of shots that follow one another, `FPS` a second."""
    number = 0
    for shot in shots:
        picture, n = photograph(shot.photograph), round(shot.length_s * FPS)
        for i in range(n):
            frame = _seen(picture, _between(shot.first, shot.last, i / max(n - 1, 1)))
            if sign and sign.start_s <= number / FPS < sign.end_s:
                frame = _with_sign(frame, sign.text)
            yield frame
            number += 1


def _between(first: View, last: View, share: float) -> View:
    def mean(start: float, end: float) -> float:
        return start + (end - start) * share

    return View(
        mean(first.zoom, last.zoom),
        mean(first.across, last.across),
        mean(first.down, last.down),
    )


def _seen(picture: Pixels, view: View) -> Pixels:
    height, width = picture.shape[:2]
    shown = min(width, height * WIDTH_PX / HEIGHT_PX) / view.zoom  # in pixels of the photograph
    left = view.across * (width - shown)
    top = view.down * (height - shown * HEIGHT_PX / WIDTH_PX)
    scale = shown / WIDTH_PX
    half = (scale - 1) / 2  # pixel centres lie at half pixels
    matrix = np.asarray([[scale, 0, left + half], [0, scale, top + half]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    frame = cv2.warpAffine(
        picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(frame, np.uint8)


def _with_sign(frame: Pixels, text: str) -> Pixels:
    plate = _plate(text)
    rows, columns = plate.shape[:2]
    left = (WIDTH_PX - columns) // 2
    frame[_SIGN_TOP_PX : _SIGN_TOP_PX + rows, left : left + columns] = plate
    return frame


@cache
def _plate(text: str) -> Pixels:
    font = ImageFont.load_default(size=_SIGN_TEXT_PX)  # the font that Pillow carries
    left, top, right, bottom = (round(each) for each in font.getbbox(text))
    size = (right - left + 2 * _SIGN_MARGIN_PX, bottom - top + 2 * _SIGN_MARGIN_PX)
    image = Image.new("RGB", size, (16, 52, 120))
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, size[0] - 5, size[1] - 5), outline="white", width=2)
    draw.text((_SIGN_MARGIN_PX - left, _SIGN_MARGIN_PX - top), text, font=font, fill="white")
    return np.asarray(image)
