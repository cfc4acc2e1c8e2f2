"""Searching a library: query -> vectors -> candidate clips -> moments -> relevance -> hits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue import Catalogue, Video
from data.home import Home
from data.lines import Channel
from data.review.withheld import NOTHING, NotShown, Withholding
from embeddings.vocabulary import knows_only_toons, toons_only_notice
from embeddings.words.sentences import shared_sentences
from indexer.search.examples.frames import AS_INDEXED, Reading
from indexer.search.hits.each_once import EachOnce
from indexer.search.hits.fusion import fuse, with_picture_matches
from indexer.search.hits.in_clips import find_in_clips
from indexer.search.hits.in_order import find_in_order
from indexer.search.hits.ranking import rank
from indexer.search.hits.shown import Shown, with_files_that_are_there, without_withheld
from indexer.search.hits.understood import as_understood
from indexer.search.inside import InsideVideo, heights_of
from indexer.search.keywords import Keyword, key_words_of, tags_of
from indexer.search.query import ALL_CHANNELS, Filters, Options, Query
from indexer.search.query_encoder import QueryEncoder, stored_vectors
from indexer.search.query_vectors import QueryVectors, vectors_of_example
from indexer.search.relevance.calibrate import CONFIDENT_RELEVANCE
from indexer.search.result import Hit, SearchResult
from indexer.search.spans import Span
from indexer.search.untold import UntoldClips
from indexer.search.view import View, open_view
from indexer.search.words.asked import quoted_phrases
from indexer.search.words.asking import LinesAsked, OpenSentences, not_read
from indexer.search.words.found import FoundWords
from indexer.search.words.rarity import ask
from indexer.search.words.tags import TagNames, with_tags
from indexer.store.cache import VectorCache
from indexer.store.gpu.copies import GpuCopies
from indexer.store.published import read_current
from indexer.store.vectors import VectorStore, VideoVectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


Embed = Callable[[Query], QueryVectors]
"""Turns a query into vectors."""

NONE_PASSES = "no video passes the filters"

SEEN_PER_HIT = 3
"""Moments of the picture that are compared with those of other channels, per wanted hit."""

MIN_SEEN = 50
"""Fewest of them."""

MORE_SEEN = 100
"""Most of them beyond the wanted hits: deeper ones are next to never lifted by a line."""

MOST_INSIDE = 60
"""Moments of one video that are shown at most."""

LINES_INSIDE = 500
"""Lines of one video that are looked at where they are marked."""


def _seen_for(k: int) -> int:
    """How many moments of the picture are compared with those of other channels for k hits."""
    return max(min(SEEN_PER_HIT * k, k + MORE_SEEN), MIN_SEEN)


def _any(options: Options) -> Filters:
    """The filters without the one of relevance, which is for what all channels say together."""
    return replace(options.filters, min_relevance=0.0)


class Searcher:
    """Searches one library with one encoder; threads may share it.

    It searches the published generation and what was embedded since, without removed videos.

    Args:
        home: The library.
        encoder: The encoder that embedded it.
        open_sentences: Opens the sentence encoder of a folder, of the package for None.
        copies: What searches on GPUs; None for the CPU. The caller closes it.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """

    def __init__(
        self,
        home: Home,
        encoder: Encoder,
        *,
        open_sentences: OpenSentences = shared_sentences,
        copies: GpuCopies | None = None,
    ) -> None:
        self._open_sentences = open_sentences
        self._home = home
        self._encoder = encoder
        self._catalogue = Catalogue(home)
        self._cache = VectorCache(self._catalogue, VectorStore(home, encoder.id))
        self._refreshing = threading.Lock()
        self._copies = copies
        self._view = self._opened(None)
        self._queries = QueryEncoder(encoder, self._catalogue, self._cache)
        self._tags = TagNames(self._catalogue)
        self._once = EachOnce(self._catalogue, encoder.id)
        self._withholding = Withholding(self._catalogue)
        self._untold = UntoldClips(self._catalogue)

    def close(self) -> None:
        """Close the catalogue; results stay valid."""
        self._catalogue.close()

    @property
    def encoder(self) -> Encoder:
        """The encoder that it searches with."""
        return self._encoder

    @property
    def view(self) -> View:
        """What is searched now; a running search keeps the view that it began with."""
        return self._view

    def refresh(self) -> bool:
        """Read what was indexed or removed since; False where nothing was, which is cheap."""
        with self._refreshing:
            now = (self._catalogue.changes(), read_current(self._home))
            if now == (self._view.changes, self._view.current):
                return False
            self._view = self._opened(self._view)
            return True

    def _opened(self, before: View | None) -> View:
        """What can be searched now, with what GPUs hold of it."""
        view = open_view(self._home, self._catalogue, self._encoder.id, before=before)
        if self._copies is None:
            return view
        self._copies.use(each.segment for each in view.searched)
        return view.on(self._copies)

    def search(
        self,
        query: Query,
        k: int = 10,
        *,
        filters: Filters | None = None,
        merge: bool = True,
        reading: Reading = AS_INDEXED,
    ) -> SearchResult:
        """Find the at most k moments that match best, the best first; options as in `Options`.

        `reading` says how long an example may be read.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        began_s = time.perf_counter()
        view = self._view
        options = self._options(k, filters, merge=merge)
        embed = cache(partial(self.embed, view=view, reading=reading))
        ask = partial(self._answer, view=view, embed=embed)

        def find(options: Options) -> SearchResult:
            if query.then:
                return find_in_order(query, options, view.n_clips, ask)
            return ask(query, options)

        result = self._once.find(find, options)
        hits = self._last_looked_at(result.hits, options)
        took_ms = (time.perf_counter() - began_s) * 1000
        return replace(result, hits=hits, took_ms=took_ms)

    def _options(
        self, k: int, filters: Filters | None, *, merge: bool = True, among: int | None = None
    ) -> Options:
        filters = filters or Filters()
        return Options(k, filters, merge=merge, among=among, not_shown=self._not_shown(filters))

    def _not_shown(self, filters: Filters) -> NotShown:
        return NOTHING if filters.withheld_too else self._withholding.now(self._encoder.id)

    def _last_looked_at(self, hits: Sequence[Hit], options: Options) -> list[Hit]:
        """The hits with files that are there, without what was withheld while it was searched."""
        hits = without_withheld(hits, self._not_shown(options.filters))
        return with_files_that_are_there(hits, self._catalogue, options.filters.under)

    def _answer(self, query: Query, options: Options, view: View, embed: Embed) -> SearchResult:
        """What all channels find of a query of one step."""
        k = options.k
        view = self._untold.telling(view, options.filters)
        shown = Shown.of(view.videos, options.filters, options.not_shown)
        if shown.none_passes:
            return replace(self._nothing(view), warnings=(*view.warnings, NONE_PASSES))
        found, warnings = self._found(query, view, shown, k)
        if found is None:
            return self._seen(query, options, view, embed)
        seen = self._nothing(view)
        if Channel.PICTURE in query.channels and not quoted_phrases(query.words):
            wider = replace(options, k=_seen_for(k), filters=_any(options))
            seen = self._seen(query, wider if found else options, view, embed)
        if found:
            ids = [hit.video_id for hit in seen.hits] + [line.video_id for line in found]
            videos = shown.some(ids)
            hits = fuse(seen.hits, found, videos, k)
        else:
            hits = seen.hits[:k]
        hits = [hit for hit in hits if hit.relevance >= options.filters.min_relevance]
        confident = bool(hits) and hits[0].relevance >= CONFIDENT_RELEVANCE
        told = (*seen.warnings, *warnings, *self._not_read(query))
        return replace(seen, hits=hits, confident=confident, warnings=told)

    def _not_read(self, query: Query) -> list[str]:
        """What cannot be found in channels that were asked for by name and were never read."""
        if query.channels == ALL_CHANNELS:
            return []
        served = self._catalogue.readings.served
        return not_read(query.channels, served.keys())

    def _seen(self, query: Query, options: Options, view: View, embed: Embed) -> SearchResult:
        """What the picture finds."""
        result = self.search_vectors(embed(query), options, view=view)
        result = as_understood(self._encoder.name, query, result, options.filters.min_relevance)
        return replace(result, hits=with_picture_matches(result.hits))

    def _found(
        self, query: Query, view: View, shown: Shown, k: int
    ) -> tuple[list[FoundWords] | None, tuple[str, ...]]:
        """The lines that hold words of the query or mean the same, and what went wrong.

        None where lines are not asked.
        """
        channels = query.channels - {Channel.PICTURE}
        if not query.is_of_words or not channels:
            return None, ()
        folder = self._catalogue.sentence_folder
        lines = LinesAsked(view.words, view.meanings, folder, self._open_sentences)

        def find(k: int) -> tuple[list[FoundWords], tuple[str, ...]]:
            found, told = lines.find(query.words, channels, shown.id_set, k=k)
            if Channel.TAG in channels:
                asked = ask(query.words, view.words)
                found = with_tags(found, self._tags.find(asked, shown.id_set, k=k))
            return found, told

        return find_in_clips(find, view, shown, k)

    def _nothing(self, view: View) -> SearchResult:
        return SearchResult(
            hits=[],
            took_ms=0.0,
            confident=False,
            generation=view.generation,
            encoder=self._encoder.name,
            warnings=view.warnings,
        )

    def search_vectors(
        self,
        query: QueryVectors,
        options: Options,
        *,
        view: View | None = None,
        began_s: float | None = None,
    ) -> SearchResult:
        """Answer a query that is already in vectors, see `embed`; `view` None is the current one.

        `began_s` is the start of the work on the query, by `time.perf_counter`; None is now.
        """
        began_s = began_s or time.perf_counter()
        searched = view or self._view
        hits = rank(searched, query, options, partial(stored_vectors, self._cache, searched))
        return SearchResult(
            hits=hits,
            took_ms=(time.perf_counter() - began_s) * 1000,
            confident=bool(hits) and hits[0].relevance >= CONFIDENT_RELEVANCE,
            generation=searched.generation,
            encoder=self._encoder.name,
            warnings=(
                *searched.warnings,
                *(() if self._copies is None else self._copies.warnings),
                *filter(None, [self._cache.warning, self._toons_only(searched), query.notice]),
            ),
        )

    def _toons_only(self, view: View) -> str | None:
        if not knows_only_toons(self._encoder.name):
            return None
        return toons_only_notice(self._encoder.name, len(view.videos), view.videos.n_not_toons)

    def similar(
        self,
        video_id: int,
        span: Span | None = None,
        k: int = 10,
        *,
        filters: Filters | None = None,
    ) -> SearchResult:
        """Find moments of other videos similar to an indexed video or a stretch of it.

        Stored vectors are compared: nothing is decoded.

        Raises:
            ReelwiseError: The video is not embedded, or has no frame in that stretch.
        """
        began_s = time.perf_counter()
        view = self._view
        video = view.videos.get(video_id)
        name = video.path.name if video else f"video {video_id}"
        vectors = vectors_of_example(self._queries.indexed(video_id, span, view, name=name))
        options = self._options(k, replace(filters or Filters(), exclude_video=video_id))
        telling = self._untold.telling(view, options.filters)
        find = partial(self.search_vectors, vectors, view=telling, began_s=began_s)
        result = self._once.find(find, options)
        return replace(result, hits=self._last_looked_at(result.hits, options))

    def inside(self, video_id: int, query: Query, *, reading: Reading = AS_INDEXED) -> InsideVideo:
        """What a query of one step finds in one video, by its stored vectors and lines alone.

        A moment is as relevant as among the hits of a search of the whole library.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        view = self._view
        filters = Filters(videos=frozenset({video_id}))
        options = self._options(MOST_INSIDE, filters, among=view.n_clips)
        embed = cache(partial(self.embed, view=view, reading=reading))
        result = self._answer(query, options, view, embed)
        shown = Shown.of(view.videos, filters, options.not_shown)
        lines, _ = self._found(query, view, shown, LINES_INSIDE)
        stored = self.stored(video_id)
        if stored is None or Channel.PICTURE not in query.channels or quoted_phrases(query.words):
            return InsideVideo(1.0, np.zeros(0, np.float32), result.hits, lines or ())
        known = view.videos.get(video_id)
        length_s = float(stored.frame_times_s[-1]) if known is None else known.duration_s
        step_s, heights = heights_of(embed(query).vectors, stored, view.sample, length_s=length_s)
        return InsideVideo(step_s, heights, result.hits, lines or ())

    def keywords(self, video_id: int) -> list[Keyword]:
        """The automatic tags of a video, then the key words of its lines, each with its place."""
        tags = tags_of(self._catalogue, [video_id]).get(video_id, [])
        found = [*tags, *key_words_of(self._catalogue, self._view.words, video_id)]
        not_shown = self._not_shown(Filters())
        return [each for each in found if not_shown.why(video_id, each.start_s, each.end_s) is None]

    def stored(self, video_id: int) -> VideoVectors | None:
        """The stored vectors of a video, with its cuts; None where there are none."""
        return stored_vectors(self._cache, self._view, [video_id]).get(video_id)

    def video(self, ref: str | int) -> Video:
        """The live video that a path, file name or id means; an error for none and for several."""
        return self._catalogue.video(ref)

    def embed(
        self, query: Query, view: View | None = None, reading: Reading = AS_INDEXED
    ) -> QueryVectors:
        """Turn a query into vectors; `view` holds known examples, None takes the current one.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        return self._queries.embed(query, view or self._view, reading)
