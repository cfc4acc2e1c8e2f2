"""What one library is asked: moments that match, and what a person may want to watch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.library.opened import OpenedLibrary

if TYPE_CHECKING:
    from datetime import datetime

    from data.catalogue.live.limits import VideoIds
    from data.history import Event, EventKind
    from data.video.children.pool import StillWanted
    from indexer.search.keywords import Keyword
    from indexer.search.query import Filters, Query
    from indexer.search.result import SearchResult
    from recommender.answer.items import Recommendations
    from recommender.shelves.making import Wanted
    from recommender.shelves.shelf import ShelfPage

VideoRef = str | int | Path
"""A video by its id, its path or its file name."""


class AskedLibrary(OpenedLibrary):
    """A library that answers: searches, recommendations and the events that these learn from."""

    def search(
        self,
        text: str | None = None,
        *,
        like: str | Path | None = None,
        image: str | Path | None = None,
        not_: str | None = None,
        k: int = 10,
        min_relevance: float = 0.0,
    ) -> SearchResult:
        """Find moments by text, by an example clip or picture, or by both.

        Args:
            text: What happens in the moment.
            like: A video file, or a part of one: `FILE@START-END` in seconds.
            image: A picture file.
            not_: Rank results similar to this text lower.
            k: Maximum number of results.
            min_relevance: Lowest relevance of a result, 0 to 1.

        Raises:
            ReelwiseError: Nothing is indexed yet, no query is given, or the example cannot be read.
        """
        from indexer.search.query import Filters, Query

        query = Query(text, like, Path(image) if image else None, not_)
        return self.find(query, k=k, filters=Filters(min_relevance=min_relevance))

    def search_in_order(
        self, steps: Sequence[str], *, within_s: float | None = None, k: int = 10
    ) -> SearchResult:
        """Find videos in which one thing comes after another; each hit has its `steps`.

        Args:
            steps: What happens, in order.
            within_s: Most seconds from the end of one to the start of the next; None for any.
            k: Maximum number of results, one of each video.

        Raises:
            ReelwiseError: Nothing is indexed yet, or there is nothing to look for.
        """
        from indexer.search.query import Query

        first, *then = steps or [""]
        return self.find(Query(first, then=tuple(then), within_s=within_s), k=k)

    def find(
        self,
        query: Query,
        *,
        k: int = 10,
        filters: Filters | None = None,
        merge: bool = True,
        still_wanted: StillWanted | None = None,
    ) -> SearchResult:
        """Find moments by a query that is already put together; options as in `Options`.

        `took_ms` of the result counts from here: it includes loading what was not loaded yet. With
        `still_wanted` an example is read for half a minute at most, and while that does not raise.

        Raises:
            ReelwiseError: Nothing is indexed yet, the example cannot be read, or no video lies
                in the folder of a filter or has its tags; what is wrong is said before an encoder
                is loaded.
        """
        from indexer.search.examples.example import check_examples
        from indexer.search.examples.frames import AS_INDEXED, for_a_visitor

        began_s = time.perf_counter()
        check_examples(query)
        filters = self._checked(filters)
        reading = AS_INDEXED if still_wanted is None else for_a_visitor(still_wanted)
        result = self.searcher.search(query, k, filters=filters, merge=merge, reading=reading)
        return replace(result, took_ms=(time.perf_counter() - began_s) * 1000)

    def keywords(self, video: VideoRef) -> list[Keyword]:
        """The automatic tags of a video, then the key words of its lines, each with its place.

        Raises:
            ReelwiseError: There is no such video.
        """
        known = self.catalogue.video(video)
        return [] if self.catalogue.encoder is None else self.searcher.keywords(known.id)

    def similar(
        self, video: VideoRef, *, k: int = 10, filters: Filters | None = None
    ) -> SearchResult:
        """Find moments of other videos like an indexed one, or like a part: `VIDEO@START-END`.

        Raises:
            ReelwiseError: No indexed video is called so, or several are; or as `find` of filters.
        """
        from indexer.search.spans import parse_span

        # What is wrong with the reference is said before an encoder is loaded.
        name, span = parse_span(str(video))
        known = self.catalogue.video(name)
        return self.searcher.similar(known.id, span, k=k, filters=self._checked(filters))

    def alike(self, video_id: int, n: int) -> tuple[int, ...]:
        """Other videos like an indexed one, the most alike first; known until the library changes.

        Raises:
            ReelwiseError: It is not embedded.
        """
        view = self.searcher.view
        find = partial(self._find_alike, video_id, n)
        return self._alike.get((view.current, view.changes), (video_id, n), find)

    def _find_alike(self, video_id: int, n: int) -> tuple[int, ...]:
        """Several moments may be of one video: more are looked at where they are of too few."""
        for k in (2 * n, 8 * n):
            hits = self.searcher.similar(video_id, k=k).hits
            found = tuple(dict.fromkeys(hit.video_id for hit in hits))
            if len(found) >= n or len(hits) < k:
                break
        return found[:n]

    def _checked(self, filters: Filters | None) -> Filters | None:
        """The filters, with their folder as the library spells it.

        Raises:
            ReelwiseError: No video lies in the folder, or has the tags; a condition is none, or
                names what is not there.
        """
        from data.catalogue.live.conditions import compile_conditions
        from indexer.search.query import indexed_folder

        if filters is not None and filters.under is not None:
            filters = replace(filters, under=indexed_folder(self.catalogue, filters.under))
        if filters is not None and filters.tags:
            self.catalogue.tags.require(filters.tags)
        if filters is not None and filters.where:
            compile_conditions(self.catalogue, filters.where)
        return filters

    def passing(self, filters: Filters) -> VideoIds:
        """The ids of the videos within some filters, ascending.

        Raises:
            ReelwiseError: As `find` of filters.
        """
        checked = self._checked(filters) or filters
        return self.catalogue.within(checked.limits)

    def recommend(
        self,
        user: str,
        *,
        k: int = 10,
        exclude: Sequence[VideoRef] = (),
        playing: VideoRef | None = None,
        explore: float = 0.0,
        log: bool = False,
    ) -> Recommendations:
        """Recommend videos to a user; a new user gets what is watched most.

        `took_ms` of the result counts from here: it includes loading what was not loaded yet.

        Args:
            user: Name of the user.
            k: Maximum number of videos.
            exclude: Videos not to recommend.
            playing: Video that is playing; similar videos rank higher.
            explore: Probability, 0 to 1, that a place is filled at random; above 0 the page is
                logged.
            log: Log the page as shown.

        Raises:
            ReelwiseError: Nothing is indexed yet, a video is not known, or the name is empty.
        """
        began_s = time.perf_counter()
        recommender = self.recommender
        result = recommender.recommend(user, k, exclude=exclude, playing=playing, explore=explore)
        # With exploration the recommender has logged it.
        if log and not result.explore:
            result = recommender.log(result)
        return replace(result, took_ms=(time.perf_counter() - began_s) * 1000)

    def shelves(self, user: str, wanted: Wanted | None = None) -> ShelfPage:
        """What a user may want to watch, under headings that say why.

        Args:
            user: Name of the user; one who is unknown, and a guest (empty), gets what is popular,
                new or in one folder.
            wanted: Which shelves; None is all.

        Raises:
            ReelwiseError: Nothing is indexed yet, or nobody can be called so.
        """
        return self.recommender.shelves(user, wanted)

    def add_event(
        self,
        user: str,
        video: VideoRef,
        *,
        kind: EventKind = "view",
        watched_s: float | None = None,
        at: datetime | None = None,
    ) -> Event:
        """Record that a user watched, liked, disliked or hid a video; the next answer counts it.

        Args:
            user: Name of the user.
            video: An indexed video.
            kind: "view", "like", "dislike" or "hide".
            watched_s: Seconds watched.
            at: When, UTC without a zone; None is now. Up to a day ahead counts as now.

        Raises:
            ReelwiseError: No indexed video is called so, or several are; or the name, the seconds
                or the time is none.
        """
        known = self.catalogue.video(video)
        return self.history.add(user, known.id, kind=kind, watched_s=watched_s, at=at)

    def remove_event(self, event: Event) -> None:
        """Take back an event that was added; the next answer no longer counts it."""
        self.history.remove(event)

    def warm_up(self) -> None:
        """Load what searching needs, so that the first visitor does not wait for it."""
        # An error is reported to the first who searches, not here.
        with suppress(ReelwiseError):
            self.search("warm up", k=1)
