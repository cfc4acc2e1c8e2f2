"""From query vectors to hits: candidate clips -> moments -> relevance -> hits."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, takewhile

import numpy as np

from data.arrays import Floats, Mask
from data.catalogue import Video
from indexer.accident import BestByAccident
from indexer.search.examples.example import Example
from indexer.search.examples.rerank import ExampleMatcher, ReadVectors
from indexer.search.hits.shown import Shown
from indexer.search.moments import Moment, ScoredClips, as_moments, merge_clips
from indexer.search.query import Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.relevance.calibrate import Background
from indexer.search.relevance.unrelated import Unrelated
from indexer.search.result import Hit
from indexer.search.searched import inner_products
from indexer.search.view import View
from indexer.store.segments.columns import TableRows

FETCH_PER_HIT = 8
"""Clips fetched per wanted hit: enough that merging rarely needs a second fetch."""

MIN_FETCH = 64
"""Fewest clips that are fetched."""

VIDEOS_PER_HIT = 2
"""Videos whose frames are compared with an example's, per wanted hit."""

MIN_VIDEOS = 24
"""Fewest videos whose frames are compared."""

BACKGROUND_CLIPS = 48
"""Clips whose frames show how an example scores by accident."""

EQUAL_SCORES = 2e-3
"""Scores closer than this are equal: float16 moves each cosine in them by 5e-4."""


def rank(
    view: View,
    query: QueryVectors,
    options: Options,
    read_vectors: ReadVectors,
) -> list[Hit]:
    """The best hits, the best first; `read_vectors` is used for examples only."""
    shown = Shown.of(view.videos, options.filters, options.not_shown)
    allowed = shown.rows(view)
    n_allowed = view.n_allowed(allowed)
    if n_allowed == 0 or options.k <= 0:
        return []
    competing = shown.passing(view)
    clips = _Candidates(view, query.vectors, options, allowed, n_allowed, competing)
    if query.example is None:
        scoring = _ByClips(clips, clips.accident(query.unrelated))
    else:
        scoring = _ByFrames(clips, query.example, read_vectors)
    scored = ((each, scoring.relevance(each.score)) for each in scoring.best_moments())
    relevant = (pair for pair in scored if pair[1] >= options.filters.min_relevance)
    hits: list[Hit] = []
    # Of the first k only; more of them where videos are gone meanwhile.
    while some := [*islice(relevant, options.k)]:
        videos = shown.some(moment.video_id for moment, _ in some)
        there = [pair for pair in some if pair[0].video_id in videos]
        hits += [
            _hit(videos[pair[0].video_id], n, *pair) for n, pair in enumerate(there, len(hits) + 1)
        ]
        if len(hits) >= options.k:
            break
    return hits[: options.k]


def _hit(video: Video, place: int, moment: Moment, relevance: float) -> Hit:
    return Hit(
        rank=place,
        video_id=video.id,
        path=video.path,
        title=video.title,
        start_s=moment.start_s,
        end_s=moment.end_s,
        score=moment.score,
        relevance=relevance,
        why={"visual": moment.score, "text": None},
        clip_ids=moment.clip_ids,
    )


@dataclass(frozen=True)
class _Candidates:
    """The clips that a query is compared with."""

    view: View
    vectors: Floats
    options: Options
    allowed: Mask | None
    n_allowed: int
    competing: Mask | None  # those that pass the filters, what is withheld among them

    @property
    def n_competing(self) -> int:
        """Clips that might have come first by accident."""
        return self.options.among or self.n_allowed

    def accident(self, unrelated: Unrelated | None) -> BestByAccident | None:
        """How high unrelated texts score among the clips that compete."""
        if unrelated is None:
            return None
        return unrelated.among(None if self.options.among else self.competing)

    def fetch(self, n: int) -> tuple[TableRows, float]:
        """Rows of the clips to score, and a bound that the score of no other clip exceeds."""
        rows, bound = self.view.top(self.vectors, n, self.allowed)
        if self.options.merge:
            # A moment may reach over clips that score too low to be fetched themselves.
            rows = self.view.rows_of(self.view.clips(rows).video_ids)
            rows = rows if self.allowed is None else rows[self.allowed[rows]]
        return rows, bound

    def scored(self, rows: TableRows) -> ScoredClips:
        scores = self.view.scores(self.vectors, rows).max(axis=0)
        return ScoredClips(self.view.clips(rows), scores.astype(np.float64))


