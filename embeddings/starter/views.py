"""What of a frame the network is shown: no bars; the whole and its middle; drawings by themselves.

A frame may hold grey padding, bars that were recorded with it, or a drawing on a white ground: the
network was trained on photographs that fill its input.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from embeddings.starter.shape import FRAME_SPEC, INPUT_PX

Picture = NDArray[np.uint8]
VIEWS = 2
"""Pictures that are made of a frame."""
CENTRE = 0.89
"""Of the shorter side, as the network was tested (timm's `crop_pct`)."""
STEP = 4
"""Bars are looked for in every fourth pixel."""
SAME_COLOUR = 10
"""Largest difference within a bar; compression leaves traces."""
OTHER_PIXELS = 0.02
"""Of a row or column that still counts as bar."""
LEAST_CONTENT = 0.25
"""Of each side: where less would be left, nothing is cut off."""
WHITE, PALE_SHARE, MOST_COLOUR, INK = 0.86, 0.75, 0.03, 0.6
"""A drawing has a white ground on three quarters of the frame, hardly colours, and dark lines."""
DARK, DIM = 0.08, 0.2
"""Mean brightness below which a frame is quite dark; from which it is not dark at all."""


@dataclass(frozen=True)
class Views:
    """A frame as the network sees it."""

    pictures: NDArray[np.float32]
    """(2, 3, 260, 260), -1 to 1."""
    attributes: NDArray[np.float32]
    """(3,), 0 to 1: whether it is a drawing, without colours, dark; see `ATTRIBUTES` of labels."""


class Square(NamedTuple):
    """A square of a frame, in pixels."""

    top: float
    """First row."""
    left: float
    """First column."""
    side_px: float
    """Its side."""


def views_of(frame: Picture) -> Views:
    """The views of a frame of `FRAME_SPEC`."""
    content = without_bars(without_padding(frame))
    attributes = attributes_of(content)
    if not attributes[0]:
        return Views(plain_views(content), attributes)
    drawn = _fitted(_inked(content), fill=255)
    thicker = np.asarray(cv2.erode(drawn, np.ones((3, 3), np.uint8)), np.uint8)
    return Views(_as_input(drawn, thicker), attributes)


def squares_of(frame: Picture) -> tuple[Square, Square]:
    """The squares of a frame that its two views show; they may reach beyond it."""
    content = without_bars(without_padding(frame))
    if attributes_of(content)[0]:
        drawn = _whole_square(frame, _inked(content))
        return drawn, drawn
    height, width = content.shape[0], content.shape[1]
    top, left = _place_in(frame, content)
    down, right, side = _middle(height, width)
    return _whole_square(frame, content), Square(top + down, left + right, side)


def _whole_square(frame: Picture, part: Picture) -> Square:
    """The square around a part of a frame, as `_fitted` puts it."""
    top, left = _place_in(frame, part)
    height, width = part.shape[0], part.shape[1]
    side = max(height, width)
    return Square(top - (side - height) / 2, left - (side - width) / 2, side)


def _place_in(frame: Picture, part: Picture) -> tuple[int, int]:
    """First row and column of a part, which is a slice of the frame."""
    behind = part.ctypes.data - frame.ctypes.data
    return behind // frame.strides[0], behind % frame.strides[0] // frame.strides[1]


def plain_views(picture: Picture) -> NDArray[np.float32]:
    """(2, 3, 260, 260), -1 to 1: the whole of a picture on grey, and its middle."""
    return _as_input(_fitted(picture, fill=127), _centre(picture))


def _as_input(*pictures: Picture) -> NDArray[np.float32]:
    stack = np.stack(pictures).astype(np.float32).transpose(0, 3, 1, 2)
    return np.asarray(stack / np.float32(127.5) - 1, np.float32)


def without_padding(frame: Picture) -> Picture:
    """The frame without the padding that `FRAME_SPEC` adds."""
    other = (frame != np.asarray(FRAME_SPEC.fill_rgb, np.uint8)).any(axis=2)
    rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
    if not len(rows):
        return frame
    return frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def without_bars(picture: Picture) -> Picture:
    """The picture without bars of one colour at its sides."""
    top, bottom = _bars(picture)
    left, right = _bars(picture.transpose(1, 0, 2))
    height, width = picture.shape[0], picture.shape[1]
    if bottom - top < LEAST_CONTENT * height or right - left < LEAST_CONTENT * width:
        return picture
    return picture[top:bottom, left:right]


def _bars(picture: Picture) -> tuple[int, int]:
    """First row after the upper bar, and first row of the lower one."""
    thin = picture[::STEP, ::STEP].astype(np.int16)
    first, last = _bar_rows(thin), _bar_rows(thin[::-1])
    end = len(picture) - last * STEP if last else len(picture)
    return first * STEP, max(end, first * STEP)


def _bar_rows(thin: NDArray[np.int16]) -> int:
    colour = np.median(thin[0], axis=0)
    other = (np.abs(thin - colour).max(axis=2) > SAME_COLOUR).mean(axis=1) > OTHER_PIXELS
    return int(np.argmax(other)) if other.any() else 0


def attributes_of(picture: Picture) -> NDArray[np.float32]:
    """(3,) float32, 0 to 1; see `Views`."""
    thin = picture[::3, ::3].astype(np.float32) / 255
    brightest, dimmest = thin.max(axis=2), thin.min(axis=2)
    colour = float((brightest - dimmest).mean())
    pale = float((dimmest > WHITE).mean()) > PALE_SHARE
    drawing = pale and colour < MOST_COLOUR and bool((brightest < INK).any())
    colourless = not drawing and colour < MOST_COLOUR / 2
    dark = np.clip((DIM - float(brightest.mean())) / (DIM - DARK), 0, 1)
    return np.asarray([drawing, colourless, dark], np.float32)


def _inked(picture: Picture) -> Picture:
    """A drawing with a margin around its lines."""
    ink = picture.max(axis=2) < INK * 255
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    margin = round(0.08 * max(picture.shape[:2]))
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    return picture[top : rows[-1] + margin + 1, left : columns[-1] + margin + 1]


def _fitted(picture: Picture, *, fill: int) -> Picture:
    """The whole picture within a square of the network's size."""
    height, width = picture.shape[0], picture.shape[1]
    scale = INPUT_PX / max(height, width)
    rows, columns = max(round(height * scale), 1), max(round(width * scale), 1)
    square = np.full((INPUT_PX, INPUT_PX, 3), fill, np.uint8)
    top, left = (INPUT_PX - rows) // 2, (INPUT_PX - columns) // 2
    square[top : top + rows, left : left + columns] = _resized(picture, columns, rows)
    return square


def _centre(picture: Picture) -> Picture:
    """The middle square of the picture."""
    top, left, side = _middle(picture.shape[0], picture.shape[1])
    return _resized(picture[top : top + side, left : left + side], INPUT_PX, INPUT_PX)


def _middle(height: int, width: int) -> tuple[int, int, int]:
    """First row, first column and side of the middle square."""
    side = max(round(CENTRE * min(height, width)), 1)
    return (height - side) // 2, (width - side) // 2, side


def _resized(picture: Picture, width: int, height: int) -> Picture:
    shrinks = width * height < picture.shape[0] * picture.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    out = cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=way)
    return np.asarray(out, np.uint8)
