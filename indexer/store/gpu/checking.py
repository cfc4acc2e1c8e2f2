"""Whether copies answer as they should, before anybody relies on them."""

from dataclasses import replace

from indexer.store.gpu.device import DeviceFull
from indexer.store.gpu.held import Held, Part
from indexer.store.gpu.proposed import agreement
from indexer.store.rows.arrays import Floats
from indexer.store.rows.tuning import near_rows
from indexer.store.segments.segment import Segment

CHECK_QUERIES = 16
"""Queries whose answers are compared."""

CHECK_K = 10

LEAST_AGREEMENT = 0.99
"""A copy that compares every row answers this much as well as the CPU at least."""

CELLS_MAY_MISS = 0.05
"""A copy of cells may miss this much more than was measured of the index."""

_TRIES = 3


def problem_of(segment: Segment, held: Held) -> str | None:
    """Compare the answers of each replica with those expected; None where all is well.

    Cells are compared with all rows, on the GPU itself where it has room for both; what compares
    all rows, with the segment's index on the CPU, which it can only better.

    Raises:
        DeviceTrouble: A GPU did not answer.
    """
    queries = near_rows(segment.index.matrix, CHECK_QUERIES)
    expected, _ = segment.index.search(queries, CHECK_K)
    least = LEAST_AGREEMENT
    if not all(part.copy.is_exact for part in held.parts):
        expected = _of_all_rows(segment, held.parts[0], queries, expected)
        recall = 1.0 if segment.facts is None else segment.facts.recall_at_10
        least = recall - CELLS_MAY_MISS
    for replica in held.replicas:
        got = agreement(_answer(replace(held, replicas=(replica,)), queries), expected)
        if got < least:
            return (
                f"a copy of {len(segment):,} clips on {replica[0].owner.name} finds {got:.1%} of "
                f"what it should, not {least:.1%}"
            )
    return None


def _of_all_rows(segment: Segment, part: Part, queries: Floats, otherwise: Floats) -> Floats:
    """Scores of the nearest rows by comparing all, on the GPU of a part if they fit."""
    index, owner = segment.index, part.owner
    try:
        copy = owner.do(lambda device: device.copy_rows(index, 0, len(index)))
    except DeviceFull:
        return otherwise
    try:
        return _answer(Held(index, ((Part(owner, copy, 0, len(index)),),)), queries)
    except DeviceFull:
        return otherwise
    finally:
        owner.discard(copy)


def _answer(held: Held, queries: Floats) -> Floats:
    """Scores that copies give, waiting for those that are busy.

    Raises:
        DeviceFull: They stay busy.
    """
    for _ in range(_TRIES):
        for part in held.parts:
            part.owner.do(lambda _: None)
        found = held.search(queries, CHECK_K, None)
        if found is not None:
            return found[0]
    raise DeviceFull(f"{held.parts[0].owner.name} is busy")
