"""Whether copies answer as they should, before anybody relies on them."""

from dataclasses import replace
from functools import partial

import numpy as np

from data.arrays import Floats, Ids
from indexer.store.gpu.devices.device import Copy, Device, DeviceFull, DeviceRefused
from indexer.store.gpu.held import Held
from indexer.store.gpu.owner import Owner
from indexer.store.gpu.proposed import agreement, n_proposed, rescored
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import (
    RECALL_K,
    RECALL_QUERIES,
    RecallProbe,
    near_rows,
    nearest_rows,
)
from indexer.store.segments.segment import Segment

CHECK_QUERIES = 16
"""Queries whose answers are compared, of a copy that compares all rows."""

LEAST_AGREEMENT = 0.99
"""A copy that compares every row answers this much as well as the CPU at least."""

ROWS_AT_ONCE = 1 << 20
"""Rows that are copied for a while, to find the true neighbours."""

_TRIES = 3


def problem_of(segment: Segment, held: Held) -> str | None:
    """Compare the answers of each replica with those expected; None where all is well.

    What compares all rows must answer as the segment's index on the CPU, which it can only better.
    Anything else is given the least depth that reaches the recall that the library wants; its
    recall is against the true neighbours.

    Raises:
        DeviceTrouble: A GPU did not answer.
    """
    if all(part.copy.is_exact for part in held.parts):
        return _not_exact(segment, held)
    probe = probe_of(segment.index, held.parts[0].owner)
    target = 1.0 if segment.facts is None else segment.facts.target_recall
    for replica in held.replicas:
        alone = replace(held, replicas=(replica,))
        recall = tune_depth(alone, probe, target)
        if recall < target:
            return (
                f"a copy of {len(segment):,} clips on {replica[0].owner.name} finds {recall:.1%} "
                f"of the ten nearest, less than the {target:.1%} that the library wants"
            )
    return None


def _not_exact(segment: Segment, held: Held) -> str | None:
    queries = near_rows(segment.index.matrix, CHECK_QUERIES)
    expected, _ = segment.index.search(queries, RECALL_K)
    for replica in held.replicas:
        alone = replace(held, replicas=(replica,))
        got = agreement(_answer(alone, queries)[0], expected)
        if got < LEAST_AGREEMENT:
            return (
                f"a copy of {len(segment):,} clips on {replica[0].owner.name} finds {got:.1%} of "
                f"what it should, not {LEAST_AGREEMENT:.1%}"
            )
    return None


def tune_depth(held: Held, probe: RecallProbe, target: float) -> float:
    """Give copies the least depth that reaches a recall@10, and tell their recall.

    It is that of the most thorough where none reaches it.

    Raises:
        DeviceTrouble: A GPU did not answer.
    """
    depths = held.parts[0].copy.depths
    low, high = 0, len(depths) - 1
    while low < high:
        middle = (low + high) // 2
        if _recall_at(held, depths[middle], probe) >= target:
            high = middle
        else:
            low = middle + 1
    return _recall_at(held, depths[high], probe)


def _recall_at(held: Held, depth: int, probe: RecallProbe) -> float:
    for part in held.parts:

        def set_depth(_: Device, copy: Copy = part.copy) -> None:
            copy.depth = depth

        part.owner.do(set_depth)
    return probe.recall_of(*_answer(held, probe.queries))


def probe_of(index: RowIndex, owner: Owner) -> RecallProbe:
    """Queries near rows of an index with their true neighbours, found by comparing all rows.

    A GPU compares them, some rows after the others, whatever their number; where it has no memory
    for that, the CPU does.

    Raises:
        DeviceTrouble: The GPU is lost.
    """
    queries = near_rows(index.matrix, RECALL_QUERIES)
    try:
        proposed = np.concatenate(
            [
                owner.do(partial(_nearest_from, index=index, first=first, queries=queries))
                for first in range(0, len(index), ROWS_AT_ONCE)
            ],
            axis=1,
        )
    except DeviceRefused:
        return RecallProbe(queries, *nearest_rows(queries, index.matrix))
    return RecallProbe(queries, *rescored(index.matrix, queries, proposed, RECALL_K, None))


def _nearest_from(device: Device, index: RowIndex, first: int, queries: Floats) -> Ids:
    """The nearest of the rows from a first one on."""
    stop = min(first + ROWS_AT_ONCE, len(index))
    copy = device.copy_rows(index, first, stop)
    try:
        rows = copy.rows(queries, n_proposed(RECALL_K, stop - first), None)
    finally:
        copy.free()
    return np.where(rows < 0, -1, rows + first)


def _answer(held: Held, queries: Floats) -> tuple[Floats, Ids]:
    """What copies answer, waiting for those that are busy.

    Raises:
        DeviceFull: They stay busy.
    """
    for _ in range(_TRIES):
        for part in held.parts:
            part.owner.do(lambda _: None)
        found = held.search(queries, RECALL_K, None)
        if found is not None:
            return found
    raise DeviceFull(f"{held.parts[0].owner.name} is busy")
