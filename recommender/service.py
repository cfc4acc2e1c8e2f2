"""The recommender of one library on disk, kept up to date with what is indexed and watched."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from data.catalogue import Catalogue
from data.errors import CannotWrite
from data.history import (
    History,
    HistoryMark,
    Impression,
    Impressions,
    RecordedEvents,
    events_since,
    mark_history,
    person,
)
from data.home import Home
from data.review.withheld import Withholding
from indexer.copies.stored import FileMark, duplicates_mark
from recommender.answer.exploration import Exploration
from recommender.answer.items import Recommendations
from recommender.answer.recommender import Recommender
from recommender.events.videos import VideoTable, read_video_table
from recommender.model.store import LoadedModel, ModelMark, load_model, model_mark
from recommender.shelves.making import Wanted, make_shelves
from recommender.shelves.shelf import ShelfPage

LATEST_EVENTS = 1_000
"""Events of a person that the headings of shelves speak of."""
_UNKNOWN = HistoryMark(-1, -1, -1)
LibraryMark = tuple[int, str | None, ModelMark, FileMark]


class LibraryRecommender:
    """Recommends from the current state of the library at each call; threads may share one.

    No video is decoded and no encoder loaded: it reads vectors, the history, and the saved model
    if there is one. After `forget` it holds nothing of the person from its next answer on. A model
    that is saved meanwhile gives the next answer. Where nothing is indexed yet, it recommends
    nothing.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._catalogue = Catalogue(home)
        self._refreshing = threading.Lock()
        self._withholding = Withholding(self._catalogue)
        self.model: LoadedModel
        """The model that answers."""
        self._history: HistoryMark
        self._videos: VideoTable
        self._read_library(self._library_mark())
        self._read_history()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
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
        playing: str | int | Path | None = None,
        explore: float | Exploration = 0.0,
    ) -> Recommendations:
        """Recommend up to k videos, as `Recommender.recommend`; videos by id, path or name.

        A page with explored places is in the log of impressions when this returns, unless it is as
        of another time or `not_logged` says why it is not.

        `took_ms` counts from here: it includes taking in what is new.

        Raises:
            ReelwiseError: A named video is not known, its name fits several, or nobody can be
                called as the user is.
        """
        began_s = time.perf_counter()
        user = person(user)
        hidden = [self._catalogue.video(ref).id for ref in exclude]
        hidden += self._withholding.now().videos.tolist()
        now = None if playing is None else self._catalogue.video(playing).id
        found = self.current().recommend(
            user, k, exclude=hidden, at=at, playing=now, explore=explore
        )
        if found.explore > 0 and at is None:
            found = self.log(found)
        return replace(found, took_ms=(time.perf_counter() - began_s) * 1000)

    def shelves(
        self, user: str, wanted: Wanted | None = None, *, at: datetime | None = None
    ) -> ShelfPage:
        """Shelves with headings that say why, as `recommender.shelves.making.make_shelves`.

        Args:
            user: The person; empty for a guest, of whom nothing is known.
            wanted: Which shelves; None is all.
            at: Time of the page; None is now.

        Raises:
            ReelwiseError: Nobody can be called as the user is.
        """
        user = person(user) if user else ""
        recommender = self.current()
        wanted = wanted or Wanted()
        withheld = self._withholding.now().videos.tolist()
        wanted = replace(wanted, exclude=frozenset((*wanted.exclude, *withheld)))
        recorded = RecordedEvents(self._catalogue, History(self._catalogue))
        latest = recorded.page(user, limit=LATEST_EVENTS).events if user else []
        return make_shelves(recommender, user, latest[::-1], wanted, now=at)

    def log(self, shown: Recommendations) -> Recommendations:
        """Log a page as shown now; it is durable when this returns.

        Returns:
            The page; with `not_logged` where the library can only be read: the question is
            answered all the same.
        """
        now = datetime.now(UTC)
        rows = [
            Impression(
                shown.user,
                item.video_id,
                now,
                item.rank,
                item.source,
                item.propensity,
                item.score,
            )
            for item in shown.items
        ]
        try:
            Impressions(self._catalogue).add(rows)
        except CannotWrite as error:
            return replace(shown, not_logged=f"this page is not logged: {error.problem}")
        return shown

    def current(self) -> Recommender:
        """The recommender over everything indexed and watched until now."""
        with self._refreshing:
            library = self._library_mark()
            if library != self._library:
                self._read_library(library)
                self._read_history()
                return self._recommender
            if mark_history(self._catalogue) == self._history:
                return self._recommender
            grown = events_since(self._catalogue, self._history)
            if grown is None:
                self._read_history()
            else:
                self._history, events = grown
                self._recommender.observe(events)
            return self._recommender

    def _library_mark(self) -> LibraryMark:
        encoder_id = self._catalogue.encoder
        copies = None if encoder_id is None else duplicates_mark(self._home, encoder_id)
        return self._catalogue.changes(), encoder_id, model_mark(self._home), copies

    def _read_library(self, library: LibraryMark) -> None:
        self._videos = read_video_table(self._catalogue)
        self.model = load_model(self._catalogue, self._videos)
        self._library = library

    def _read_history(self) -> None:
        # Marks are taken before reading: what is added meanwhile is read again, not lost. Events
        # would count twice then, so a history that changed meanwhile is read anew next time.
        before = mark_history(self._catalogue)
        events = History(self._catalogue).events()
        model = self.model
        self._recommender = Recommender(self._videos, events, model.settings, model.sources)
        self._history = before if mark_history(self._catalogue) == before else _UNKNOWN
