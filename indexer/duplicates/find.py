"""Comparing the videos of a library: what is new with all, and what it shares stored.

Each video is compared once, with the nearest others (`candidates.py`), when it is new; a run that
is stopped goes on from what it has stored. When the library has doubled since, all are compared
anew: what is alike by accident is then known better.

The rule of its cost: a video is compared with a bounded number of others (`rounds.py`), and stored
frames are read once a round for thousands of videos, not once a video. Where the bound leaves some
out, it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.catalogue import Catalogue
from data.disk_errors import refusals_at
from data.durable import make_dir, remove_unfinished
from data.errors import CannotWrite, DamagedFile
from data.home import Home, WriterLock, nothing_indexed
from data.video.small_frames import SMALL_SIZE
from data.video.types import SAMPLE_FPS
from indexer.copies.stored import Duplicates, read_duplicates, write_duplicates
from indexer.duplicates.background import (
    SAMPLE_VIDEOS,
    background_of,
    learn_background,
)
from indexer.duplicates.candidates import Candidate, batches, candidates, with_looks
from indexer.duplicates.frame_pairs import FramePairs
from indexer.duplicates.looks import AlikeLooks, Stored, looks_of
from indexer.duplicates.rounds import MOST, compare_in_rounds, told_unfinished
from indexer.duplicates.stored_looks import looks_file, read_looks, write_looks
from indexer.search.view import View, open_view
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import DamagedPart, VectorStore, VideoVectors

CHUNK_BYTES = 512_000_000
"""Stored frames of the videos that are compared at once; their partners' are read part by part."""
CHUNK_VIDEOS = 4000
"""Most videos that are compared before the next are looked up, and what was found is stored."""
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
        self._unfinished = 0

    def run(self, afresh: bool) -> Compared:
        view = open_view(self._home, self._catalogue, self._store.encoder_id)
        self._warnings += view.warnings
        ids = view.video_ids.tolist()
        before = None if afresh else self._stored()
        known = {} if before is None else self._known_looks()
        if before is None or len(ids) >= GROWN * max(before.n_videos, 1):
            before = self._nothing(ids)
        new = [each for each in ids if each not in before.compared]
        looks = self._looks(ids, known) if new else {}
        alike = AlikeLooks(looks, sum(len(looks.get(each, ())) for each in new))
        found, done = before, 0
        for videos, wanted in _chunks(view, new, before.background, alike):
            found = self._with_pairs(found, view, videos, wanted)
            done += len(videos)
            self._progress(done, len(new))
            self._write(found)
        shared = {each for pair in found.pairs for each in (pair.one, pair.other)}
        if self._unfinished:
            self._warnings.append(told_unfinished(self._unfinished))
        return Compared(found, len(new), len(shared.intersection(new)), tuple(self._warnings))

    def _stored(self) -> Duplicates | None:
        try:
            return read_duplicates(self._home, self._store.encoder_id)
        except DamagedFile as error:
            self._warnings.append(f"{error.problem}: all videos were compared anew")
            return None

    def _known_looks(self) -> dict[int, Stored]:
        try:
            return read_looks(looks_file(self._home, self._store.encoder_id))
        except DamagedFile as error:
            self._warnings.append(f"{error.problem}: it was read again from the vectors")
            return {}

    def _looks(self, ids: Sequence[int], known: dict[int, Stored]) -> dict[int, Stored]:
        """The looks of all videos; those that are not known yet are read and stored."""
        looks = {each: known[each] for each in ids if each in known}
        more = [each for each in ids if each not in looks]
        rows = read_videos(self._catalogue, self._store, more, on_damage=self._leave_out)
        looks |= {row.video_id: looks_of(row.frame_times_s, row.small_frames) for row in rows}
        if self._stores and looks.keys() != known.keys():
            write_looks(looks_file(self._home, self._store.encoder_id), looks)
        return looks

    def _write(self, found: Duplicates) -> None:
        if self._stores:
            write_duplicates(self._home, found)

    def _nothing(self, ids: Sequence[int]) -> Duplicates:
        """Nothing compared, with the background of the library as it is now."""
        rng = np.random.default_rng(len(ids))
        some = sorted(rng.choice(ids, min(len(ids), SAMPLE_VIDEOS), replace=False).tolist())
        rows = list(read_videos(self._catalogue, self._store, some, on_damage=self._leave_out))
        frames, small = [row.frames for row in rows], [row.small_frames for row in rows]
        background = learn_background(frames, small).as_dict() if frames else {}
        return Duplicates(self._store.encoder_id, len(ids), frozenset(), background, {}, ())

    def _leave_out(self, error: DamagedPart) -> None:
        told = f"{error.problem}; its videos are not compared; {error.fix}"
        if told not in self._warnings:
            self._warnings.append(told)

    def _with_pairs(
        self,
        found: Duplicates,
        view: View,
        compared: Sequence[int],
        wanted: dict[int, list[Candidate]],
    ) -> Duplicates:
        """What is known with some more videos compared, each with its candidates."""
        judging = FramePairs(self._frames, view, background_of(found.background), compared)
        pairs = {(pair.one, pair.other): pair for pair in found.pairs}
        in_rounds = compare_in_rounds(wanted, judging.round)
        pairs |= {(pair.one, pair.other): pair for pair in in_rounds.pairs}
        self._unfinished += in_rounds.unfinished
        contents = self._catalogue.files.content_keys({v for key in pairs for v in key})
        return replace(
            found,
            compared=found.compared | set(compared),
            contents=contents,
            pairs=tuple(pairs[key] for key in sorted(pairs)),
        )

    def _frames(self, video_ids: Sequence[int]) -> Iterator[VideoVectors]:
        """The stored frames of some videos, part by part; videos without any are left out."""
        rows = read_videos(self._catalogue, self._store, video_ids, on_damage=self._leave_out)
        return (row for row in rows if len(row.frames))


def _chunks(
    view: View, video_ids: Sequence[int], background: dict[str, Any], alike: AlikeLooks
) -> Iterator[tuple[list[int], dict[int, list[Candidate]]]]:
    """Videos to compare at once, with their candidates: as many as fit into memory together."""
    some: list[int] = []
    wanted: dict[int, list[Candidate]] = {}
    n_bytes = 0.0
    for batch in batches(view, video_ids):
        by_clips = candidates(view, batch, background_of(background))
        by_looks = alike.evidence(batch)
        wanted |= {
            each: with_looks(some, each, by_looks[each])[: MOST + 1]
            for each, some in by_clips.items()
        }
        some += batch
        n_bytes += _frame_bytes(view, batch)
        if n_bytes > CHUNK_BYTES or len(some) > CHUNK_VIDEOS:
            yield some, wanted
            some, wanted, n_bytes = [], {}, 0.0
    if some:
        yield some, wanted


def _frame_bytes(view: View, video_ids: Sequence[int]) -> float:
    """About how many bytes the stored frames of some videos take."""
    rows = view.rows_of(video_ids)
    clips = view.clips(rows)
    n_frames = float(np.sum(clips.ends_s - clips.starts_s)) * SAMPLE_FPS
    dim = view.vectors(rows[:1]).shape[1]
    return float(n_frames * (dim * np.dtype(np.float16).itemsize + SMALL_SIZE))
