"""A segment that is searched, and which of its clips count."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids, Mask
from indexer.store.segments.columns import TableRows
from indexer.store.segments.segment import Segment

MAX_EXCESS = 1000
"""Up to this many clips that do not count a segment is searched without a mask of them."""


class SegmentSearch(Protocol):
    """What searches segments in place of their own indexes, as `GpuCopies` does."""

    def search(
        self, segment: Segment, queries: Floats, k: int, allowed: Mask | None
    ) -> tuple[Floats, Ids]:
        """As `RowIndex.search` of the segment's index."""


@dataclass(frozen=True)
class Searched:
    """A segment, and which of its videos can be found."""

    segment: Segment
    """Its clips."""
    videos: Mask
    """(v,) which of its videos count, by place."""
    copies: SegmentSearch | None = None
    """What may search it on a GPU; None: the CPU does."""

    @cached_property
    def counts(self) -> Mask | None:
        """(n,) which clips count; None where all do."""
        return None if self.videos.all() else self.segment.columns.of_rows(self.videos)

    @cached_property
    def n_clips(self) -> int:
        """Clips that count."""
        return int(self.segment.columns.counts[self.videos].sum())

    def places(self, video_ids: Ids) -> NDArray[np.intp]:
        """The places of those among some videos that count here."""
        places = self.segment.columns.places(video_ids)
        places = places[places >= 0]
        return places[self.videos[places]]

    def top(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[TableRows, float]:
        """As `View.top`, of the rows of this segment."""
        both = allowed if self.counts is None else self.counts
        if allowed is not None and self.counts is not None:
            both = self.counts & allowed
        n = len(self.segment)
        chosen = n if both is None else int(np.count_nonzero(both))
        excluded = n - chosen
        # A few excluded clips are cheaper to fetch and drop than to mask.
        drop = excluded <= MAX_EXCESS
        excess = excluded if drop else 0
        scores, rows = self._nearest(queries, k + excess, None if drop else both)
        is_cut = 0 < scores.shape[1] < chosen + excess
        bound = float(scores[:, -1].max()) if is_cut else float("-inf")
        found = np.unique(rows)
        return (found if both is None else found[both[found]]), bound

    def _nearest(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[Floats, Ids]:
        if self.copies is None:
            return self.segment.index.search(queries, k, allowed=allowed)
        return self.copies.search(self.segment, queries, k, allowed)


def inner_products(queries: Floats, vectors: Floats) -> Floats:
    """(q, d), (r, d) -> (q, r).

    A single query goes without BLAS, whose threads cost more than they save on a busy machine.
    """
    if len(queries) == 1:
        scores = np.einsum("rd,d->r", vectors, queries[0])
        return np.asarray(scores[None], dtype=np.float32)
    return np.asarray(queries @ vectors.T, dtype=np.float32)
