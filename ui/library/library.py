"""One opened library: what is heavy is loaded once, when it is first needed.

The command line opens one for a single command; all threads of a server share one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from data.home import (
    Home,
    WriterLock,
    is_home,
    nothing_indexed,
    require_library,
    resolve_home,
)
from embeddings.backbone.early_checks import check_device, check_weights_file

if TYPE_CHECKING:
    from datetime import datetime

    from data.catalogue import Catalogue
    from data.history import Event, EventKind, History
    from data.video.children.pool import StillWanted
    from embeddings.encoder import Encoder
    from indexer.build.files.roots import RuleChange
    from indexer.build.progress import Listener
    from indexer.build.report import IndexReport
    from indexer.search.query import Filters, Query
    from indexer.search.result import SearchResult
    from indexer.search.searcher import Searcher
    from indexer.store.generations import Generation
    from recommender.answer.items import Recommendations
    from recommender.service import LibraryRecommender

VideoRef = str | int | Path
"""A video by its id, its path or its file name."""


class Library:
    """A video library: index it, search it, recommend from it. Use it as a context manager.

    Args:
        home: Folder that holds the library's state; None takes REELWISE_HOME, else the user's data
            folder. Only `index` makes it where it is missing.
        weights: Encoder weights to use in place of those that the library remembers.
        device: Where the encoder runs: "auto", "cpu" or "cuda".
        speech: What `index` transcribes speech with: "auto" where a model is here, "off", or the
            name or folder of a model.
        screen_text: Which text in the picture `index` reads: "auto", the scripts that it read last,
            at first Latin letters; "off"; or scripts with commas between, as "latin,han,kana".
        sentences: What `index` encodes the meaning of lines with: "auto" where MiniLM is here,
            "off", or a sentence-transformers folder.

    Raises:
        ReelwiseError: There is no such weights file, or no GPU for "cuda".
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        weights: str | Path | None = None,
        device: str = "auto",
        speech: str = "auto",
        screen_text: str = "auto",
        sentences: str = "auto",
    ) -> None:
        self._weights = Path(weights) if weights else None
        if self._weights is not None:
            check_weights_file(self._weights)
        check_device(device)
        self.home: Home = resolve_home(Path(home) if home else None)
        self._device = device
        self._speech, self._screen_text, self._sentences = speech, screen_text, sentences
        # Media and status must not wait while the encoder loads: two locks, the catalogue's inner.
        self._lock = threading.Lock()
        self._loading = threading.RLock()
        self._refreshing = threading.Lock()
        self._encoder: Encoder | None = None
        self._catalogue: Catalogue | None = None
        self._searcher: Searcher | None = None
        self._recommender: LibraryRecommender | None = None

    def make(self) -> None:
        """Make an empty library where there is none.

        Raises:
            ReelwiseError: Its folder cannot be made.
        """
        self.home.make_catalogue()

    @property
    def _is_made(self) -> bool:
        """Whether there is a library, also one that has lost its catalogue."""
        return self.home.catalogue.exists() or is_home(self.home.root)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of this home.

        Raises:
            ReelwiseError: There is no library: asking never makes one.
        """
        with self._lock:
            if self._catalogue is None:
                require_library(self.home)
                from data.catalogue import Catalogue

                self._catalogue = Catalogue(self.home)
            return self._catalogue

    @property
    def history(self) -> History:
        """What users watched, liked and disliked."""
        from data.history import History

        return History(self.catalogue)

    @property
    def encoder(self) -> Encoder:
        """The encoder that this library was embedded with.

        Raises:
            ReelwiseError: Nothing is indexed yet, or the weights are not the library's.
        """
        with self._loading:
            wanted_id = self.catalogue.encoder
            if wanted_id is None:
                raise nothing_indexed(self.home)
            if self._encoder is None or self._encoder.id != wanted_id:
                # Another process may have moved the library to another encoder meanwhile.
                # Threads that are searching keep the old searcher: it is dropped, not closed.
                self._searcher = None
                self._encoder = self._load_encoder(wanted_id)
            return self._encoder

    def _load_encoder(self, wanted_id: str) -> Encoder:
        encoder = self._choose_encoder(None)
        if encoder.id != wanted_id:
            raise ReelwiseError(
                f"this library was embedded with {wanted_id}; "
                f"{self.catalogue.encoder_name} is {encoder.id} here",
                fix="reelwise rebuild --reencode      (or give the old weights: --weights FILE)",
            )
        return encoder

    def _choose_encoder(self, name: str | None) -> Encoder:
        """The encoder of this name, else the library's, else the default."""
        from embeddings.choice import choose_encoder
        from embeddings.deferred import open_encoder

        catalogue = self.catalogue if self._is_made else None
        name, weights = choose_encoder(catalogue, name, self._weights)
        return open_encoder(self.home, name, weights=weights, device=self._device)

    @property
    def searcher(self) -> Searcher:
        """The searcher over the published generation, brought up to date at each use."""
        with self._loading:
            encoder = self.encoder
            if self._searcher is None:
                from indexer.search.searcher import Searcher

                self._searcher = Searcher(self.home, encoder)
            searcher = self._searcher
        # One thread takes in what is new; the others meanwhile search what they have.
        if self._refreshing.acquire(blocking=False):
            try:
                searcher.refresh()
            finally:
                self._refreshing.release()
        return searcher

    @property
    def recommender(self) -> LibraryRecommender:
        """The recommender, which takes in at each request what was indexed and watched since.

        It needs no encoder: it reads stored vectors and the history.

        Raises:
            ReelwiseError: Nothing is indexed yet.
        """
        if self.catalogue.encoder is None:
            raise nothing_indexed(self.home)
        with self._loading:
            if self._recommender is None:
                from recommender.service import LibraryRecommender

                self._recommender = LibraryRecommender(self.home)
            return self._recommender

    def index(
        self,
        paths: Sequence[str | Path],
        *,
        encoder: str | None = None,
        workers: int | None = None,
        retry_failed: bool = False,
        rules: RuleChange | None = None,
        progress: Listener | None = None,
    ) -> IndexReport:
        """Bring the library up to date with the videos below some folders.

        Only what is new or changed is decoded; files that are gone drop out of search. It holds the
        library's writer lock, and what it reports as done is searchable at once.

        Args:
            paths: Folders and files.
            encoder: Encoder to embed with, as `--encoder` takes it; None takes the library's, else
                the default one.
            workers: Number of decoding processes; None takes one a core.
            retry_failed: Try again the files that failed before.
            rules: What to pass over and which links to follow from now on, remembered with `paths`.
            progress: Shows how far it has come.

        Raises:
            ReelwiseError: No path exists or holds a video, the encoder cannot be loaded, or
                another process is writing to this library. A home that was missing is not made.
        """
        from indexer.build.files.empty import empty_folders
        from indexer.build.files.roots import RuleChange, existing_roots
        from indexer.build.pipeline import RunOptions, index_with
        from ui.library.readers import line_readers, open_meaning, speech_model_of

        roots = [Path(path) for path in paths]
        rules = rules or RuleChange()
        # What is wrong is said before an encoder is loaded, and before a home is made.
        wanted = existing_roots(roots)
        rules.check()
        self.home.require_place()
        known = self.catalogue if self._is_made else None
        changed = rules.applied({} if known is None else known.files.root_rules(), wanted)
        if known is not None:
            self.history.finish_forgetting()
        empty = empty_folders(known, wanted, changed)
        if known is not None:
            # Another writer is told now; the run itself takes the lock again.
            with WriterLock(self.home):
                pass
        model = self._choose_encoder(encoder)
        self.make()
        if rules != RuleChange():
            self.catalogue.files.add_roots(changed)
        served, spoken = self.catalogue.readings.served, self.catalogue.speech_model
        with line_readers(self._speech, self._screen_text, served, spoken) as words:
            if (named := speech_model_of(self._speech)) is not None:
                self.catalogue.set_speech_model(named)
            meaning = open_meaning(self._sentences, self.catalogue.sentence_folder)
            options = RunOptions(
                workers, retry_failed, progress, words.readers, meaning.sentences, meaning.folder
            )
            report = index_with(self.home, roots, model, options)
        report.words_notice = "\n".join(filter(None, (*words.notices, meaning.notice)))
        report.empty = [each.path for each in empty]
        with self._loading:
            if self._encoder is None and self.catalogue.encoder == model.id:
                self._encoder = model
        return report

    def rebuild(self, *, reencode: bool = False, progress: Listener | None = None) -> Generation:
        """Publish a new index from the stored vectors, or from the videos themselves.

        Args:
            reencode: Decode and embed every video again, with the weights that are here now; they
                need not be those that the library was embedded with.
            progress: Shows how far it has come.

        Raises:
            ReelwiseError: Nothing is indexed yet, the encoder cannot be loaded, or another process
                is writing to this library.
        """
        from indexer.build.pipeline import rebuild

        if self.catalogue.encoder is None:
            raise nothing_indexed(self.home)
        encoder = self._choose_encoder(None) if reencode else None
        return rebuild(self.home, encoder=encoder, progress=progress)

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
                in the folder of a filter; what is wrong is said before an encoder is loaded.
        """
        from indexer.search.example_frames import AS_INDEXED, for_a_visitor
        from indexer.search.examples import check_examples
        from indexer.search.query import indexed_folder

        began_s = time.perf_counter()
        check_examples(query)
        if filters is not None and filters.under is not None:
            filters = replace(filters, under=indexed_folder(self.catalogue, filters.under))
        reading = AS_INDEXED if still_wanted is None else for_a_visitor(still_wanted)
        result = self.searcher.search(query, k, filters=filters, merge=merge, reading=reading)
        return replace(result, took_ms=(time.perf_counter() - began_s) * 1000)

    def similar(self, video: VideoRef, *, k: int = 10) -> SearchResult:
        """Find moments of other videos like an indexed one, or like a part: `VIDEO@START-END`.

        Raises:
            ReelwiseError: No indexed video is called so, or several are.
        """
        from indexer.search.spans import parse_span

        # What is wrong with the reference is said before an encoder is loaded.
        name, span = parse_span(str(video))
        known = self.catalogue.video(name)
        return self.searcher.similar(known.id, span, k=k)

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

    def add_event(
        self,
        user: str,
        video: VideoRef,
        *,
        kind: EventKind = "view",
        watched_s: float | None = None,
        at: datetime | None = None,
    ) -> Event:
        """Record that a user watched, liked or disliked a video; the next answer counts it.

        Args:
            user: Name of the user.
            video: An indexed video.
            kind: "view", "like" or "dislike".
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

    def close(self) -> None:
        """Close the catalogue's file."""
        with self._loading, self._lock:
            if self._recommender is not None:
                self._recommender.close()
                self._recommender = None
            if self._searcher is not None:
                self._searcher.close()
                self._searcher = None
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = None

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
