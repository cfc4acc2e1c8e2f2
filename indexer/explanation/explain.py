"""A stretch of a video in the light of a question: scores of frames, and the best seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from data.catalogue import Video
from data.errors import ReelwiseError
from data.home import Home
from data.lines import Channel
from data.video.types import SAMPLE_FPS
from embeddings.vocabulary import understood
from indexer.explanation.asked import Asked, HeadAsked
from indexer.explanation.by_head import judge_of_head
from indexer.explanation.judge import ByQuery, Judge, Unit
from indexer.explanation.stretch import Stretch, stretch_of
from indexer.heads.stored import load_head
from indexer.search.examples.frames import AS_INDEXED, Reading
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.search.words.asked import quoted_phrases

BEST_SHARE = 0.75
"""Of the way from the lowest score to the highest: seconds from there on are called best."""
MOST_BEST = 3
"""Stretches of best seconds that are named."""
FLAT = {"cosine": 0.02, "probability": 0.02, "number": 1e-6, "share": 1e-3}
"""Where scores differ by less, no second stands out."""


@dataclass(frozen=True)
class BestSeconds:
    """Seconds that spoke most."""

    start_s: float
    """First instant."""
    end_s: float
    """First instant after them."""
    peak_s: float
    """The frame with the highest score."""
    score: float
    """Its score."""


@dataclass(frozen=True)
class ClipScore:
    """How a clip came to its score."""

    start_s: float
    """First instant."""
    end_s: float
    """First instant after it."""
    score: float
    """As search, or the head, has it."""
    of_frames: float
    """What the mean of its frames would score."""

    @property
    def of_order(self) -> float:
        """What the temporal head adds: it looks at the frames in their order."""
        return self.score - self.of_frames


@dataclass(frozen=True)
class Explanation:
    """Which seconds spoke."""

    video: Video
    """The video."""
    start_s: float
    """First instant of the stretch."""
    end_s: float
    """First instant after it."""
    unit: Unit
    """What a score is."""
    label: str
    """Of a head: the label that is explained; empty for a query and for a number."""
    times_s: NDArray[np.float64]
    """(n,) when each frame is shown."""
    scores: Floats
    """(n,) their scores."""
    clips: Sequence[ClipScore]
    """The clips that lie in the stretch, or reach into it."""
    best: Sequence[BestSeconds]
    """The highest first; none where no second stands out."""
    warnings: tuple[str, ...]
    """What to know of it."""


@dataclass(frozen=True)
class Explained:
    """An explanation with what it rests on, to look into its pictures."""

    explanation: Explanation
    """Which seconds spoke."""
    judge: Judge
    """What scores frames."""
    stretch: Stretch
    """The frames."""
    about: tuple[str, ...] = ()
    """What changes where the same question has another answer: the revision of a head."""


def explain(
    searcher: Searcher, home: Home, asked: Asked, reading: Reading = AS_INDEXED
) -> Explained:
    """Say which seconds of a stretch speak for a question, by its stored vectors.

    Args:
        searcher: Of the library.
        home: The library, which has the heads.
        asked: The question.
        reading: How long an example may be read.

    Raises:
        ReelwiseError: The video is not embedded, the stretch has no frame, the question cannot be
            asked of pictures, or the head is of another encoder.
    """
    stored = searcher.stored(asked.video.id)
    if stored is None:
        raise ReelwiseError(
            f"{asked.video.path.name} has no vectors of this library's encoder",
            fix="reelwise index FOLDER, or reelwise verify --repair where they are damaged",
        )
    stretch = stretch_of(stored, asked.start_s, asked.end_s, name=asked.video.path.name)
    label = ""
    about: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    if isinstance(asked.question, HeadAsked):
        head = load_head(home, asked.question.name)
        head.require_encoder(searcher.encoder.id)
        judge, label = judge_of_head(stretch, head, asked.question.label)
        about = (head.revision,)
    else:
        judge, warnings = _judge_of_query(searcher, stretch, asked.question, reading)
    scores = judge.frames()[stretch.inside]
    times_s = stretch.times_s[stretch.inside]
    end_s = min(asked.end_s, float(times_s[-1]) + 1 / SAMPLE_FPS)
    explanation = Explanation(
        video=asked.video,
        start_s=asked.start_s,
        end_s=end_s,
        unit=judge.unit,
        label=label,
        times_s=times_s,
        scores=scores,
        clips=_clips(stretch, judge),
        best=best_seconds(times_s, scores, end_s, flat=FLAT[judge.unit]),
        warnings=warnings,
    )
    return Explained(explanation, judge, stretch, about)


def _judge_of_query(
    searcher: Searcher, stretch: Stretch, query: Query, reading: Reading
) -> tuple[Judge, tuple[str, ...]]:
    if Channel.PICTURE not in query.channels or quoted_phrases(query.words):
        raise ReelwiseError(
            "words in quotes, and channels other than picture, are found in lines, not in pictures",
            fix="ask without quotes, and of the picture",
        )
    warnings = []
    if query.is_of_words:
        name = searcher.encoder.name
        words = understood(name, query.words)
        if words.weight <= 0:
            raise ReelwiseError(
                f"{name} knows none of these words: {', '.join(words.unknown)}",
                fix="use other words, or index with another encoder: reelwise encoders",
            )
        warnings += [f"{name} does not know: {', '.join(words.unknown)}"] if words.unknown else []
    vectors = searcher.embed(query, reading=reading)
    warnings += [vectors.notice] if vectors.notice else []
    return ByQuery(stretch, vectors.vectors), tuple(warnings)


def _clips(stretch: Stretch, judge: Judge) -> list[ClipScore]:
    if not stretch.spans:
        return []
    rows = zip(stretch.spans, judge.clips(), judge.means(), strict=True)
    return [
        ClipScore(span.start_s, span.end_s, float(score), float(of_frames))
        for span, score, of_frames in rows
    ]


def best_seconds(
    times_s: NDArray[np.float64], scores: Floats, end_s: float, *, flat: float
) -> list[BestSeconds]:
    """Runs of frames whose scores stand out, the highest first.

    Args:
        times_s: (n,) when each frame is shown; each lasts until the next one.
        scores: (n,) theirs.
        end_s: When the last one ends.
        flat: Where all scores differ by less, none stands out.
    """
    low, high = float(scores.min()), float(scores.max())
    if high - low < flat:
        return []
    is_best = np.r_[False, scores >= low + BEST_SHARE * (high - low), False]
    edges = np.flatnonzero(np.diff(is_best.astype(np.int8)))
    ends_s = np.r_[times_s[1:], max(end_s, float(times_s[-1]))]
    found = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        peak = first + int(scores[first:last].argmax())
        found.append(
            BestSeconds(
                float(times_s[first]),
                float(ends_s[last - 1]),
                float(times_s[peak]),
                float(scores[peak]),
            )
        )
    return sorted(found, key=lambda each: -each.score)[:MOST_BEST]
