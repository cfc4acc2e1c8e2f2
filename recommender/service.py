"""The recommender of one library on disk, kept up to date with what is indexed and watched."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from data.catalogue import Catalogue
from data.history import History
from data.history_growth import HistoryMark, events_since, mark_history
from data.home import Home
from indexer.view import open_view
from recommender.items import Recommendations
from recommender.recommender import Recommender
from recommender.videos import VideoTable

_UNKNOWN = HistoryMark(-1, -1, -1)


class LibraryRecommender:
    """Recommends from the library as it is at each call; threads may share one.

    Neither a model nor a video is loaded: stored vectors and the history are all it reads. After
    `forget` nothing of the person is left in it from its next answer on.

    Args:
        home: The library; one in which nothing is indexed yet recommends nothing.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._catalogue = Catalogue(home)
        self._refreshing = threading.Lock()
        self._library: tuple[int, str | None]
        self._history: HistoryMark
        self._recommender: Recommender
        self._start_anew(self._library_mark())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the catalogue."""
        self._catalogue.close()

    def recommend(
        self,
        user: str,
        k: int = 10,
        *,
        exclude: Sequence[str | int | Path] = (),
        at: datetime | None = None,
    ) -> Recommendations:
        """Recommend up to k videos; see `Recommender.recommend`.

        Args:
            user: The person; somebody unknown gets what is popular and new.
            k: Most videos to recommend.
            exclude: Ids, paths or names of videos not to recommend.
            at: Answer as of this time; None is now.

        Raises:
            ReelwiseError: An excluded video is not known, or its name fits several.
        """
        hidden = [self._catalogue.video(ref).id for ref in exclude]
        return self.current().recommend(user, k, exclude=hidden, at=at)

    def current(self) -> Recommender:
        """The recommender over everything indexed and watched until now."""
        with self._refreshing:
            library = self._library_mark()
            if library != self._library:
                self._start_anew(library)
                return self._recommender
            if mark_history(self._catalogue) == self._history:
                return self._recommender
            grown = events_since(self._catalogue, self._history)
            if grown is None:
                self._start_anew(library)
            else:
                self._history, events = grown
                self._recommender.observe(events)
            return self._recommender

    def _library_mark(self) -> tuple[int, str | None]:
        return self._catalogue.changes(), self._catalogue.encoder

    def _start_anew(self, library: tuple[int, str | None]) -> None:
        # Marks are taken before reading: what comes in meanwhile is looked at again, not lost.
        # Events would count twice then, so a history that changed meanwhile is read anew next time.
        before = mark_history(self._catalogue)
        self._recommender = self._read()
        self._library = library
        self._history = before if mark_history(self._catalogue) == before else _UNKNOWN

    def _read(self) -> Recommender:
        encoder_id = self._catalogue.encoder
        if encoder_id is None:
            return Recommender(VideoTable(np.zeros(0, np.int64), np.zeros((0, 0), np.float32)))
        view = open_view(self._home, self._catalogue, encoder_id)
        ids, matrix = view.video_matrix
        videos = [view.videos[int(one)] for one in ids]
        table = VideoTable(
            ids=ids,
            matrix=matrix,
            titles=[video.title for video in videos],
            paths=[video.path for video in videos],
            added_at=[video.added_at for video in videos],
            durations_s=[video.duration_s for video in videos],
        )
        return Recommender(table, History(self._catalogue).events())


def open_recommender(home: Home) -> LibraryRecommender:
    """Open the recommender of a library."""
    return LibraryRecommender(home)
