"""Which segments are copied to which GPUs.

Where all fits on each GPU, each has all of it, and questions are spread. Else the largest segments,
which gain most, go first: whole where one GPU has room, in pieces over several where all of them
together have. What fits nowhere stays on the CPU.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Shape:
    """The vectors of a segment."""

    n: int
    """How many."""
    dim: int
    """Their length."""

    @property
    def row_bytes(self) -> int:
        """Bytes of one, in half precision, and of its number."""
        return 2 * self.dim + 8

    @property
    def size_bytes(self) -> int:
        """Bytes of all."""
        return self.n * self.row_bytes


@dataclass(frozen=True)
class Piece:
    """Rows [first, stop) of a segment on one GPU."""

    gpu: int
    """Number of the GPU."""
    first: int
    """First row."""
    stop: int
    """Row after the last."""


Replica = tuple[Piece, ...]
"""Pieces that together hold each row of a segment once."""


def place(shapes: Mapping[str, Shape], room_bytes: Mapping[int, int]) -> dict[str, list[Replica]]:
    """Tell where segments are copied.

    Args:
        shapes: The segments, by name.
        room_bytes: For each GPU the bytes that may be used.

    Returns:
        For each segment that is copied its replicas, any of which answers alone.
    """
    if not room_bytes:
        return {}
    if sum(each.size_bytes for each in shapes.values()) <= min(room_bytes.values()):
        return {
            name: [(Piece(gpu, 0, shape.n),) for gpu in sorted(room_bytes)]
            for name, shape in shapes.items()
        }
    left = dict(room_bytes)
    placed = {}
    for name, shape in sorted(shapes.items(), key=lambda each: (-each[1].size_bytes, each[0])):
        pieces = _whole(shape, left) or _split(shape, left)
        for piece in pieces:
            left[piece.gpu] -= (piece.stop - piece.first) * shape.row_bytes
        if pieces:
            placed[name] = [tuple(pieces)]
    return placed


def _whole(shape: Shape, left: Mapping[int, int]) -> Sequence[Piece]:
    """All of it on the GPU with the most room; nothing where it does not fit."""
    gpu = max(left, key=lambda each: (left[each], -each))
    return [Piece(gpu, 0, shape.n)] if shape.size_bytes <= left[gpu] else []


def _split(shape: Shape, left: Mapping[int, int]) -> Sequence[Piece]:
    """On each GPU a part in proportion to its room; nothing where all together have too little."""
    fits = {gpu: max(room, 0) // shape.row_bytes for gpu, room in sorted(left.items())}
    total = sum(fits.values())
    if total < shape.n:
        return []
    borders, before = [0], 0
    for most in fits.values():
        before += most
        borders.append(shape.n * before // total)
    pieces = [Piece(gpu, *ends) for gpu, ends in zip(fits, pairwise(borders), strict=True)]
    return [piece for piece in pieces if piece.stop > piece.first]
