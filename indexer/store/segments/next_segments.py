"""Which segments the next generation consists of: taken over, new, and merged ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Mask
from data.catalogue import Catalogue, ChangeMark, Part
from indexer.store.segments.building import Building, build_segment, suits
from indexer.store.segments.live import Live
from indexer.store.segments.merging import to_merge
from indexer.store.segments.segment import Segment
from indexer.store.stored_videos import read_clips_of
from indexer.store.vectors import DamagedPart, VectorStore, VideoClips


@dataclass(frozen=True)
class GenerationContent:
    """The clips of a generation."""

    segments: tuple[Segment, ...]
    """Where they lie."""
    live: Live
    """What counts in them."""
    unreadable: frozenset[int]
    """Videos that are left out because their vector part is damaged."""
    mark: ChangeMark
    """How far the catalogue had come before anything was read."""


class NextSegments:
    """Makes the segments of the next generation."""

    def __init__(self, catalogue: Catalogue, encoder_id: str, building: Building) -> None:
        self._catalogue = catalogue
        self._encoder_id = encoder_id
        self._building = building
        self._store = VectorStore(catalogue.home, encoder_id)
        self._mark = catalogue.change_log.mark()  # what changes from now on is seen twice
        self._unreadable: set[int] = set()

    def anew(self) -> GenerationContent:
        """One segment of all stored vectors."""
        videos = _clips_of(self._catalogue.embeddings.parts(self._encoder_id), self._store,
                           self._unreadable)  # fmt: skip
        return self._content([_all_of(made)] if (made := self._built(videos)) else [])

    def continued(
        self, base: Sequence[Segment], live: Live, merged_at_once: int | None
    ) -> GenerationContent:
        """Those of the generation before, of which some counts, and what is new."""
        pairs = list(zip(base, live.videos, strict=True))
        pairs = [(segment, mask) for segment, mask in pairs if mask.any()]
        new = self._built(
            read_clips_of(
                self._catalogue, self._store, live.missing, on_damage=self._unreadable.update
            )
        )
        if new is not None:
            pairs.append(_all_of(new))
        return self._content(self._merged(pairs, merged_at_once))

    def _content(self, pairs: Sequence[tuple[Segment, Mask]]) -> GenerationContent:
        unreadable = frozenset(self._unreadable)
        live = Live(tuple(mask for _, mask in pairs), unreadable)
        return GenerationContent(
            tuple(segment for segment, _ in pairs), live, unreadable, self._mark
        )

    def _merged(
        self, pairs: list[tuple[Segment, Mask]], at_most: int | None
    ) -> list[tuple[Segment, Mask]]:
        counts = [n_live(segment, mask) for segment, mask in pairs]
        due = to_merge([len(segment) for segment, _ in pairs], counts, at_most=at_most)
        unsuited = [n for n, pair in enumerate(pairs) if not suits(pair[0], self._building)]
        chosen = {*due, *unsuited}
        if not chosen:
            return pairs
        videos = (
            video
            for segment, mask in (pairs[each] for each in sorted(chosen))
            for video in segment.videos(np.flatnonzero(mask))
        )
        made = self._built(videos)
        left = [pair for place, pair in enumerate(pairs) if place not in chosen]
        return [*left, _all_of(made)] if made else left

    def _built(self, videos: Iterable[VideoClips]) -> Segment | None:
        home = self._catalogue.home
        return build_segment(home, self._encoder_id, videos, self._building)


def _all_of(segment: Segment) -> tuple[Segment, Mask]:
    return segment, np.ones(segment.columns.n_videos, np.bool_)


def n_live(segment: Segment, videos: Mask) -> int:
    """Clips of those videos (v,) of a segment that count."""
    return int(segment.columns.counts[videos].sum())


def _clips_of(
    parts: Sequence[Part], store: VectorStore, unreadable: set[int]
) -> Iterator[VideoClips]:
    """The clips of each part; the videos of those that cannot be read go to `unreadable`."""
    for part in parts:
        try:
            yield from store.read_clips(part.name, part.sha256, part.video_ids)
        except DamagedPart:
            unreadable |= part.video_ids
