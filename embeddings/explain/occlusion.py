"""Occlusion (Zeiler & Fergus, 2014): hide a part, and see how far the score falls.

It asks nothing of a tower but its vectors, so it is the reference for all others, and what serves
where there are no gradients: programs of onnxruntime, and scores with steps.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from data.video.types import FrameSpec, Pixels
from embeddings.encoder import Vectors
from embeddings.explain.explainer import Encode, Maps, Method, one_each, shares, stretched
from embeddings.explain.places import Box, picture_box
from embeddings.plain.layers import Floats

CELLS = 6
"""Cells of the picture on either side."""
WINDOW = 2
"""Cells on either side of what is hidden: less hardly changes a score."""
Score = Callable[[int, Vectors], Floats]
"""Number of a frame and (n, d) rows of n versions of it -> (n,) scores."""


class Occlusion:
    """An `Explainer` for whatever encodes frames.

    Args:
        encode: Frames to unit rows.
        spec: Frames that it takes.
    """

    method: Method = "occlusion"

    def __init__(self, encode: Encode, spec: FrameSpec) -> None:
        self._encode = encode
        self._spec = spec

    def maps(self, pixels: Pixels, directions: Vectors) -> Maps:
        """See `Explainer`."""
        wanted = one_each(directions, len(pixels))
        return self.maps_of(pixels, lambda frame, rows: rows @ wanted[frame])

    def maps_of(self, pixels: Pixels, score: Score) -> Maps:
        """The same for any score of a frame's vector."""
        height, width = pixels.shape[1:3]
        out = np.zeros((len(pixels), height // 4, width // 4), np.float32)
        for number, frame in enumerate(pixels):
            box = picture_box(frame, self._spec)
            drops = self._drops(frame, box, partial(score, number))
            top, left, bottom, right = (round(side / 4) for side in box)
            cells = _grown(drops, bottom - top, right - left)
            out[number, top:bottom, left:right] = cells
        return shares(out)

    def _drops(self, frame: Pixels, box: Box, score: Callable[[Vectors], Floats]) -> Floats:
        """(CELLS, CELLS): by how much the score falls, mean over the windows that hide a cell."""
        hidden = [frame, *(_without(frame, box, *place) for place in _PLACES)]
        scores = score(self._encode(np.stack(hidden)))
        total, count = (np.zeros((CELLS, CELLS), np.float32) for _ in range(2))
        for (row, column), drop in zip(_PLACES, scores[0] - scores[1:], strict=True):
            total[row : row + WINDOW, column : column + WINDOW] += drop
            count[row : row + WINDOW, column : column + WINDOW] += 1
        return np.asarray(total / count, np.float32)


_PLACES = [
    (row, column) for row in range(CELLS - WINDOW + 1) for column in range(CELLS - WINDOW + 1)
]


def hide(frame: Pixels, part: Box, box: Box) -> Pixels:
    """A copy of a frame, a part of it in the mean colour of its picture."""
    top, left, bottom, right = box
    colour = frame[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
    out = frame.copy()
    out[part[0] : part[2], part[1] : part[3]] = colour.astype(np.uint8)
    return out


def _without(frame: Pixels, box: Box, row: int, column: int) -> Pixels:
    top, left, bottom, right = box

    def place(cell: int, first: int, last: int) -> int:
        return round(first + (last - first) * cell / CELLS)

    part = (
        place(row, top, bottom),
        place(column, left, right),
        place(row + WINDOW, top, bottom),
        place(column + WINDOW, left, right),
    )
    return hide(frame, part, box)


def _grown(cells: Floats, height: int, width: int) -> Floats:
    return np.asarray(stretched(np.maximum(cells, 0)[None], height, width)[0], np.float32)
