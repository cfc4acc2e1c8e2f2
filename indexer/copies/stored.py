"""Which videos share a stretch: one sealed file beside the index, derived from stored vectors.

The rule: what is stored says of which contents it is. A pair counts only while both videos are in
the library with the very contents that were compared; a file of another encoder or another method
does not count at all. So nothing is hidden that is no copy any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from data.catalogue import Catalogue, LiveVideos
from data.durable import make_dir, write_atomic
from data.errors import DamagedFile
from data.home import Home
from data.sealed import seal, unseal

METHOD = "reelwise duplicates 4"
"""Changes whenever the same vectors would give other pairs."""
WHOLE_SHARE = 0.9
"""A video is wholly in another where this much of it is,"""
EDGE_S = 1.0
"""or all but this much: samples are half a second apart."""


class Relation(StrEnum):
    """What two videos that share a stretch are to each other."""

    COPY = "copy"
    """Each is wholly in the other."""
    PART = "part"
    """One is wholly in the other, which has more."""
    OVERLAP = "overlap"
    """Each has something that the other has not."""


@dataclass(frozen=True)
class Stretch:
    """A stretch that two videos share."""

    start_s: float
    """Its first instant in the one."""
    end_s: float
    """First instant after it."""
    other_start_s: float
    """Its first instant in the other."""
    other_end_s: float
    """First instant after it there."""
    likeness: float
    """Mean cosine of the frames at the same instants, -1 to 1, less what all frames share."""

    @property
    def speed(self) -> float:
        """Seconds of the other video in one second of the one."""
        return (self.other_end_s - self.other_start_s) / max(self.end_s - self.start_s, 1e-9)

    def turned(self) -> Stretch:
        """The same, seen from the other video."""
        ours, theirs = (self.start_s, self.end_s), (self.other_start_s, self.other_end_s)
        return Stretch(*theirs, *ours, self.likeness)


@dataclass(frozen=True)
class Pair:
    """Two videos that share something."""

    one: int
    """Id of a video."""
    other: int
    """Id of another, higher."""
    score: float
    """How sure it is: minus the logarithm to base 10 of the number of such pairs that are expected
    by accident in the library; above 0."""
    stretches: tuple[Stretch, ...]
    """What they share, by time in `one`; not empty."""
    whole_one: bool
    """All of `one` is in the other."""
    whole_other: bool
    """All of `other` is in the one."""

    @property
    def relation(self) -> Relation:
        """What they are to each other."""
        if self.whole_one and self.whole_other:
            return Relation.COPY
        return Relation.PART if self.whole_one or self.whole_other else Relation.OVERLAP

    def turned(self) -> Pair:
        """The same, seen from the other video."""
        stretches = sorted((each.turned() for each in self.stretches), key=lambda s: s.start_s)
        return replace(
            self,
            one=self.other,
            other=self.one,
            stretches=tuple(stretches),
            whole_one=self.whole_other,
            whole_other=self.whole_one,
        )


@dataclass(frozen=True)
class Duplicates:
    """What is known of the videos of one encoder."""

    encoder_id: str
    """Whose vectors were compared."""
    n_videos: int
    """Videos in the library when all of them were compared last."""
    compared: frozenset[int]
    """Videos that were compared with all others."""
    background: dict[str, Any]
    """How alike frames are by accident, as the comparison keeps it."""
    contents: Mapping[int, str]
    """Content keys of the videos of all pairs, by id."""
    pairs: tuple[Pair, ...]
    """By ids."""

    def live(self, catalogue: Catalogue) -> tuple[Pair, ...]:
        """The pairs of which both videos are in the library with the contents compared."""
        videos = catalogue.videos_by_id(self.contents)
        same = {i for i, video in videos.items() if video.content_key == self.contents[i]}
        return tuple(pair for pair in self.pairs if pair.one in same and pair.other in same)


FileMark = tuple[int, int, int] | None
"""Tells whether a file was replaced: number, time of change and size; None where there is none."""


def duplicates_mark(home: Home, encoder_id: str) -> FileMark:
    """The mark of the stored file now."""
    try:
        stat = home.duplicates(encoder_id).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def read_duplicates(home: Home, encoder_id: str) -> Duplicates | None:
    """What is stored for an encoder; None where nothing is, or another method made it.

    Raises:
        DamagedFile: The file is not as it was written.
    """
    path = home.duplicates(encoder_id)
    try:
        values = unseal(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if values["method"] != METHOD or values["encoder_id"] != encoder_id:
        return None
    return _from_json(values)


def _damaged(path: Path) -> DamagedFile:
    return DamagedFile(
        f"the list of duplicates {path} is not as it was written",
        fix="reelwise duplicates        (it compares the videos anew)",
    )


def write_duplicates(home: Home, found: Duplicates) -> None:
    """Replace what is stored; when this returns, it survives a power cut."""
    path = home.duplicates(found.encoder_id)
    make_dir(path.parent, private=True)
    write_atomic(path, seal(_to_json(found)), point="duplicates")


def _to_json(found: Duplicates) -> dict[str, Any]:
    return {
        "method": METHOD,
        "encoder_id": found.encoder_id,
        "n_videos": found.n_videos,
        "compared": _runs(found.compared),
        "background": found.background,
        "contents": {str(video_id): key for video_id, key in found.contents.items()},
        "pairs": [asdict(pair) for pair in found.pairs],
    }


def _from_json(values: dict[str, Any]) -> Duplicates:
    return Duplicates(
        encoder_id=values["encoder_id"],
        n_videos=values["n_videos"],
        compared=frozenset(i for first, last in values["compared"] for i in range(first, last + 1)),
        background=values["background"],
        contents={int(video_id): key for video_id, key in values["contents"].items()},
        pairs=tuple(_pair(each) for each in values["pairs"]),
    )


def _pair(values: dict[str, Any]) -> Pair:
    stretches = tuple(Stretch(**each) for each in values.pop("stretches"))
    return Pair(**values, stretches=stretches)


def _runs(ids: Iterable[int]) -> list[list[int]]:
    """Ids as runs from first to last: ids are given out in order, so there are few."""
    runs: list[list[int]] = []
    for each in sorted(ids):
        if runs and each == runs[-1][1] + 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return runs


def all_compared(catalogue: Catalogue, encoder_id: str) -> bool:
    """Whether every video was compared; only the stored file and the catalogue are read."""
    try:
        found = read_duplicates(catalogue.home, encoder_id)
    except DamagedFile:
        return False
    ids = LiveVideos(catalogue, encoder_id).ids.tolist()
    return found is not None and found.compared.issuperset(ids)


def duplicates_warning(catalogue: Catalogue) -> str | None:
    """What is wrong with what the library has stored; None where nothing is."""
    try:
        if catalogue.encoder is not None:
            read_duplicates(catalogue.home, catalogue.encoder)
    except DamagedFile as error:
        return f"{error.problem}: copies are shown one by one; {error.fix}"
    return None


def check_duplicates(path: Path) -> str | None:
    """What is wrong with a stored file, for `verify`; None where nothing is."""
    try:
        values = unseal(path.read_bytes())
        if values["method"] == METHOD:
            _from_json(values)
    except (OSError, ValueError, KeyError, TypeError, json.JSONDecodeError):
        return "the list of duplicates is not as it was written"
    return None


def partners(pairs: Sequence[Pair], video_id: int) -> list[Pair]:
    """The pairs of one video, each seen from it."""
    ours = [pair for pair in pairs if video_id in (pair.one, pair.other)]
    return [pair if pair.one == video_id else pair.turned() for pair in ours]
