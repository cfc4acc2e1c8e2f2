"""Rules of words and of examples: every clip is compared with vectors, and judged by relevance.

A relevance is that of search: calibrated by the library's own clips, or by unrelated texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.catalogue import Catalogue
from data.review.rules import Rule
from data.toons.names import is_toon
from embeddings.encoder import Encoder
from embeddings.vocabulary import knows_only_toons, understood
from indexer.review.found import NO_CLIPS, FoundClips
from indexer.search.query import Query
from indexer.search.query_encoder import QueryEncoder
from indexer.search.query_vectors import vectors_of_example
from indexer.search.relevance.calibrate import Background
from indexer.search.searched import inner_products
from indexer.search.spans import parse_span
from indexer.search.view import View
from indexer.store.cache import VectorCache
from indexer.store.segments.columns import TableRows
from indexer.store.vectors import VectorStore

ROWS_AT_ONCE = 65_536
"""Clips that are compared at once."""
_HALVINGS = 50


@dataclass(frozen=True)
class Likeness:
    """Vectors that clips are compared with, and what their scores mean."""

    queries: Floats
    """(q, d): a clip scores as high as with the nearest of them."""
    relevance: Callable[[float], float]
    """Of a score, rising, 0 to 1."""

    def least(self, threshold: float) -> float:
        """The lowest cosine whose relevance reaches a threshold; above 1 where none does."""
        low, high = -1.0, 1.0
        if self.relevance(high) < threshold:
            return 2.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self.relevance(middle) >= threshold:
                high = middle
            else:
                low = middle
        return high


class ByVectors:
    """Finds what rules describe or show by examples, in one state of a library.

    Raises:
        ReelwiseError: An example is not in the library.
    """

    def __init__(self, catalogue: Catalogue, encoder: Encoder, view: View) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._view = view
        cache = VectorCache(catalogue, VectorStore(catalogue.home, encoder.id))
        self._queries = QueryEncoder(encoder, catalogue, cache)

    def find(self, rule: Rule, rows: TableRows) -> FoundClips:
        """The clips among some rows that reach the threshold of a rule."""
        if not len(rows) or not self._view.n_clips:
            return NO_CLIPS
        likenesses = [self._of_words(rule.description)] if rule.description else []
        likenesses += [self._of_example(each) for each in rule.examples]
        least = [(each, each.least(rule.threshold)) for each in likenesses]
        found = [NO_CLIPS]
        for first in range(0, len(rows), ROWS_AT_ONCE):
            found.append(self._among(rows[first : first + ROWS_AT_ONCE], least, rule))
        names = ("video_ids", "starts_s", "ends_s", "scores")
        whole = FoundClips(*(np.concatenate([getattr(each, n) for each in found]) for n in names))
        return self._that_can_be_judged(whole) if rule.description else whole

    def _among(
        self, rows: TableRows, likenesses: list[tuple[Likeness, float]], rule: Rule
    ) -> FoundClips:
        vectors = self._view.vectors(rows)
        best = np.zeros(len(rows))
        for likeness, least in likenesses:
            scores = inner_products(likeness.queries, vectors).max(axis=0)
            for at in np.flatnonzero(scores >= least).tolist():
                best[at] = max(best[at], likeness.relevance(float(scores[at])))
        kept = best >= rule.threshold
        clips = self._view.clips(rows[kept])
        spans = (clips.starts_s.astype(np.float64), clips.ends_s.astype(np.float64))
        return FoundClips(clips.video_ids, *spans, best[kept])

    def _of_words(self, words: str) -> Likeness:
        asked = self._queries.embed(Query(words), self._view)
        weight = understood(self._encoder.name, words).weight
        unrelated = asked.unrelated
        accident = None if unrelated is None else unrelated.everywhere
        if accident is not None:
            n_clips = self._view.n_clips
            return Likeness(
                asked.vectors, lambda score: weight * accident.relevance(score, n_clips)
            )
        background = self._background(asked.vectors)
        return Likeness(asked.vectors, lambda score: weight * background.relevance(score))

    def _of_example(self, ref: str) -> Likeness:
        name, span = parse_span(ref)
        video = self._catalogue.video(name)
        example = self._queries.indexed(video.id, span, self._view, name=video.path.name)
        vectors = vectors_of_example(example).vectors
        return Likeness(vectors, self._background(vectors).relevance)

    def _background(self, queries: Floats) -> Background:
        scores = inner_products(queries, self._view.sample).max(axis=0)
        return Background(scores, self._view.n_clips)

    def _that_can_be_judged(self, found: FoundClips) -> FoundClips:
        """Without videos of which the encoder understands nothing by words."""
        if not knows_only_toons(self._encoder.name):
            return found
        videos = self._view.videos.some(np.unique(found.video_ids).tolist())
        known = [number for number, video in videos.items() if is_toon(video.path)]
        return found.where(np.isin(found.video_ids, known))
