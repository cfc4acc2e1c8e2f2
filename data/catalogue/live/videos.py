"""The live videos of one encoder, read from the catalogue when they are asked for."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from data.catalogue.database import Database
from data.catalogue.files import VideoFiles
from data.catalogue.live.conditions import compile_conditions
from data.catalogue.live.limits import VideoIds, VideoLimits, passing_clips, passing_ids
from data.catalogue.predictions import Predictions
from data.catalogue.records import IS_LIVE, Video
from data.catalogue.values import from_micros, sql, text_path
from data.catalogue.videos import embedded_by_id

KEPT_VIDEOS = 20_000
"""Videos that stay in memory, some kilobyte each; the first read go first."""

KEPT_ANSWERS = 8
"""Limits whose passing videos stay in memory."""

_COUNT = sql(f"SELECT count(*) FROM embeddings e WHERE {IS_LIVE}")
_ANY = sql(f"SELECT 1 FROM embeddings e WHERE {IS_LIVE} LIMIT 1")
_COLUMNS = sql(
    "SELECT v.id, v.added_at, coalesce(v.duration_s, 0.0), v.title,"
    " (SELECT path FROM files WHERE video_id = v.id ORDER BY id LIMIT 1)"
    f" FROM embeddings e JOIN videos v ON v.id = e.video_id WHERE {IS_LIVE} ORDER BY v.id"
)
_NOT_TOONS = sql(
    f"SELECT count(*) FROM embeddings e WHERE {IS_LIVE} AND NOT (SELECT path GLOB '*/toon-*'"
    " AND is_toon(path) FROM files WHERE video_id = e.video_id ORDER BY id LIMIT 1)"
)


@dataclass(frozen=True)
class VideoColumns:
    """All live videos of an encoder as columns, ascending by id."""

    ids: VideoIds
    """(n,) ids."""
    paths: Sequence[Path]
    """n files, of each video the one that was known first."""
    titles: Sequence[str]
    """n titles."""
    added_at: Sequence[datetime]
    """n times at which they were first seen, UTC."""
    durations_s: Sequence[float]
    """n lengths; 0 when unknown."""


class LiveVideos:
    """The videos that can be searched with one encoder: by id, few at a time, never all.

    What was read once is kept, so make a new one where the catalogue has changed
    (`Catalogue.changes`). What is asked later is read as it is then: a video may be gone by now.
    Threads may share it.
    """

    def __init__(self, database: Database, encoder_id: str) -> None:
        self._database = database
        self._encoder = {"encoder": encoder_id}
        self._kept: OrderedDict[int, Video] = OrderedDict()
        self._answers: OrderedDict[VideoLimits, VideoIds] = OrderedDict()
        self._clips: OrderedDict[tuple[str, ...], VideoIds | None] = OrderedDict()
        self._unpredicted: OrderedDict[tuple[str, ...], dict[str, int]] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def ids(self) -> VideoIds:
        """The ids of all of them, ascending."""
        return self.passing(VideoLimits())

    @cached_property
    def _count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT, self._encoder).scalar_one())

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(_ANY, self._encoder).first() is not None

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    def __contains__(self, video_id: int) -> bool:
        return self.get(video_id) is not None

    def __getitem__(self, video_id: int) -> Video:
        return self.some([video_id])[video_id]

    def get(self, video_id: int) -> Video | None:
        """Give one of them; None where it is none, or none any more."""
        return self.some([video_id]).get(video_id)

    def some(self, ids: Iterable[int]) -> dict[int, Video]:
        """Give those among these videos that are live and searchable, in the order of `ids`."""
        wanted = [int(each) for each in ids]
        with self._lock:
            found = {each: self._kept[each] for each in wanted if each in self._kept}
        missing = [each for each in wanted if each not in found]
        if missing:
            read = embedded_by_id(self._database, missing, self._encoder["encoder"])
            found |= read
            self._keep(read)
        return {each: found[each] for each in wanted if each in found}

    def first_below(self, path: Path, ids: Iterable[int]) -> dict[int, Path]:
        """Give the first file of some videos that is this one (absolute) or lies below it."""
        return VideoFiles(self._database).first_below(path, ids)

    def passing(self, limits: VideoLimits) -> VideoIds:
        """Give the ids of those within limits, ascending."""
        others = replace(limits, videos=None)
        if limits.videos is not None and others != VideoLimits():
            # The steps of one question ask for other videos below one folder each time.
            among = self.passing(others)
            return among[np.isin(among, np.fromiter(limits.videos, np.int64))]
        with self._lock:
            known = self._answers.get(limits)
        if known is None:
            known = passing_ids(self._database, self._encoder["encoder"], limits)
            known.flags.writeable = False
            with self._lock:
                self._answers[limits] = known
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return known

    def passing_clips(self, where: tuple[str, ...]) -> VideoIds | None:
        """Give the ids of the clips for which all conditions on clips hold, ascending.

        None where no condition is on clips. Some may be of videos that are not among these.
        """
        if not where:
            return None
        with self._lock:
            if where in self._clips:
                return self._clips[where]
        found = passing_clips(self._database, where)
        with self._lock:
            self._clips[where] = found
            while len(self._clips) > KEPT_ANSWERS:
                self._clips.popitem(last=False)
        return found

    def unpredicted(self, where: tuple[str, ...]) -> dict[str, int]:
        """Count the clips of which a head has not predicted yet, by each head of some conditions.

        Heads that have predicted of all are left out.
        """
        if not where:
            return {}
        with self._lock:
            if where in self._unpredicted:
                return self._unpredicted[where]
        asked = compile_conditions(self._database, where).heads
        heads = Predictions(self._database)
        known = [each for each in heads.heads().values() if each.name in asked]
        counts = {each.name: heads.count_missing(each) for each in known}
        found = {name: n for name, n in counts.items() if n}
        with self._lock:
            self._unpredicted[where] = found
            while len(self._unpredicted) > KEPT_ANSWERS:
                self._unpredicted.popitem(last=False)
        return found

    def columns(self) -> VideoColumns:
        """Read what a list of all of them needs, by id; for a few use `some`."""
        with (
            self._database.reading() as connection,
            connection.execute(_COLUMNS, self._encoder) as result,
        ):
            assert result.cursor is not None
            rows = result.cursor.fetchall()
        ids, added_us, durations_s, titles, paths = zip(*rows, strict=True) if rows else [()] * 5
        return VideoColumns(
            np.array(ids, np.int64),
            [text_path(path) for path in paths],
            titles,
            [from_micros(micros) for micros in added_us],
            durations_s,
        )

    @cached_property
    def n_not_toons(self) -> int:
        """How many are none of our cartoons."""
        with self._database.reading() as connection:
            return int(connection.execute(_NOT_TOONS, self._encoder).scalar_one())

    def _keep(self, read: dict[int, Video]) -> None:
        with self._lock:
            self._kept.update(read)
            while len(self._kept) > KEPT_VIDEOS:
                self._kept.popitem(last=False)
