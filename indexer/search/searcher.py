"""Asking the library: from a query to the moments that match it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import Video
from data.errors import ReelwiseError
from data.home import Home
from data.scan import content_key
from indexer.search.calibrate import CONFIDENT_RELEVANCE
from indexer.search.query import (
    Example,
    Query,
    Span,
    example_of_frames,
    load_example,
    load_image,
    mix,
    parse_span,
    text_mean,
)
from indexer.search.ranking import Asked, Filters, Options, Ranked, ask_example, rank
from indexer.search.view import View, open_view
from indexer.store.cache import StoredVectors
from indexer.store.generations import read_current
from indexer.store.vector_index import Floats
from indexer.store.vectors import VectorStore, VideoVectors

__all__ = ["Filters", "Hit", "SearchResult", "Searcher"]

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


@dataclass(frozen=True)
class Hit:
    """One moment that matches."""

    rank: int
    """1 is the best."""
    video_id: int
    """The video's permanent id."""
    path: Path
    """Its file."""
    title: str
    """Name to show."""
    start_s: float
    """First instant of the moment."""
    end_s: float
    """First instant after it."""
    score: float
    """Higher is better, -1 to 1; comparable within one query only."""
    relevance: float
    """0 to 1, see `indexer.search.calibrate`."""
    why: dict[str, float | None]
    """What the score is made of: `visual`, and `text` (None: words are not searched yet)."""
    clip_ids: tuple[int, ...] = ()
    """The clips that make it up, the best first."""


@dataclass(frozen=True)
class SearchResult:
    """What a search found."""

    hits: list[Hit]
    """The best first."""
    took_ms: float
    """Wall time, with encoding the query."""
    confident: bool
    """False: nothing here matches well, `hits` are merely the nearest."""
    generation: int | None
    """The index generation that was searched; None before the first is published."""
    encoder: str
    """Name of the encoder."""


