"""Which segments are copied to which GPUs, and as what.

Where all fits on each GPU, each has all of it, and questions are spread. Else the largest segments,
which gain most, go first: whole where one GPU has room, in pieces over several where all of them
together have. What fits nowhere is copied in a form that takes less, as little of it as will do;
what fits in no form stays on the CPU.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexer.store.gpu.devices.copy_kinds import Copied, CopyKind, fixed_bytes, row_bytes


@dataclass(frozen=True)
class Shape:
    """The vectors of a segment."""

    n: int
    """How many."""
    dim: int
    """Their length."""
    kind: CopyKind = CopyKind.EXACT
    """What is copied of them."""
    n_cells: int = 0
    """Cells of the segment's index."""

    @property
    def row_bytes(self) -> int:
        """Bytes of one, and of its number."""
        return row_bytes(self.kind, self.dim)

    @property
    def fixed_bytes(self) -> int:
        """Bytes that each copy takes besides, however few rows it has."""
        return fixed_bytes(self.kind, Copied(self.n, self.dim, self.n_cells))

    @property
    def size_bytes(self) -> int:
        """Bytes of all."""
        return self.piece_bytes(self.n)

    def piece_bytes(self, n: int) -> int:
        """Bytes of a copy of some of them."""
        return n * self.row_bytes + self.fixed_bytes


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


@dataclass(frozen=True)
class Placed:
    """A segment that is copied."""

    shape: Shape
    """As what."""
    replicas: list[Replica]
    """Where to; any of them answers alone."""


def place_smaller(
    forms: Mapping[str, Sequence[Shape]], room_bytes: Mapping[int, int]
) -> dict[str, Placed]:
    """Tell where segments are copied, and in which of the forms that each may have.

    Each has its first form, unless there is no room for it: then the largest that was left out
    takes its next form, until all have room or the forms are used up.

    Args:
        forms: The segments, by name, each with at least one form; the largest first.
        room_bytes: For each GPU the bytes that may be used.
    """
    level = dict.fromkeys(forms, 0)
    while True:
        shapes = {name: forms[name][level[name]] for name in forms}
        placed = place(shapes, room_bytes)
        left = [
            name
            for name in shapes
            if name not in placed and level[name] + 1 < len(forms[name]) and room_bytes
        ]
        if not left:
            return {name: Placed(shapes[name], replicas) for name, replicas in placed.items()}
        level[max(left, key=lambda each: shapes[each].size_bytes)] += 1


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
            left[piece.gpu] -= shape.piece_bytes(piece.stop - piece.first)
        if pieces:
            placed[name] = [tuple(pieces)]
    return placed


def _whole(shape: Shape, left: Mapping[int, int]) -> Sequence[Piece]:
    """All of it on the GPU with the most room; nothing where it does not fit."""
    gpu = max(left, key=lambda each: (left[each], -each))
    return [Piece(gpu, 0, shape.n)] if shape.size_bytes <= left[gpu] else []


def _split(shape: Shape, left: Mapping[int, int]) -> Sequence[Piece]:
    """On each GPU a part in proportion to its room; nothing where all together have too little."""
    fits = {
        gpu: max(room - shape.fixed_bytes, 0) // shape.row_bytes
        for gpu, room in sorted(left.items())
    }
    total = sum(fits.values())
    if total < shape.n:
        return []
    borders, before = [0], 0
    for most in fits.values():
        before += most
        borders.append(shape.n * before // total)
    pieces = [Piece(gpu, *ends) for gpu, ends in zip(fits, pairwise(borders), strict=True)]
    return [piece for piece in pieces if piece.stop > piece.first]
