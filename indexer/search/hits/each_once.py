"""Of videos that are copies of each other one is found: the others would be the same hit again.

Moments are compared in the time of the copy that they are in: another moment of another copy is
another hit. Of two hits that are the same the better one stays, unless its file is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from data.catalogue import Catalogue
from data.errors import DamagedFile
from indexer.copies.groups import NO_COPIES, Copies, read_copies
from indexer.search.query import Options
from indexer.search.result import Hit, SearchResult, VideoCopy

MOST_ASKED = 16
"""So many times as many hits are looked through for different ones, at most."""


class EachOnce:
    """Finds different moments; threads may share it.

    Args:
        catalogue: Knows which copies are in the library.
        encoder_id: The encoder by whose vectors videos were compared.
    """

    def __init__(self, catalogue: Catalogue, encoder_id: str) -> None:
        self._catalogue = catalogue
        self._encoder_id = encoder_id
        self._copies = NO_COPIES

    def find(self, find: Callable[[Options], SearchResult], options: Options) -> SearchResult:
        """The k best hits of different moments; all of them where all copies are wanted.

        Args:
            find: Gives the best hits, those of copies among them.
            options: How many hits, and of what.
        """
        if options.filters.all_copies:
            return find(options)
        try:
            copies = self._copies = read_copies(self._catalogue, self._encoder_id, self._copies)
        except DamagedFile as error:
            result = find(options)
            told = f"{error.problem}: copies are found one by one; {error.fix}"
            return replace(result, warnings=(*result.warnings, told))
        if not copies.groups:
            return find(options)
        asked = options.k
        while True:
            result = find(replace(options, k=asked))
            hits = _different(result.hits, copies, self._catalogue)
            is_all = len(result.hits) < asked or asked >= MOST_ASKED * options.k
            if len(hits) >= options.k or is_all:
                break
            asked *= 4
        ranked = [replace(hit, rank=rank) for rank, hit in enumerate(hits[: options.k], start=1)]
        return replace(result, hits=ranked)


def _different(hits: Sequence[Hit], copies: Copies, catalogue: Catalogue) -> list[Hit]:
    """The hits without those of copies, each with the copies of its video."""
    live = copies.live_copies(catalogue, {hit.video_id for hit in hits})
    kept: list[Hit] = []
    for hit in hits:
        if hit.video_id not in live:
            kept.append(hit)
            continue
        at = next((at for at, each in enumerate(kept) if _same(each, hit, copies)), None)
        if at is None:
            others = tuple(VideoCopy(video.id, video.path) for video in live[hit.video_id])
            kept.append(replace(hit, copies=others))
        elif not kept[at].path.exists() and hit.path.exists():
            others = tuple(VideoCopy(video.id, video.path) for video in live[hit.video_id])
            kept[at] = replace(hit, copies=others)
    return kept


def _same(kept: Hit, hit: Hit, copies: Copies) -> bool:
    """Whether a hit of another copy shows the same pictures."""
    if kept.video_id == hit.video_id or not kept.copies:
        return False
    spans = (kept.start_s, kept.end_s), (hit.start_s, hit.end_s)
    return copies.same_moment(kept.video_id, spans[0], hit.video_id, spans[1])
