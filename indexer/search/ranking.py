"""From a query's vectors to ranked moments with their relevance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from indexer.search.calibrate import Background
from indexer.search.moments import Moment, ScoredClip, as_moments, merge_clips
from indexer.search.query import Example
from indexer.search.rerank import FRAME_SHARE, FrameMatch
from indexer.search.view import TableRows, View, inner_products
from indexer.store.vector_index import Floats, Mask
from indexer.store.vectors import VideoVectors

FETCH_PER_HIT = 8
"""Clips looked at per hit asked for: enough that merging rarely needs a second look."""

LEAST_FETCH = 64
"""Clips looked at at least."""

MOST_EXAMPLE_CLIPS = 16
"""Clips of an example that are looked for on their own; longer ones are thinned evenly."""

VIDEOS_PER_HIT = 2
"""Videos whose frames are compared with an example's, per hit asked for."""

LEAST_VIDEOS = 24
"""Videos whose frames are compared at least."""

BACKGROUND_CLIPS = 48
"""Clips whose frames tell how an example scores by accident."""

EQUAL_SCORES = 2e-3
"""Scores closer than this are equal: float16 moves each cosine in them by 5e-4."""

FramesOf = Callable[[Sequence[int]], dict[int, VideoVectors]]


@dataclass(frozen=True)
class Filters:
    """What a hit must be, whatever it scores."""

    under: Path | None = None
    """Its file lies in this folder, or is this file; absolute."""
    min_duration_s: float | None = None
    """The video is at least this long."""
    max_duration_s: float | None = None
    """The video is at most this long."""
    min_relevance: float = 0.0
    """Least relevance, 0 to 1."""


@dataclass(frozen=True)
class Options:
    """How the answer is to be."""

    k: int
    """Moments at most."""
    filters: Filters = field(default_factory=Filters)
    """What every moment must be."""
    merge: bool = True
    """Join clips that touch."""
    exact: bool = False
    """Look at every clip instead of asking the index; for evaluation."""
    without_video: int | None = None
    """A video that is not to be found."""


@dataclass(frozen=True)
class Asked:
    """A query in vectors."""

    vectors: Floats
    """(q, d): a clip scores as high as the nearest of them."""
    example: Example | None = None
    """Set where frames are to be compared too."""


@dataclass(frozen=True)
class Ranked:
    """A moment and how relevant it is."""

    moment: Moment
    """Where it lies and what it scores."""
    relevance: float
    """0 to 1, see `indexer.search.calibrate`."""


