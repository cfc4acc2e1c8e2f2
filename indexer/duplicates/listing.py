"""Groups of videos as a person reads them: the best copy, its copies, and what is part of it.

The best copy is, in this order: the one with the most pixels; the highest bit rate, as H.264 would
need it for the same quality; the longest; the first that the library knew. Differences of a few per
cent do not count. Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from pathlib import Path

from data.catalogue import Catalogue, Video
from indexer.copies.groups import Copies, Place
from indexer.copies.stored import Pair, Relation, Stretch

ALIKE_PIXELS, ALIKE_BITS, ALIKE_LENGTH = 0.05, 0.1, 0.03
"""Pixels, bit rates and lengths this near (as shares) are the same."""
AS_H264 = {"av1": 2.0, "hevc": 1.6, "vp9": 1.5, "h264": 1.0, "vp8": 0.8, "mpeg4": 0.6}
"""Bits of H.264 that one bit of a codec is worth."""
OLD_CODEC = 0.4
"""The same for any other codec."""


@dataclass(frozen=True)
class Listed:
    """One video of a group."""

    video: Video
    """The video."""
    relation: str
    """`best`, or what it is to the best: `copy`, `part` or `overlap`."""
    files: tuple[Path, ...]
    """All files that hold its bytes, the first known first."""
    size_bytes: int
    """Size of one of them; 0 where none is there."""
    score: float | None = None
    """Of the pair with the best; None for the best, and where others link them."""
    stretches: tuple[Stretch, ...] = ()
    """What it shares with the best: times in this video, and as `other` in the best."""

    @property
    def bits_per_s(self) -> float:
        """Bit rate of the file; 0 where unknown."""
        return 8 * self.size_bytes / self.video.duration_s if self.video.duration_s > 0 else 0.0


@dataclass(frozen=True)
class Group:
    """Videos that share something with the best copy."""

    best: Listed
    """The copy to keep."""
    why: str
    """Why it is the best; empty where it is the only copy."""
    others: tuple[Listed, ...]
    """Copies first, then parts, then overlaps."""
    freed_bytes: int
    """Bytes on the disk that all files of whole copies but one of the best take."""


def listed_groups(catalogue: Catalogue, copies: Copies, under: Path | None = None) -> list[Group]:
    """The groups of a library, those that free the most first.

    Args:
        catalogue: Knows the videos and their files.
        copies: What videos share.
        under: Only groups with a file in this folder (absolute, as the library spells it).
    """
    identical = catalogue.files.copies()
    ids = {each for pair in copies.pairs for each in (pair.one, pair.other)} | identical.keys()
    videos = catalogue.videos_by_id(ids)
    files = {i: tuple(identical.get(i) or [video.path]) for i, video in videos.items()}
    sizes = {i: _size_bytes(paths) for i, paths in files.items()}
    lister = _Lister(copies, videos, files, sizes)
    groups = [group for members in lister.members() if (group := lister.group(members))]
    if under is not None:
        below = catalogue.files.first_below(under, videos).keys()
        groups = [g for g in groups if any(each.video.id in below for each in (g.best, *g.others))]
    return sorted(groups, key=lambda group: (-group.freed_bytes, str(group.best.video.path)))


def _size_bytes(files: Iterable[Path]) -> int:
    for path in files:
        try:
            return path.stat().st_size
        except OSError:
            continue
    return 0


def _on_disk(files: Iterable[Path]) -> int:
    """Bytes of some files; of several names for one file (hard links) once."""
    found: dict[tuple[int, int], int] = {}
    for path in files:
        try:
            stat = path.stat()
        except OSError:
            continue
        found[stat.st_dev, stat.st_ino] = stat.st_size
    return sum(found.values())


class _Lister:
    def __init__(
        self,
        copies: Copies,
        videos: Mapping[int, Video],
        files: Mapping[int, tuple[Path, ...]],
        sizes: Mapping[int, int],
    ) -> None:
        self._copies = copies
        self._videos = videos
        self._files = files
        self._sizes = sizes
        self._pairs: dict[int, list[Pair]] = {}
        for pair in copies.pairs:
            self._pairs.setdefault(pair.one, []).append(pair)
            self._pairs.setdefault(pair.other, []).append(pair.turned())

    def members(self) -> list[list[int]]:
        """The videos of each group of copies, and each other video by itself."""
        grouped = [
            [each for each in group if each in self._videos] for group in self._copies.groups
        ]
        inside = {each for group in grouped for each in group}
        return [*filter(None, grouped), *([each] for each in self._videos if each not in inside)]

    def group(self, members: Sequence[int]) -> Group | None:
        """The group around some copies; None for one that is listed with another's."""
        ranked = sorted(members, key=self._quality, reverse=True)
        best = ranked[0]
        whole = [self._listed(each, best) for each in ranked[1:]]
        rest = self._rest(best, members)
        if not whole and not rest and len(self._files[best]) == 1:
            return None
        files = [path for each in ranked for path in self._files[each]]
        kept = next((path for path in self._files[best] if path.exists()), files[0])
        freed = _on_disk(files) - _on_disk([kept])
        why = self._why(best, ranked[1]) if whole else ""
        top = Listed(self._videos[best], "best", self._files[best], self._sizes[best])
        return Group(top, why, (*whole, *rest), max(freed, 0))

    def _rest(self, best: int, members: Sequence[int]) -> list[Listed]:
        """What shares something with the best copy and is none, where it is listed here.

        A part is listed with what it is a part of, an overlap with the longer of both.
        """
        rest = []
        for pair in self._pairs.get(best, []):
            if pair.other in members or pair.relation is Relation.COPY:
                continue
            ours_s, theirs_s = (self._videos[i].duration_s for i in (best, pair.other))
            inside = pair.relation is Relation.PART and pair.whole_other
            overlaps = pair.relation is Relation.OVERLAP and (ours_s, -best) > (
                theirs_s,
                -pair.other,
            )
            if inside or overlaps:
                rest.append(self._listed(pair.other, best))
        return sorted(rest, key=lambda each: (each.relation != Relation.PART, each.video.id))

    def _listed(self, video_id: int, best: int) -> Listed:
        video, files, size = self._videos[video_id], self._files[video_id], self._sizes[video_id]
        pair = next((each for each in self._pairs.get(video_id, []) if each.other == best), None)
        if pair is None:
            places = self._copies.places
            stretch = _by_places(video, self._videos[best], places[video_id], places[best])
            return Listed(video, Relation.COPY, files, size, None, stretch)
        in_group = self._copies.places.get(video_id)
        ours = self._copies.places.get(best)
        same = in_group is not None and ours is not None and in_group.group == ours.group
        relation = Relation.COPY if same else pair.relation
        return Listed(video, relation, files, size, pair.score, pair.stretches)

    def _quality(self, video_id: int) -> tuple[float, ...]:
        """Higher is better; what differs little is equal."""
        video = self._videos[video_id]
        return (
            _steps(video.width_px * video.height_px, ALIKE_PIXELS),
            _steps(self._worth(video_id), ALIKE_BITS),
            _steps(video.duration_s, ALIKE_LENGTH),
            -video.added_at.timestamp(),
            -video_id,
        )

    def _worth(self, video_id: int) -> float:
        video = self._videos[video_id]
        if video.duration_s <= 0:
            return 0.0
        factor = AS_H264.get(video.codec, OLD_CODEC)
        return factor * 8 * self._sizes[video_id] / video.duration_s

    def _why(self, best: int, next_best: int) -> str:
        """The first thing in which the best is better than the next."""
        reasons = ("most pixels", "highest bit rate for its codec", "longest", "first known")
        ours, theirs = self._quality(best), self._quality(next_best)
        for reason, one, other in zip(reasons, ours, theirs, strict=False):
            if one != other:
                return reason
        return reasons[-1]


def _steps(value: float, share: float) -> float:
    """The value as a number of steps of a share, so that what differs by less is mostly equal."""
    return float(round(log1p(max(value, 0.0)) / log1p(share)))


def _by_places(video: Video, best: Video, place: Place, best_place: Place) -> tuple[Stretch, ...]:
    """What two copies share that were linked by others only, by their places in the group."""

    def in_best(time_s: float) -> float:
        return (place.at(time_s) - best_place.offset_s) / best_place.speed

    start_s, end_s = in_best(0.0), in_best(video.duration_s)
    cut_s, until_s = max(start_s, 0.0), min(end_s, best.duration_s)
    speed = (end_s - start_s) / max(video.duration_s, 1e-9)
    first_s, last_s = (cut_s - start_s) / speed, (until_s - start_s) / speed
    return (Stretch(round(first_s, 3), round(last_s, 3), round(cut_s, 3), round(until_s, 3), 0.0),)