class Searcher:
    """Searches one library with one encoder; threads may share it.

    It searches the published generation, and what was embedded since, without what is gone.

    Args:
        home: The library.
        encoder: The encoder that embedded it.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """

    def __init__(self, home: Home, encoder: Encoder) -> None:
        self._home = home
        self._encoder = encoder
        self._catalogue = Catalogue(home)
        self._stored = StoredVectors(self._catalogue, VectorStore(home, encoder.id))
        self._refreshing = threading.Lock()
        self._view = open_view(home, self._catalogue, encoder.id)

    def close(self) -> None:
        """Close the catalogue; what was returned stays valid."""
        self._catalogue.close()

    @property
    def view(self) -> View:
        """What is searched at this instant; a running search keeps the view that it began with."""
        return self._view

    def refresh(self) -> bool:
        """Take in what was indexed or removed since; cheap when nothing was.

        Returns:
            True where something changed.
        """
        with self._refreshing:
            view = self._view
            now = (self._catalogue.changes(), read_current(self._home))
            if now == (view.changes, view.current):
                return False
            self._view = open_view(self._home, self._catalogue, self._encoder.id)
            return True

    def search(
        self,
        query: Query,
        k: int = 10,
        *,
        filters: Filters | None = None,
        merge: bool = True,
        exact: bool = False,
    ) -> SearchResult:
        """Find the moments that match best.

        Args:
            query: What is looked for.
            k: How many at most.
            filters: What every hit must be.
            merge: Join clips that touch into one moment; else every clip is a hit.
            exact: Look at every clip instead of asking the index; slow, for comparison.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        began_s = time.perf_counter()
        view = self._view
        asked = self.ask(query, view)
        options = Options(k, filters or Filters(), merge=merge, exact=exact)
        return self.find(asked, options, view=view, began_s=began_s)

    def find(
        self,
        asked: Asked,
        options: Options,
        *,
        view: View | None = None,
        began_s: float | None = None,
    ) -> SearchResult:
        """Answer a query that is in vectors already, see `ask`.

        Args:
            asked: What is looked for.
            options: How the answer is to be.
            view: What to search; None takes what can be found now.
            began_s: When work on the query began, by `time.perf_counter`; None is now.
        """
        began_s = time.perf_counter() if began_s is None else began_s
        searched = self._view if view is None else view
        ranked = rank(searched, asked, options, lambda ids: self._vectors_of(searched, ids))
        hits = [_hit(place, each, searched) for place, each in enumerate(ranked, start=1)]
        return SearchResult(
            hits=hits,
            took_ms=(time.perf_counter() - began_s) * 1000,
            confident=bool(hits) and hits[0].relevance >= CONFIDENT_RELEVANCE,
            generation=searched.generation,
            encoder=self._encoder.name,
        )

    def similar(
        self,
        video_id: int,
        span: Span | None = None,
        k: int = 10,
        *,
        filters: Filters | None = None,
    ) -> SearchResult:
        """Find moments of other videos like an indexed video, or a stretch of it, without decoding.

        Raises:
            ReelwiseError: The video is not embedded, or has no frame in that stretch.
        """
        began_s = time.perf_counter()
        view = self._view
        asked = ask_example(self._example_of(view, video_id, span))
        options = Options(k, filters or Filters(), without_video=video_id)
        return self.find(asked, options, view=view, began_s=began_s)

    def video(self, ref: str | int) -> Video:
        """The live video that a path, file name or id means.

        Raises:
            ReelwiseError: None, or several.
        """
        return self._catalogue.video(ref)

    def ask(self, query: Query, view: View | None = None) -> Asked:
        """Turn a query into vectors.

        Args:
            query: What is looked for.
            view: Where examples that the library holds are looked up; None takes what can be found
                now.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        view = self._view if view is None else view
        wanted: list[tuple[float, Floats, Floats]] = []
        unwanted: list[tuple[float, Floats, Floats]] = []
        mean = view.mean if view.n_clips else np.zeros(self._encoder.dim, np.float32)
        example: Example | None = None
        if query.words:
            wanted.append((query.weights.text, self._text(query.words), text_mean(self._encoder)))
        if query.like is not None:
            example = self._like(view, str(query.like))
            wanted.append((query.weights.like, example.whole, mean))
        if query.image is not None:
            example = load_image(query.image, self._encoder)
            wanted.append((query.weights.image, example.whole, mean))
        if query.without and query.without.strip():
            vector = self._text(query.without.strip())
            unwanted.append((query.weights.without, vector, text_mean(self._encoder)))
        if example is not None and len(wanted) == 1 and not unwanted:
            return ask_example(example)
        return Asked(mix(wanted, unwanted)[None])

    def _text(self, words: str) -> Floats:
        return np.asarray(self._encoder.encode_texts([words])[0], dtype=np.float32)

    def _like(self, view: View, ref: str) -> Example:
        name, span = parse_span(ref)
        path = Path(name).expanduser()
        known = self._known_content(view, path)
        if known is not None:
            return self._example_of(view, known.id, span)
        return load_example(path, span, self._encoder)

    def _known_content(self, view: View, path: Path) -> Video | None:
        """The video with the very bytes of this file: its vectors are stored already."""
        try:
            key = content_key(path)
        except OSError:
            return None
        found = self._catalogue.known_contents([key])
        return view.videos.get(found.get(key, -1))

    def _example_of(self, view: View, video_id: int, span: Span | None) -> Example:
        stored = self._vectors_of(view, [video_id]).get(video_id)
        if stored is None:
            raise ReelwiseError(
                f"video {video_id} is not embedded with {self._encoder.name}",
                fix="reelwise index FOLDER, then try again",
            )
        start_s, end_s = span if span is not None else (0.0, float("inf"))
        inside = np.flatnonzero((stored.frame_times_s >= start_s) & (stored.frame_times_s < end_s))
        if not len(inside):
            last_s = float(stored.frame_times_s[-1])
            raise ReelwiseError(
                f"video {video_id} has no frame between {start_s:g} s and {end_s:g} s",
                fix=f"name a part before its end; its last frame is at {last_s:.1f} s",
            )
        times_s = stored.frame_times_s[inside]
        spans = []
        for clip_start_s, clip_end_s in stored.clip_spans:
            first, last = np.searchsorted(times_s, (clip_start_s, clip_end_s))
            if last > first:
                spans.append((int(first), int(last)))
        frames = stored.frames[inside].astype(np.float32)
        example = example_of_frames(frames, times_s, spans, self._encoder)
        return replace(example, video_id=video_id)

    def _vectors_of(self, view: View, video_ids: Sequence[int]) -> dict[int, VideoVectors]:
        rows = view.rows_of(video_ids)
        owners = view.table.video_ids[rows]
        ids = {
            int(video_id): view.table.ids[rows[owners == video_id]]
            for video_id in np.unique(owners)
        }
        return self._stored.videos(ids)


def _hit(place: int, ranked: Ranked, view: View) -> Hit:
    moment = ranked.moment
    video = view.videos[moment.video_id]
    return Hit(
        rank=place,
        video_id=video.id,
        path=video.path,
        title=video.title,
        start_s=moment.start_s,
        end_s=moment.end_s,
        score=moment.score,
        relevance=ranked.relevance,
        why={"visual": moment.score, "text": None},
        clip_ids=moment.clip_ids,
    )