class _ByClips:
    """Words and mixed queries: moments by clip vectors alone."""

    def __init__(self, candidates: _Candidates, accident: BestByAccident | None = None) -> None:
        self.candidates = candidates
        self._accident = accident
        self.background = self.learn_background()
        """How the query scores by accident."""

    def best_moments(self) -> Iterator[Moment]:
        """Fetch more and more clips until k moments are certain, or no other clip can pass."""
        candidates = self.candidates
        k, n_allowed = candidates.options.k, candidates.n_allowed
        fetch = min(max(FETCH_PER_HIT * k, MIN_FETCH), n_allowed)
        while True:
            rows, bound = candidates.fetch(fetch)
            moments = self.moments(candidates.scored(rows), bound)
            first = [*islice(moments, k)]
            if len(first) >= k or bound == float("-inf") or self.is_irrelevant(bound):
                return chain(first, moments)
            fetch = min(n_allowed, 4 * fetch)

    def learn_background(self) -> Background:
        candidates = self.candidates
        scores = inner_products(candidates.vectors, candidates.view.sample).max(axis=0)
        return Background(scores, candidates.n_competing)

    def moments(self, clips: ScoredClips, bound: float) -> Iterator[Moment]:
        """The moments that are certain, the best first; no other clip exceeds `bound`."""
        if self.candidates.options.merge:
            moments = merge_clips(clips, background=self.background.median)
        else:
            moments = as_moments(clips)
        return takewhile(lambda moment: moment.score >= bound, moments)

    def is_irrelevant(self, bound: float) -> bool:
        """True where no clip up to this score can pass the filters."""
        return self.relevance(bound) < self.candidates.options.filters.min_relevance

    def relevance(self, score: float) -> float:
        """Of a moment with this score, 0 to 1."""
        if self._accident is None:
            return self.background.relevance(score)
        return self._accident.relevance(score, self.candidates.n_competing)


class _ByFrames(_ByClips):
    """Examples: by clip vectors and frames together, for the best videos by clip vectors."""

    def __init__(
        self, candidates: _Candidates, example: Example, read_vectors: ReadVectors
    ) -> None:
        self._matcher = ExampleMatcher(example, read_vectors)
        self._source = example.video_id
        super().__init__(candidates)

    def learn_background(self) -> Background:
        candidates = self.candidates
        rows = candidates.view.sample_rows
        if len(rows) > BACKGROUND_CLIPS:
            rows = np.sort(np.random.default_rng(0).choice(rows, BACKGROUND_CLIPS, replace=False))
        blended = self._matcher.blend(candidates.scored(rows))
        self._matcher.learn_usual(blended)
        return Background(blended.scores.astype(np.float32), candidates.n_competing)

    def moments(self, clips: ScoredClips, bound: float) -> Iterator[Moment]:
        options = self.candidates.options
        if bound > float("-inf"):
            clips = clips.of_best_videos(max(VIDEOS_PER_HIT * options.k, MIN_VIDEOS))
        blended = self._matcher.blend(clips)
        if options.merge:
            by_vector = dict(zip(clips.table.ids.tolist(), clips.scores.tolist(), strict=True))
            moments = [
                self._matcher.trim(moment, max(by_vector[i] for i in moment.clip_ids))
                for moment in merge_clips(blended, background=self.background.median)
            ]
        else:
            moments = [*as_moments(blended)]
        return iter(sorted(moments, key=self._source_first))

    def is_irrelevant(self, bound: float) -> bool:
        return False  # the bound is one of clip vectors, relevance one of blended scores

    def _source_first(self, moment: Moment) -> tuple[float, int, float]:
        """Order by score; of equal ones (re-encoded twins) the example's own video comes first."""
        bonus = EQUAL_SCORES if moment.video_id == self._source else 0.0
        return (-moment.score - bonus, moment.video_id, moment.start_s)
