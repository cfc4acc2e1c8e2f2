"""Where in a frame the picture lies, and where in the picture of the video a map belongs."""

import numpy as np

from data.video.types import FrameSpec, Pixels
from embeddings.explain.explainer import Maps, stretched
from embeddings.plain.layers import Floats

Box = tuple[int, int, int, int]
"""First row, first column, first row after it, first column after it, in pixels."""
CELLS = 48
"""Of the longer side of a map over a picture."""


def picture_box(frame: Pixels, spec: FrameSpec) -> Box:
    """Where the picture lies in a frame that may have bars around it."""
    whole = (0, 0, frame.shape[0], frame.shape[1])
    if spec.fit != "pad":
        return whole
    other = (frame != np.asarray(spec.fill_rgb, np.uint8)).any(axis=2)
    rows, columns = np.flatnonzero(other.any(axis=1)), np.flatnonzero(other.any(axis=0))
    if not len(rows):
        return whole
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def over_picture(maps: Maps, spec: FrameSpec, aspect: float) -> Maps:
    """Maps over frames as maps over the video's picture, which is `aspect` times as wide as high.

    What a frame does not show, at the sides of a picture that is cropped, says nothing.
    """
    rows, columns = (CELLS, round(CELLS * aspect)) if aspect < 1 else (round(CELLS / aspect), CELLS)
    rows, columns = max(rows, 1), max(columns, 1)
    if spec.fit == "squash":
        return stretched(maps, rows, columns)
    # Above 1 the picture is wider than the frame.
    share = aspect / (spec.width_px / spec.height_px)
    high, wide = maps.shape[1:]
    if spec.fit == "pad":
        seen_rows, seen_columns = high * min(1.0, 1 / share), wide * min(1.0, share)
        return stretched(_middle(maps, seen_rows, seen_columns), rows, columns)
    inner_rows = max(1, round(rows * min(1.0, share)))
    inner_columns = max(1, round(columns * min(1.0, 1 / share)))
    out = np.zeros((len(maps), rows, columns), np.float32)
    top, left = (rows - inner_rows) // 2, (columns - inner_columns) // 2
    out[:, top : top + inner_rows, left : left + inner_columns] = stretched(
        maps, inner_rows, inner_columns
    )
    return out


def _middle(maps: Maps, rows: float, columns: float) -> Floats:
    """The middle of maps, so many of their rows and columns, on a finer grid."""
    finer = stretched(maps, maps.shape[1] * 4, maps.shape[2] * 4)
    high, wide = max(1, round(rows * 4)), max(1, round(columns * 4))
    top, left = (finer.shape[1] - high) // 2, (finer.shape[2] - wide) // 2
    return finer[:, top : top + high, left : left + wide]
