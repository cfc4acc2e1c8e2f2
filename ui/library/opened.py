"""What an opened library holds: what is heavy is loaded once, when it is first needed.

The command line opens one for a single command; all threads of a server share one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from data.errors import ReelwiseError
from data.home import Home, is_home, nothing_indexed, require_library, resolve_home
from embeddings.backbone.computing.early_checks import check_device, check_weights_file
from ui.library.asking.examples import ExampleStore
from ui.library.asking.remembered import Remembered
from ui.library.keeping.places import Places, home_of_user

if TYPE_CHECKING:
    from data.catalogue import Catalogue, Shelf
    from data.catalogue.tagged import TagCount
    from data.history import History, RecordedEvents
    from data.jobs import Jobs
    from data.labels.vocabulary import Word
    from data.people import People, PinTries, Searches
    from embeddings.encoder import Encoder
    from indexer.build.files.roots import RuleChange
    from indexer.search.searcher import Searcher
    from indexer.store.gpu.copies import GpuCopies
    from indexer.store.gpu.opening import GpuUse
    from recommender.service import LibraryRecommender
    from ui.library.asking.suggestions import Suggestion, Suggestions
    from ui.library.jobs.estimate import Estimate
    from ui.library.labelling.annotating import Annotating
    from ui.library.labelling.explaining import Explanations
    from ui.library.labelling.reviewing import Reviews
    from ui.library.problems import Problems


MOST_ALIKE = 1_000
"""Videos of which it is known which others are like them."""


class OpenedLibrary:
    """The parts of one library, shared by all threads. Use it as a context manager.

    Args:
        home: Folder that holds the library's state; None takes REELWISE_HOME, else the user's data
            folder.
        weights: Encoder weights to use in place of those that the library remembers.
        device: Where encoder and index run: "auto", "cpu" or "cuda".

    Raises:
        ReelwiseError: There is no such weights file, or no GPU for "cuda".
    """

    def __init__(
        self,
        home: str | Path | None = None,
        *,
        weights: str | Path | None = None,
        device: str = "auto",
    ) -> None:
        self._weights = Path(weights) if weights else None
        if self._weights is not None:
            check_weights_file(self._weights)
        check_device(device)
        self.home: Home = resolve_home(Path(home) if home else None)
        self.examples = ExampleStore(self.home.cache)
        """Clips and pictures that visitors gave."""
        self._device = device
        self.gpu_use: GpuUse | None = None
        """What is wanted of copies of the index on GPUs. Set before the first search."""
        self.places = Places(home_of_user())
        """Folders from which a page may add; set before it is served."""
        self._copies: GpuCopies | None = None
        # Media and status must not wait while the encoder loads: two locks, the catalogue's inner.
        self._lock = threading.Lock()
        self._loading = threading.RLock()
        self._refreshing = threading.Lock()
        self._encoder: Encoder | None = None
        self._catalogue: Catalogue | None = None
        self._shelf: tuple[tuple[int, str], Shelf] | None = None
        self._searcher: Searcher | None = None
        self._recommender: LibraryRecommender | None = None
        self._explanations: Explanations | None = None
        self._suggestions: Suggestions | None = None
        self._alike: Remembered[tuple[int, int], tuple[int, ...]] = Remembered(MOST_ALIKE)
        self._automatic: Remembered[str, list[tuple[TagCount, Word]]] = Remembered(1)
        self._size: Remembered[str, tuple[int, float]] = Remembered(1)
        self._pin_tries: PinTries | None = None
        self._reviews: Reviews | None = None
        self._annotating: Annotating | None = None

    def make(self) -> None:
        """Make an empty library where there is none.

        Raises:
            ReelwiseError: Its folder cannot be made.
        """
        self.home.make_catalogue()

    @property
    def is_made(self) -> bool:
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
    def shelf(self) -> Shelf:
        """The videos in any order, as the catalogue has them now.

        Raises:
            ReelwiseError: There is no library.
        """
        from data.catalogue import Shelf

        catalogue = self.catalogue
        now = (catalogue.changes(), catalogue.encoder or "")
        kept = self._shelf
        if kept is None or kept[0] != now:
            # Two threads may make one each, of equal content.
            self._shelf = kept = (now, Shelf(catalogue, now[1]))
        return kept[1]

    @property
    def n_videos(self) -> int:
        """Live, embedded videos, counted once for each state of the library.

        Raises:
            ReelwiseError: There is no library.
        """
        catalogue = self.catalogue
        count = catalogue.number_and_length_s
        return self._size.get(catalogue.changes(), "", count)[0]

    @property
    def history(self) -> History:
        """What users watched, liked and disliked."""
        from data.history import History

        return History(self.catalogue)

    @property
    def events(self) -> RecordedEvents:
        """The events of people, each by its number: reported, listed, changed and removed."""
        from data.history import RecordedEvents

        return RecordedEvents(self.catalogue, self.history)

    @property
    def people(self) -> People:
        """Who uses the library, with colours and PINs; also who only has events."""
        from data.people import People, PinTries

        with self._lock:
            self._pin_tries = self._pin_tries or PinTries()
        return People(self.catalogue, self._pin_tries)

    @property
    def searches(self) -> Searches:
        """Recent and saved searches of each person, and of nobody."""
        from data.people import Searches

        return Searches(self.catalogue)

    @property
    def jobs(self) -> Jobs:
        """The queue of jobs, which command line, pages and API share."""
        from data.jobs import Jobs

        return Jobs(self.catalogue)

    @property
    def reviews(self) -> Reviews:
        """Moderation: the policy, what its rules found, and decisions.

        Raises:
            ReelwiseError: There is no library.
        """
        from ui.library.labelling.reviewing import Reviews

        catalogue = self.catalogue  # takes the lock
        with self._lock:
            if self._reviews is None:
                self._reviews = Reviews(catalogue, lambda: self.encoder)
            return self._reviews

    @property
    def annotating(self) -> Annotating:
        """Sets of labels, and what to label next.

        Raises:
            ReelwiseError: There is no library.
        """
        from ui.library.labelling.annotating import Annotating

        catalogue = self.catalogue  # takes the lock
        with self._lock:
            if self._annotating is None:
                self._annotating = Annotating(catalogue, lambda key: self.searcher.keywords(key))
            return self._annotating

    def suggest(self, user: str | None, typed: str, limit: int = 8) -> list[Suggestion]:
        """What may be meant by who has begun to type: own searches, tags, folders, titles."""
        from ui.library.asking.suggestions import Suggestions

        catalogue, searches = self.catalogue, self.searches  # each takes the lock
        with self._lock:
            if self._suggestions is None:
                self._suggestions = Suggestions(catalogue, searches)
            suggestions = self._suggestions
        return suggestions.of(user, typed, limit)

    def automatic_tags(self) -> list[tuple[TagCount, Word]]:
        """How often each automatic tag was given; counted once for each state of the library."""
        from ui.library.labelling.tagging import automatic_tags

        catalogue = self.catalogue
        return self._automatic.get(catalogue.changes(), "", lambda: automatic_tags(catalogue))

    @property
    def problems(self) -> Problems:
        """Files that are not wholly searchable: why, trying again, leaving out."""
        from ui.library.problems import Problems

        return Problems(self.home, self.catalogue, self.jobs)

    def estimate(self, paths: Sequence[str | Path], change: RuleChange | None = None) -> Estimate:
        """What an index run over these folders would find, and how long it would take.

        Raises:
            ReelwiseError: No path exists.
        """
        from ui.library.jobs.estimate import estimate

        catalogue = self.catalogue if self.is_made else None
        return estimate(catalogue, [Path(path) for path in paths], change)

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
        from embeddings.opening.choice import choose_encoder
        from embeddings.opening.deferred import open_encoder

        catalogue = self.catalogue if self.is_made else None
        name, weights = choose_encoder(catalogue, name, self._weights)
        return open_encoder(self.home, name, weights=weights, device=self._device)

    @property
    def searcher(self) -> Searcher:
        """The searcher over the published generation, brought up to date at each use."""
        with self._loading:
            encoder = self.encoder
            if self._searcher is None:
                from indexer.search.searcher import Searcher

                self._searcher = Searcher(self.home, encoder, copies=self._opened_copies())
            searcher = self._searcher
        # One thread takes in what is new; the others meanwhile search what they have.
        if self._refreshing.acquire(blocking=False):
            try:
                searcher.refresh()
            finally:
                self._refreshing.release()
        return searcher

    def _opened_copies(self) -> GpuCopies | None:
        """What searches on GPUs, the same for every searcher; None where the CPU does."""
        from indexer.store.gpu.opening import open_copies

        if self._copies is None:
            self._copies = open_copies(self._device, self.gpu_use)
        return self._copies

    @property
    def explanations(self) -> Explanations:
        """Why something was found, or said by a head: which seconds, which part of the picture."""
        from ui.library.labelling.explaining import Explanations

        searcher = self.searcher
        with self._loading:
            kept = self._explanations
            if kept is None or kept.searcher is not searcher:
                self._explanations = kept = Explanations(self.home, searcher)
            return kept

    @property
    def copies(self) -> GpuCopies | None:
        """What has searched on GPUs so far; None where nothing has."""
        return self._copies

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

    def close(self) -> None:
        """Close the catalogue's file."""
        if self._annotating is not None:
            self._annotating.close()
        with self._loading, self._lock:
            if self._recommender is not None:
                self._recommender.close()
                self._recommender = None
            if self._searcher is not None:
                self._searcher.close()
                self._searcher = self._explanations = None
            if self._copies is not None:
                self._copies.close()
                self._copies = None
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = self._reviews = self._annotating = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
