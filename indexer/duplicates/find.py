"""Comparing the videos of a library: what is new with all, and what it shares stored.

Each video is compared once, with the nearest others (`candidates.py`), when it is new; a run that
is stopped goes on from what it has stored. When the library has doubled since, all are compared
anew: what is alike by accident is then known better.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.disk_errors import refusals_at
from data.durable import make_dir, remove_unfinished
from data.errors import CannotWrite, DamagedFile
from data.home import Home, WriterLock, nothing_indexed
from indexer.copies.stored import Duplicates, Pair, read_duplicates, write_duplicates
from indexer.duplicates.background import (
    SAMPLE_VIDEOS,
    Background,
    background_of,
    learn_background,
)
from indexer.duplicates.candidates import Candidate, batches, candidates
from indexer.duplicates.judging import judge
from indexer.duplicates.lines import Track
from indexer.search.view import View, open_view
from indexer.store.vectors import DamagedPart, VectorStore, read_videos

CHUNK_CLIPS = 2000
"""Clips of the videos that are compared at once, and of their partners: some 100 MB of frames."""
CHUNK_VIDEOS = 1000
"""Most videos that are compared before the next are looked up."""
STORE_EVERY_S = 30.0
"""A long comparison stores what it has so often."""
GROWN = 2
"""Times as many videos after which all are compared anew."""

Progress = Callable[[int, int], None]
"""Told of (videos compared, videos to compare)."""


class DuplicatesLock(WriterLock):
    """The right to store which videos share a stretch; indexing may run at the same time."""

    doing = "the videos of {home} are being compared"

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        make_dir(home.all_duplicates, private=True)
        self.file = home.all_duplicates / "comparing.lock"


@dataclass(frozen=True)
class Compared:
    """The outcome of a comparison."""

    found: Duplicates
    """What is known now."""
    new: int
    """Videos that were compared now."""
    sharing: int = 0
    """Of these, those that share a stretch with another."""
    warnings: tuple[str, ...] = ()
    """What is wrong and may make it incomplete."""


def compare_videos(
    home: Home,
    catalogue: Catalogue,
    *,
    afresh: bool = False,
    progress: Progress | None = None,
) -> Compared:
    """Compare the videos that were not compared yet, and store what they share.

    Where nothing can be written the answer is the same, and is not stored.

    Args:
        home: The library.
        catalogue: Its catalogue.
        afresh: Compare all videos, whatever is stored.
        progress: Told how far it has come.

    Raises:
        ReelwiseError: Nothing is indexed, or another process is comparing.
    """
    encoder_id = catalogue.encoder
    if encoder_id is None:
        raise nothing_indexed(home)
    try:
        with refusals_at(home.root), DuplicatesLock(home):
            remove_unfinished(home.all_duplicates)
            return _Comparison(home, catalogue, encoder_id, progress, stores=True).run(afresh)
    except CannotWrite as error:
        compared = _Comparison(home, catalogue, encoder_id, progress, stores=False).run(afresh)
        told = f"what videos share is not stored: {error.problem}"
        return replace(compared, warnings=(*compared.warnings, told))


class _Comparison:
    def __init__(
        self,
        home: Home,
        catalogue: Catalogue,
        encoder_id: str,
        progress: Progress | None,
        *,
        stores: bool,
    ) -> None:
        self._home = home
        self._catalogue = catalogue
        self._store = VectorStore(home, encoder_id)
        self._progress = progress or (lambda done, all_: None)
        self._stores = stores
        self._warnings: list[str] = []

    def run(self, afresh: bool) -> Compared:
        view = open_view(self._home, self._catalogue, self._store.encoder_id)
        self._warnings += view.warnings
        ids = view.video_ids.tolist()
        before = None if afresh else self._stored()
        if before is None or len(ids) >= GROWN * max(before.n_videos, 1):
            before = self._nothing(ids)
        new = [each for each in ids if each not in before.compared]
        found, stored_s = before, time.monotonic()
        done = 0
        for videos, wanted in _chunks(view, new, before.background):
            found = self._with_pairs(found, view, videos, wanted)
            done += len(videos)
            self._progress(done, len(new))
            if time.monotonic() - stored_s > STORE_EVERY_S:
                self._write(found)
                stored_s = time.monotonic()
        if new:
            self._write(found)
        shared = {each for pair in found.pairs for each in (pair.one, pair.other)}
        return Compared(found, len(new), len(shared.intersection(new)), tuple(self._warnings))

    def _stored(self) -> Duplicates | None:
        try:
            return read_duplicates(self._home, self._store.encoder_id)
        except DamagedFile as error:
            self._warnings.append(f"{error.problem}: all videos were compared anew")
            return None

    def _write(self, found: Duplicates) -> None:
        if self._stores:
            write_duplicates(self._home, found)

    def _nothing(self, ids: Sequence[int]) -> Duplicates:
        """Nothing compared, with the background of the library as it is now."""
        rng = np.random.default_rng(len(ids))
        some = sorted(rng.choice(ids, min(len(ids), SAMPLE_VIDEOS), replace=False).tolist())
        rows = read_videos(self._catalogue, self._store, some, on_damage=self._leave_out)
        frames = [row.frames for row in rows]
        background = learn_background(frames).as_dict() if frames else {}
        return Duplicates(self._store.encoder_id, len(ids), frozenset(), background, {}, ())

    def _leave_out(self, error: DamagedPart) -> None:
        told = f"{error.problem}; its videos are not compared; {error.fix}"
        if told not in self._warnings:
            self._warnings.append(told)

    def _with_pairs(
        self, found: Duplicates, view: View, compared: Sequence[int], wanted: Sequence[Candidate]
    ) -> Duplicates:
        """What is known with some more videos compared, each with its candidates."""
        background = background_of(found.background)
        videos = {each for pair in wanted for each in (pair.one, pair.other)}
        tracks = self._tracks(sorted(videos), background)
        lengths_s = {each: _length_s(view, each, tracks.get(each)) for each in videos}
        pairs = {(pair.one, pair.other): pair for pair in found.pairs}
        for each in _once(wanted):
            pair = _judged(each, tracks, lengths_s, background)
            if pair is not None:
                pairs[pair.one, pair.other] = pair
        contents = self._catalogue.files.content_keys({v for key in pairs for v in key})
        return replace(
            found,
            compared=found.compared | set(compared),
            contents=contents,
            pairs=tuple(pairs[key] for key in sorted(pairs)),
        )

    def _tracks(self, video_ids: Sequence[int], background: Background) -> dict[int, Track]:
        rows = read_videos(self._catalogue, self._store, video_ids, on_damage=self._leave_out)
        return {
            row.video_id: background.track(row.frame_times_s, row.frames)
            for row in rows
            if len(row.frames)
        }


def _chunks(
    view: View, video_ids: Sequence[int], background: dict[str, Any]
) -> Iterator[tuple[list[int], list[Candidate]]]:
    """Videos to compare at once, with their candidates: as many as fit into memory together.

    Their frames lie in parts with those of others, so that few large chunks read less than many.
    """
    some: list[int] = []
    wanted: list[Candidate] = []
    n_clips: dict[int, int] = {}
    for batch in batches(view, video_ids):
        proposed = candidates(view, batch, background_of(background))
        for each in {end for pair in proposed for end in (pair.one, pair.other)} - n_clips.keys():
            n_clips[each] = len(view.rows_of([each]))
        some += batch
        wanted += proposed
        if sum(n_clips.values()) > CHUNK_CLIPS or len(some) > CHUNK_VIDEOS:
            yield some, wanted
            some, wanted, n_clips = [], [], {}
    if some:
        yield some, wanted


def _once(wanted: Sequence[Candidate]) -> Iterator[Candidate]:
    """Each pair once, whichever of both proposed it."""
    seen: set[tuple[int, int]] = set()
    for each in wanted:
        key = (min(each.one, each.other), max(each.one, each.other))
        if key not in seen:
            seen.add(key)
            yield Candidate(*key, each.likeness)


def _judged(
    each: Candidate,
    tracks: dict[int, Track],
    lengths_s: dict[int, float],
    background: Background,
) -> Pair | None:
    one, other = tracks.get(each.one), tracks.get(each.other)
    if one is None or other is None:
        return None
    lengths = lengths_s[each.one], lengths_s[each.other]
    return judge((each.one, each.other), (one, other), lengths, background)


def _length_s(view: View, video_id: int, track: Track | None) -> float:
    """Length of a video by its clips, which cover it; else by its frames."""
    rows = view.rows_of([video_id])
    if len(rows):
        return float(view.clips(rows).ends_s.max())
    return 0.0 if track is None else float(track.times_s[-1])
