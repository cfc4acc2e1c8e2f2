"""Explanations as pictures: what spoke laid over frames, and the curve of the scores beneath."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from data.arrays import Floats
from data.durable import write_atomic
from data.errors import ReelwiseError
from indexer.explanation.explain import Explanation
from indexer.explanation.pictures import LookedInto

MARGIN_PX, GAP_PX, CURVE_PX, TEXT_PX = 16, 6, 150, 14
LEFT_PX = 56
"""Room for the numbers beside the curve."""
LEAST_WIDTH_PX = 640
ROWS_OF = 8
"""Frames side by side."""
MOST_COVER = 0.65
"""Of the picture that is hidden where most speaks for it."""
LEAST_STRENGTH = 0.2
"""Of what is laid over the frame with the lowest score."""
_INK, _PAPER, _LINE, _GRID = (20, 24, 32), (255, 255, 255), (15, 118, 110), (222, 228, 232)
_HOT = ((255, 214, 10), (230, 57, 20))
"""From what speaks a little to what speaks most."""
Picture = NDArray[np.uint8]


def overlay(cells: Floats, width_px: int, height_px: int) -> Picture:
    """(h, w, 4) RGBA: what speaks is covered, the more the warmer; the rest is transparent."""
    most = float(cells.max(initial=0))
    strength = cells / most if most > 0 else cells
    fine = cv2.resize(strength, (width_px, height_px), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    low, high = (np.asarray(colour, np.float32) for colour in _HOT)
    colour = low + (high - low) * fine[..., None]
    return np.concatenate([colour, 255 * MOST_COVER * fine[..., None]], axis=2).astype(np.uint8)


def overlay_png(cells: Floats, width_px: int, height_px: int) -> bytes:
    """The same as a PNG file."""
    sink = io.BytesIO()
    Image.fromarray(overlay(cells, width_px, height_px), "RGBA").save(sink, "PNG")
    return sink.getvalue()


def covered(picture: Picture, cells: Floats, strength: float = 1.0) -> Picture:
    """(h, w, 3): a picture with what speaks laid over it, the weaker the less."""
    over = overlay(cells, picture.shape[1], picture.shape[0]).astype(np.float32)
    share = over[..., 3:] / 255 * strength
    return np.asarray(picture * (1 - share) + over[..., :3] * share, np.uint8)


def strength_of(explanation: Explanation, place: int) -> float:
    """0 to 1: how much a frame counts beside the others; all count where none stands out."""
    low, high = float(explanation.scores.min()), float(explanation.scores.max())
    if not explanation.best or high <= low:
        return 1.0
    share = (float(explanation.scores[place]) - low) / (high - low)
    return LEAST_STRENGTH + (1 - LEAST_STRENGTH) * share


def write_drawing(path: Path, explanation: Explanation, looked: LookedInto, title: str) -> None:
    """Write frames and curve as a PNG file.

    Raises:
        ReelwiseError: The file cannot be written.
    """
    sink = io.BytesIO()
    draw(explanation, looked, title).save(sink, "PNG", optimize=True)
    try:
        write_atomic(path, sink.getvalue(), point="explanation")
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be written: {error.strerror}", fix="name a file in an existing folder"
        ) from error


def draw(explanation: Explanation, looked: LookedInto, title: str) -> Image.Image:
    """Frames in order of time, and beneath them the score of every frame of the stretch."""
    assert looked.pictures is not None
    font = ImageFont.load_default(TEXT_PX)
    across = min(ROWS_OF, len(looked.places))
    rows = -(-len(looked.places) // across)
    high, wide = looked.pictures.shape[1:3]
    cell = (wide + GAP_PX, high + GAP_PX + TEXT_PX + 4)
    strip_px = max(across * cell[0], LEAST_WIDTH_PX)
    strip_top = MARGIN_PX + TEXT_PX + GAP_PX
    curve_top = strip_top + rows * cell[1] + GAP_PX
    size = (LEFT_PX + strip_px + MARGIN_PX, curve_top + CURVE_PX + MARGIN_PX + TEXT_PX + GAP_PX)
    picture = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.text((LEFT_PX, MARGIN_PX), title, _INK, font)
    for at, place in enumerate(looked.places):
        x = LEFT_PX + (at % across) * cell[0]
        y = strip_top + (at // across) * cell[1]
        seen = covered(looked.pictures[at], looked.maps[at], strength_of(explanation, place))
        picture.paste(Image.fromarray(seen), (x, y))
        told = f"{explanation.times_s[place]:.1f} s   {explanation.scores[place]:.3g}"
        pen.text((x + 2, y + high + 3), told, _INK, font)
    _draw_curve(pen, explanation, looked, (LEFT_PX, curve_top, LEFT_PX + strip_px - GAP_PX), font)
    return picture


def _draw_curve(
    pen: ImageDraw.ImageDraw,
    explanation: Explanation,
    looked: LookedInto,
    place: tuple[int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, top, right = place
    bottom = top + CURVE_PX
    times_s, scores = explanation.times_s, explanation.scores
    low, high = float(scores.min()), float(scores.max())
    span_s = max(explanation.end_s - explanation.start_s, 1e-6)

    def at(time_s: float, score: float) -> tuple[float, float]:
        share = (score - low) / (high - low) if high > low else 0.5
        x = left + (right - left) * (time_s - explanation.start_s) / span_s
        return x, bottom - share * CURVE_PX

    for best in explanation.best:
        pen.rectangle(
            (at(best.start_s, low)[0], top, at(best.end_s, low)[0], bottom), (219, 243, 240)
        )
    for score in (low, high):
        y = at(explanation.start_s, score)[1]
        pen.line((left, y, right, y), _GRID)
        pen.text((left - 8, y), f"{score:.3g}", _INK, font, anchor="rm")
    points = [at(float(t), float(s)) for t, s in zip(times_s, scores, strict=True)]
    if len(points) > 1:
        pen.line(points, _LINE, width=3, joint="curve")
    for each in looked.places:
        x, y = points[each]
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), _LINE, _PAPER)
    for time_s, anchor in ((explanation.start_s, "la"), (explanation.end_s, "ra")):
        pen.text(
            (at(time_s, low)[0], bottom + GAP_PX), f"{time_s:.1f} s", _INK, font, anchor=anchor
        )
