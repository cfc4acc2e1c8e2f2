"""Groups of whole copies, and where each moment of one lies in the others.

Only copies join a group. A compilation shares a stretch with each of its sources, which does not
make them copies of each other; nor does a chain of near copies, of which each lacks a little more:
a video joins a group only where it covers the group's first video.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from data.catalogue import Catalogue, Video
from indexer.copies.stored import (
    EDGE_S,
    WHOLE_SHARE,
    FileMark,
    Pair,
    Relation,
    duplicates_mark,
    read_duplicates,
)


@dataclass(frozen=True)
class Place:
    """A video in its group: its instant t is speed * t + offset_s of the group's first video."""

    group: int
    """Number of the group."""
    speed: float
    """Seconds of the first video in one second of this."""
    offset_s: float
    """Where the first is when this begins."""

    def at(self, time_s: float) -> float:
        """The instant of the group's first video."""
        return self.speed * time_s + self.offset_s


@dataclass(frozen=True)
class Copies:
    """What videos share, ready to be asked.

    It is about contents: whether a video of a group is in the library now, with the contents that
    were compared, is looked up for those that are shown (`live_copies`).
    """

    pairs: tuple[Pair, ...] = ()
    """All pairs, of videos that are gone as well."""
    contents: Mapping[int, str] = field(default_factory=dict)
    """Content keys of their videos, by id."""
    mark: FileMark = None
    """The stored file that they were read from."""

    @cached_property
    def _grouped(self) -> tuple[dict[int, Place], list[list[int]]]:
        return _grouped([pair for pair in self.pairs if pair.relation is Relation.COPY])

    @property
    def places(self) -> Mapping[int, Place]:
        """The place of each video that has a copy, by id."""
        return self._grouped[0]

    @property
    def groups(self) -> Sequence[Sequence[int]]:
        """The videos of each group of copies, by its number; each in two or more."""
        return self._grouped[1]

    def of(self, video_id: int) -> tuple[int, ...]:
        """The other videos that are copies of one, by id."""
        place = self.places.get(video_id)
        if place is None:
            return ()
        return tuple(each for each in sorted(self.groups[place.group]) if each != video_id)

    def same_moment(
        self, one: int, span_s: tuple[float, float], other: int, other_span_s: tuple[float, float]
    ) -> bool:
        """Whether two moments of two copies are of the same pictures."""
        ours, theirs = self.places.get(one), self.places.get(other)
        if ours is None or theirs is None or ours.group != theirs.group:
            return False
        start_s = max(ours.at(span_s[0]), theirs.at(other_span_s[0]))
        return start_s < min(ours.at(span_s[1]), theirs.at(other_span_s[1]))

    @cached_property
    def covering(self) -> Mapping[int, frozenset[int]]:
        """By video: its copies, what is wholly in it, and what it is wholly in."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for group in self.groups:
            for each in group:
                found[each].update(other for other in group if other != each)
        for pair in self.pairs:
            if pair.relation is not Relation.OVERLAP:
                found[pair.one].add(pair.other)
                found[pair.other].add(pair.one)
        return {video_id: frozenset(others) for video_id, others in found.items()}

    @cached_property
    def inside(self) -> Mapping[int, frozenset[int]]:
        """By video: its copies, and what is wholly in it."""
        found = {each: set(self.of(each)) for group in self.groups for each in group}
        for pair in self.pairs:
            if pair.relation is Relation.PART:
                whole, part = pair.one, pair.other
                if pair.whole_one:
                    whole, part = part, whole
                found.setdefault(whole, set()).add(part)
        return {video_id: frozenset(others) for video_id, others in found.items()}

    def live_copies(self, catalogue: Catalogue, video_ids: Iterable[int]) -> dict[int, list[Video]]:
        """For each of some videos its copies that are in the library as they were compared."""
        wanted = {each: self.of(each) for each in video_ids}
        ids = {each for video_id, others in wanted.items() for each in (video_id, *others)}
        videos = catalogue.videos_by_id(ids) if any(wanted.values()) else {}
        same = {i for i, video in videos.items() if video.content_key == self.contents.get(i)}
        return {
            video_id: [videos[each] for each in others if each in same]
            for video_id, others in wanted.items()
            if video_id in same
        }


NO_COPIES = Copies()
"""Nothing is known to be a copy."""


def read_copies(catalogue: Catalogue, encoder_id: str, before: Copies = NO_COPIES) -> Copies:
    """What videos share, as stored; `before` is given again where the same is stored still.

    Raises:
        DamagedFile: The stored file is not as it was written.
    """
    mark = duplicates_mark(catalogue.home, encoder_id)
    if mark == before.mark:
        return before
    found = None if mark is None else read_duplicates(catalogue.home, encoder_id)
    return Copies() if found is None else Copies(found.pairs, found.contents, mark)


def live_copies(catalogue: Catalogue, encoder_id: str) -> Copies:
    """What videos that are in the library now share, all looked up.

    Raises:
        DamagedFile: The stored file is not as it was written.
    """
    found = read_duplicates(catalogue.home, encoder_id)
    return NO_COPIES if found is None else Copies(found.live(catalogue), found.contents)


def _grouped(copies: Sequence[Pair]) -> tuple[dict[int, Place], list[list[int]]]:
    """Places and groups; the surest pairs join first."""
    by_video: defaultdict[int, list[Pair]] = defaultdict(list)
    for pair in copies:
        by_video[pair.one].append(pair)
        by_video[pair.other].append(pair.turned())
    places: dict[int, Place] = {}
    groups: list[list[int]] = []
    order = sorted(by_video, key=lambda each: (-len(by_video[each]), each))
    for first in order:
        if first in places:
            continue
        joined = _group_of(first, by_video, places, len(groups))
        if len(joined) > 1:
            groups.append(joined)
        else:
            del places[first]
    return places, groups


def _group_of(
    first: int, by_video: Mapping[int, Sequence[Pair]], places: dict[int, Place], number: int
) -> list[int]:
    """The videos that are copies of the first, at once or by way of others; they get places."""
    places[first] = Place(number, 1.0, 0.0)
    whole_s = _reach_s(by_video[first])
    joined, waiting = [first], [first]
    while waiting:
        here = waiting.pop(0)
        for pair in sorted(by_video[here], key=lambda pair: -pair.score):
            if pair.other in places:
                continue
            place = _placed(places[here], pair)
            if here == first or _covers(place, by_video[pair.other], whole_s):
                places[pair.other] = place
                joined.append(pair.other)
                waiting.append(pair.other)
    return joined


def _reach_s(pairs: Sequence[Pair]) -> tuple[float, float]:
    """From where to where a video is shared with its copies."""
    stretches = [each for pair in pairs for each in pair.stretches]
    return min(each.start_s for each in stretches), max(each.end_s for each in stretches)


def _covers(place: Place, pairs: Sequence[Pair], whole_s: tuple[float, float]) -> bool:
    """Whether a video at a place covers the first of the group, and the first covers it."""
    start_s, end_s = (place.at(each) for each in _reach_s(pairs))
    both_s = min(end_s, whole_s[1]) - max(start_s, whole_s[0])
    longer_s = max(end_s - start_s, whole_s[1] - whole_s[0])
    return both_s >= min(WHOLE_SHARE * longer_s, longer_s - EDGE_S)


def _placed(here: Place, pair: Pair) -> Place:
    """The place of the other video of a pair whose one is at a place.

    Of several stretches the longest tells: t_one = speed * t_other + offset.
    """
    stretch = max(pair.stretches, key=lambda each: each.end_s - each.start_s)
    speed = 1 / max(stretch.speed, 1e-9)
    offset_s = stretch.start_s - speed * stretch.other_start_s
    return Place(here.group, here.speed * speed, float(np.float64(here.at(offset_s))))
