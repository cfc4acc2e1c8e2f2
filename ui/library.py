"""One library opened for asking: everything heavy is loaded once, when it is first needed.

The command line opens one for a single question; the server opens one for its whole life and every
page and route shares it, so all of it is safe to use from many threads.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from data.home import Home, resolve_home

if TYPE_CHECKING:
    from data.catalogue.catalogue import Catalogue
    from data.history.history import History
    from embeddings.encoder import Encoder
    from indexer.search.searcher import Searcher, SearchResult
    from recommender.service import LibraryRecommender
    from ui.server.jobs import Refits


class Library:
    """The catalogue, encoder, searcher and recommender of one home.

    Args:
        home: The library's folder; None takes REELWISE_HOME or the user's data folder.
        weights: A weights file to use in place of the remembered one.
        device: "auto", "cpu" or "cuda".
    """

    def __init__(
        self,
        home: Path | None,
        *,
        weights: Path | None = None,
        device: str = "auto",
    ) -> None:
        self.home: Home = resolve_home(home)
        self._weights = weights
        self._device = device
        # Media and status must not wait while the encoder loads: two locks, the catalogue's inner.
        self._lock = threading.Lock()
        self._loading = threading.RLock()
        self._refreshing = threading.Lock()
        self._encoder: Encoder | None = None
        self._catalogue: Catalogue | None = None
        self._searcher: Searcher | None = None
        self._recommender: LibraryRecommender | None = None
        self.refits: Refits | None = None
        """Training in the background, where a server does it."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of this home."""
        with self._lock:
            if self._catalogue is None:
                from data.catalogue.catalogue import Catalogue

                self._catalogue = Catalogue(self.home)
            return self._catalogue

    @property
    def history(self) -> History:
        """What people watched, liked and disliked."""
        from data.history.history import History

        return History(self.catalogue)

    @property
    def encoder(self) -> Encoder:
        """The encoder that this library was embedded with.

        Raises:
            ReelwiseError: Nothing is indexed yet, or the weights at hand are not the library's.
        """
        with self._loading:
            wanted_id = self.catalogue.encoder
            if self._encoder is None or self._encoder.id != wanted_id:
                # Another process may have moved the library to another encoder meanwhile.
                # Threads that are searching keep the old searcher: it is let go of, not closed.
                self._searcher = None
                self._encoder = self._load_encoder()
            return self._encoder

    def _load_encoder(self) -> Encoder:
        wanted_id = self.catalogue.encoder
        if wanted_id is None:
            raise self._nothing_indexed()
        from embeddings.encoder import choose_encoder, load_encoder

        name, weights = choose_encoder(self.catalogue, None, self._weights)
        encoder = load_encoder(name, weights=weights, device=self._device)
        if encoder.id != wanted_id:
            raise ReelwiseError(
                f"this library was embedded with {wanted_id}; here {name} is {encoder.id}",
                fix="reelwise rebuild --reencode      (or give the old weights: --weights FILE)",
            )
        return encoder

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

    def similar(self, video: str, *, k: int) -> SearchResult:
        """Moments like `VIDEO[@START-END]`, where VIDEO is an id, a path or a file name."""
        from indexer.search.query import parse_span

        name, span = parse_span(video)
        known = self.catalogue.video(name)
        return self.searcher.similar(known.id, span, k=k)

    @property
    def recommender(self) -> LibraryRecommender:
        """The recommender, which looks at each question for what was indexed and watched since.

        It needs no encoder: stored vectors and the history are all it reads.

        Raises:
            ReelwiseError: Nothing is indexed yet.
        """
        if self.catalogue.encoder is None:
            raise self._nothing_indexed()
        with self._loading:
            if self._recommender is None:
                from recommender.service import open_recommender

                self._recommender = open_recommender(self.home)
            return self._recommender

    def _nothing_indexed(self) -> ReelwiseError:
        return ReelwiseError(
            f"nothing is indexed in {self.home.root}",
            fix="reelwise index FOLDER        (or: reelwise demo)",
        )

    def warm_up(self) -> None:
        """Load what searching needs, so that the first visitor does not wait for it."""
        # What is wrong is told to whoever asks, not here.
        with suppress(ReelwiseError):
            if self.catalogue.encoder is None:
                return
            from indexer.search.query import Query

            self.searcher.search(Query(text="warm up"), k=1)

    def close(self) -> None:
        """Let go of the catalogue's file."""
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