def ask_example(example: Example) -> Asked:
    """Look for an example: as a whole, and for each of its clips."""
    step = -(-len(example.clips) // MOST_EXAMPLE_CLIPS)
    rows = np.concatenate([example.whole[None], example.clips[:: max(step, 1)]])
    return Asked(np.unique(rows, axis=0), example)


def rank(view: View, asked: Asked, options: Options, frames_of: FramesOf) -> list[Ranked]:
    """The best moments, the best first.

    Args:
        view: What is searched.
        asked: What is looked for.
        options: How the answer is to be.
        frames_of: Reads the stored vectors of some videos; used for examples only.
    """
    filters = options.filters
    allowed = view.allowed(
        under=filters.under,
        min_duration_s=filters.min_duration_s,
        max_duration_s=filters.max_duration_s,
        without_video=options.without_video,
    )
    n_allowed = view.n_clips if allowed is None else int(np.count_nonzero(allowed))
    if n_allowed == 0 or options.k <= 0:
        return []
    search = _Search(view, asked, options, allowed, n_allowed)
    if asked.example is None:
        found, background = search.by_clips()
    else:
        found, background = search.by_frames(asked.example, frames_of)
    ranked = [Ranked(moment, background.relevance(moment.score)) for moment in found]
    return [each for each in ranked if each.relevance >= filters.min_relevance][: options.k]


@dataclass(frozen=True)
class _Search:
    """One search under way."""

    view: View
    asked: Asked
    options: Options
    allowed: Mask | None
    n_allowed: int

    def by_clips(self) -> tuple[list[Moment], Background]:
        """Look at more and more clips until k moments are certain, or no other clip can pass."""
        background = self._background()
        fetch = self._first_fetch()
        while True:
            rows, floor = self._fetch(fetch)
            moments = self._moments(self._scored(rows), background)
            certain = [moment for moment in moments if moment.score >= floor]
            if (
                len(certain) >= self.options.k
                or floor == float("-inf")
                or background.relevance(floor) < self.options.filters.min_relevance
            ):
                return certain, background
            fetch = min(self.n_allowed, 4 * fetch)

    def by_frames(self, example: Example, frames_of: FramesOf) -> tuple[list[Moment], Background]:
        """Find candidates by clips, then score them by clips and frames together."""
        frames = _Frames(example, frames_of)
        background = self._frame_background(frames)
        fetch = self._first_fetch()
        while True:
            rows, floor = self._fetch(fetch)
            clips = self._scored(rows)
            if floor > float("-inf"):
                clips = _of_best_videos(clips, self.options.k)
            moments = self._by_frames(frames, clips, background)
            if len(moments) >= self.options.k or floor == float("-inf"):
                return sorted(moments, key=_source_first(example.video_id)), background
            fetch = min(self.n_allowed, 4 * fetch)

    def _by_frames(
        self, frames: _Frames, clips: Sequence[ScoredClip], background: Background
    ) -> list[Moment]:
        blended = frames.blend(clips)
        if not self.options.merge:
            return as_moments(blended)
        raw = {clip.clip_id: clip.score for clip in clips}
        moments = []
        for moment in merge_clips(blended, background=background.median):
            match = frames.match(moment.video_id)
            start_s, end_s = match.trim(moment, frames.usual)
            best = max(raw[clip_id] for clip_id in moment.clip_ids)
            score = _blend(best, match.coverage(start_s, end_s))
            moments.append(replace(moment, start_s=start_s, end_s=end_s, score=score))
        return moments

    def _first_fetch(self) -> int:
        if self.options.exact:
            return self.n_allowed
        return min(max(FETCH_PER_HIT * self.options.k, LEAST_FETCH), self.n_allowed)

    def _fetch(self, fetch: int) -> tuple[TableRows, float]:
        """Rows that are worth a look, and the score that none of the others exceeds."""
        view = self.view
        if self.options.exact:
            every = np.ones(view.n_clips, dtype=bool) if self.allowed is None else self.allowed
            return np.flatnonzero(every), float("-inf")
        rows, floor = view.top(self.asked.vectors, fetch, self.allowed)
        if self.options.merge:
            # A moment may reach over clips that score too low to be found on their own.
            rows = view.rows_of(view.table.video_ids[rows])
            rows = rows if self.allowed is None else rows[self.allowed[rows]]
        return rows, floor

    def _scored(self, rows: TableRows) -> list[ScoredClip]:
        table = self.view.table
        scores = self.view.scores(self.asked.vectors, rows).max(axis=0)
        columns = (
            table.ids[rows].tolist(),
            table.video_ids[rows].tolist(),
            table.starts_s[rows].tolist(),
            table.ends_s[rows].tolist(),
            scores.tolist(),
        )
        return [ScoredClip(*row) for row in zip(*columns, strict=True)]

    def _moments(self, clips: Iterable[ScoredClip], background: Background) -> list[Moment]:
        if not self.options.merge:
            return as_moments(clips)
        return merge_clips(clips, background=background.median)

    def _background(self) -> Background:
        scores = inner_products(self.asked.vectors, self.view.sample).max(axis=0)
        return Background(scores, self.n_allowed)

    def _frame_background(self, frames: _Frames) -> Background:
        rows = self.view.sample_rows
        if len(rows) > BACKGROUND_CLIPS:
            rows = np.sort(np.random.default_rng(0).choice(rows, BACKGROUND_CLIPS, replace=False))
        blended = frames.blend(self._scored(rows))
        frames.learn_usual(blended)
        scores = [clip.score for clip in blended]
        return Background(np.asarray(scores, dtype=np.float32), self.n_allowed)


class _Frames:
    """The frames of an example against those of any video, each video read once."""

    def __init__(self, example: Example, frames_of: FramesOf) -> None:
        self.usual = 0.0
        """How well frames match the example that have nothing to do with it."""
        self._example = example
        self._frames_of = frames_of
        self._matches: dict[int, FrameMatch] = {}

    def match(self, video_id: int) -> FrameMatch:
        """The comparison with a video that was blended before."""
        return self._matches[video_id]

    def blend(self, clips: Sequence[ScoredClip]) -> list[ScoredClip]:
        """Score clips by their vectors and frames; those whose vectors vanished are left out."""
        missing = {clip.video_id for clip in clips} - self._matches.keys()
        for video_id, stored in self._frames_of(sorted(missing)).items():
            self._matches[video_id] = FrameMatch(self._example, stored)
        return [
            replace(clip, score=_blend(clip.score, self._coverage(clip)))
            for clip in clips
            if clip.video_id in self._matches
        ]

    def learn_usual(self, clips: Sequence[ScoredClip]) -> None:
        """Take clips that mostly have nothing to do with the example."""
        if clips:
            self.usual = float(np.median([self._coverage(clip) for clip in clips]))

    def _coverage(self, clip: ScoredClip) -> float:
        return self._matches[clip.video_id].coverage(clip.start_s, clip.end_s)


def _source_first(source: int | None) -> Callable[[Moment], tuple[float, int, float]]:
    """Order by score; of equal ones (re-encoded twins) the example's own video comes first."""

    def key(moment: Moment) -> tuple[float, int, float]:
        own = EQUAL_SCORES if moment.video_id == source else 0.0
        return (-moment.score - own, moment.video_id, moment.start_s)

    return key


def _of_best_videos(clips: Sequence[ScoredClip], k: int) -> list[ScoredClip]:
    best: dict[int, float] = {}
    for clip in clips:
        best[clip.video_id] = max(clip.score, best.get(clip.video_id, float("-inf")))
    most = max(VIDEOS_PER_HIT * k, LEAST_VIDEOS)
    chosen = set(sorted(best, key=lambda video_id: -best[video_id])[:most])
    return [clip for clip in clips if clip.video_id in chosen]


def _blend(clip_score: float, coverage: float) -> float:
    return (1 - FRAME_SHARE) * clip_score + FRAME_SHARE * coverage
