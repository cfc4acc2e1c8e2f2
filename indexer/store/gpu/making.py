"""Copying a segment to GPUs: as the best of some kinds that answers as it should."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from indexer.store.gpu.checking import problem_of
from indexer.store.gpu.devices.copy_kinds import IN_CELLS, CopyKind
from indexer.store.gpu.devices.device import Copy, Device, DeviceRefused, DeviceTrouble, WrongAnswer
from indexer.store.gpu.devices.packed import PackedCells, pack
from indexer.store.gpu.held import Held, Part
from indexer.store.gpu.owner import OPEN_S, Owner
from indexer.store.gpu.placement import Piece, Placed, Shape
from indexer.store.rows.kinds import CellIndex
from indexer.store.segments.segment import Segment

SLOWEST_BYTES_PER_S = 100e6
"""Copying that is slower than this hangs: a tenth of a slow disk, a hundredth of a slow bus."""

_log = logging.getLogger(__name__)


def shapes_of(segment: Segment, kinds: Iterable[CopyKind]) -> list[Shape]:
    """The forms that the copy of a segment may have."""
    index = segment.index
    return [Shape(len(index), index.dim, kind, cells_of(segment)) for kind in kinds]


def cells_of(segment: Segment) -> int:
    """Cells of a segment's index; 0 where it has none."""
    index = segment.index
    return int(index.faiss_index.nlist) if isinstance(index, CellIndex) else 0


def make(
    segment: Segment, placed: Placed, smaller: Sequence[Shape], owners: Mapping[int, Owner]
) -> Held:
    """Copy a segment, and let its copies be tried.

    Where a copy does not answer as it should, the next form is made in its place.

    Args:
        segment: What is copied.
        placed: Where to, and as what.
        smaller: Forms that take less memory, the largest first.
        owners: The GPUs, by number.

    Raises:
        DeviceTrouble: None can be made. It is `WrongAnswer` where the last was, but finds too
            little.
    """
    for shape in (placed.shape, *smaller):
        try:
            return _made_as(segment, shape, placed, owners)
        except (DeviceRefused, WrongAnswer) as trouble:
            problem: DeviceTrouble = trouble
            _log.warning("no copy on a GPU as %s: %s", shape.kind, trouble)
    raise problem


def _made_as(segment: Segment, shape: Shape, placed: Placed, owners: Mapping[int, Owner]) -> Held:
    parts: list[list[Part]] = []
    packed: dict[Piece, PackedCells] = {}
    try:
        for pieces in placed.replicas:
            parts.append([])
            for piece in pieces:
                parts[-1].append(_part(segment, shape, piece, owners[piece.gpu], packed))
        held = Held(segment.index, tuple(map(tuple, parts)))
        problem = problem_of(segment, held)
    except DeviceTrouble:
        discard(chain.from_iterable(parts))
        raise
    if problem is not None:
        discard(held.parts)
        raise WrongAnswer(problem)
    return held


def _part(
    segment: Segment, shape: Shape, piece: Piece, owner: Owner, packed: dict[Piece, PackedCells]
) -> Part:
    """Copy a piece; what was packed for one GPU is copied to the next as well."""
    index, first, stop = segment.index, piece.first, piece.stop
    if shape.kind in IN_CELLS:
        if not isinstance(index, CellIndex):
            raise ValueError(f"an index of the kind {index.kind} has no cells")
        rows = Piece(0, first, stop)
        if rows not in packed:
            packed[rows] = pack(index, shape.kind, first, stop)

    def copied(device: Device) -> Copy:
        if shape.kind in IN_CELLS:
            copy = device.copy_cells(packed[rows])
        elif shape.kind is CopyKind.CAGRA:
            copy = device.copy_graph(index, first, stop)
        else:
            copy = device.copy_rows(index, first, stop)
        copy.rows(index.matrix.rows(slice(1)), 1, None)  # loads what every question needs
        return copy

    size_bytes = shape.piece_bytes(stop - first)
    copy = owner.do(copied, within_s=OPEN_S + size_bytes / SLOWEST_BYTES_PER_S)
    return Part(owner, copy, first, stop, size_bytes)


def discard(parts: Iterable[Part]) -> None:
    """Give the memory of some parts back."""
    for part in parts:
        part.owner.discard(part.copy)
