"""What can be searched in words: the published index and what was read since."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.catalogue import Catalogue
from indexer.store.lines import Numbers, lines_of_parts
from indexer.store.text.full_text import FullText


@dataclass(frozen=True)
class WordIndex:
    """The lines that can be found at one instant; it never changes, so threads may share it."""

    indexes: tuple[FullText, ...]
    """The published one and the delta, those there are."""
    live: Numbers
    """(r,) numbers of the readings that count, ascending; others in the indexes are out of date."""
    warning: str | None = None
    """What is wrong with it, for a person; None where nothing is."""

    @cached_property
    def n_lines(self) -> int:
        """Lines that are compared with a query, some of them out of date."""
        return sum(len(index) for index in self.indexes)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages whose stems are in it."""
        return frozenset(code for index in self.indexes for code in index.languages)


def open_words(
    catalogue: Catalogue, published: FullText | None, before: WordIndex | None = None
) -> WordIndex:
    """Read what can be searched in words now.

    Args:
        catalogue: The library.
        published: The index of the generation in use; None where it has none.
        before: What was opened before: its delta is taken over where nothing was read since.
    """
    readings = catalogue.live_readings()
    live = np.unique(readings.numbers[readings.n_lines > 0])
    held = np.zeros(0, np.uint64) if published is None else published.readings
    new = np.setdiff1d(live, held)
    indexes = [] if published is None else [published]
    if not len(new):
        return WordIndex(tuple(indexes), live)
    for delta in before.indexes if before is not None else ():
        if np.array_equal(delta.readings, new):
            return WordIndex((*indexes, delta), live, before.warning if before else None)
    parts = catalogue.readings.live_parts(readings.names_of(new))
    lines, damaged = lines_of_parts(catalogue.home, parts, new)
    videos = {row.video_id for part in damaged for row in part.readings}
    warning = (
        f"the words of {len(videos):,} videos are missing or damaged and not searched; run "
        "reelwise verify --repair, then reelwise index with the library's folders"
    )
    if lines:
        indexes.append(FullText.in_memory(lines))
    return WordIndex(tuple(indexes), live, warning if videos else None)
