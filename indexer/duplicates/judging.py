"""Whether stretches of two videos are the same pictures, and what the two are to each other.

The score of a stretch is a logarithm of odds, linear in five measures; above 0 it counts. Its
weights were fitted by logistic regression on real clips and cartoons with all their changed copies,
against the nearest other videos, those of the same places and the same pictures backwards among
them (docs/duplicates.md), with the toon encoder and with starter.

Of a take of a second or two a few frames are known, and some line fits any few: what it covers
counts by the frames that the line did not need.

A picture that stands has no order in time and shows one scene: no likeness alone reaches 0 then.
Such a video counts as a copy only where nearly nothing differs from the first frame to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.copies.stored import EDGE_S, WHOLE_SHARE, Pair, Stretch
from indexer.duplicates.alignment import Match, matches, order_by_accident
from indexer.duplicates.background import Background
from indexer.duplicates.joined import joined
from indexer.duplicates.lines import Track


@dataclass(frozen=True)
class Weights:
    """Of the measures of `score`."""

    likeness: float
    """How alike frames are, between accident, 0, and the same pictures, 1."""
    order: float
    """How much more what moves agrees than in two videos of one place."""
    coverage: float
    """Share of the video of which more is covered."""
    scenes: float
    """Binary logarithm of the number of different pictures."""
    none: float
    """The score without any."""


VECTORS = Weights(11.6, 4.4, 3.7, 2.3, -13.2)
"""Where the encoder's vectors alone are known."""
JOINED = Weights(11.6, 4.25, 10.2, 1.8, -15.9)
"""Where vectors and small pictures are."""
USUAL_ORDER = 0.2
"""Correlation of what moves that the best line between two videos of one place may have."""
ABOVE = 0.15
"""What moves must agree by so much more than by accident."""
MOST_TURNS = 6.0
"""More independent changes do not make a correlation surer."""
MOST_SCENES = 6.0
"""More different pictures add nothing."""
FREE_FRAMES = 1.5
"""Frames of a stretch by which its coverage says nothing: its line was chosen to fit as many."""
MOVES = 0.1
"""Below this ever less moves: what is measured of order is noise of the encoding."""
STANDS = -0.7
"""What a picture that stands says of order: nothing, which counts against it."""
MOST_PAIRS = 16_000_000
"""Pairs of frames of two videos that are compared: two films of half an hour with all frames."""
STANDS_ALIKE = 0.97
"""Likeness above accident, as a share of what is possible, of the same picture that stands."""
STANDS_SCORE = 1.0
"""Score of such a pair."""


def score(
    match: Match,
    coverage: float,
    background: Background,
    weights: Weights,
    accident: float = USUAL_ORDER,
) -> float:
    """Logarithm of the odds that a stretch is the same in both videos.

    Args:
        match: The stretch.
        coverage: Share of the video of which it covers more, with the other stretches, 0 to 1.
        background: How alike frames are by accident.
        weights: Of the measures.
        accident: Correlation of what moves that these two have by accident.
    """
    known = max(0.0, 1 - FREE_FRAMES / match.frames)
    return float(
        weights.none
        + weights.likeness * background.share_above(match.likeness)
        + weights.order * _order(match, accident)
        + weights.coverage * min(coverage, 1.0) * known
        + weights.scenes * np.log2(min(max(match.scenes, 1.0), MOST_SCENES))
    )


def _order(match: Match, accident: float) -> float:
    """How much more what moves agrees than in two videos of one place; below 0: it does not."""
    moves = min(match.moving / MOVES, 1.0)
    agrees = (match.order - accident - ABOVE) * float(np.sqrt(min(match.turns, MOST_TURNS)))
    return moves * agrees + (1 - moves) * STANDS


def judge(
    ids: tuple[int, int],
    tracks: tuple[Track, Track],
    lengths_s: tuple[float, float],
    background: Background,
) -> Pair | None:
    """What two videos share; None where nothing is known to be the same.

    Args:
        ids: Of the two videos.
        tracks: Their frames.
        lengths_s: Their lengths in seconds.
        background: How alike frames are by accident in this library.
    """
    tracks = _thinned(tracks)
    weights, both = VECTORS, joined(*tracks)
    if both is not None:
        tracks, background, weights = both, background.joined, JOINED
    found = matches(*tracks, background, most=1)
    accident = USUAL_ORDER
    if any(score(each, 1.0, background, weights) > 0 for each in found):
        # Most pairs end before: the rest costs several times as much.
        accident = max(accident, order_by_accident(*tracks, background))
        found = matches(*tracks, background)
    # A stretch that could count if it covered all is part of what is covered.
    likely = [each for each in found if score(each, 1.0, background, weights, accident) > 0]
    coverage = max(_shares(likely, lengths_s)) if likely else 0.0
    scores = [score(each, coverage, background, weights, accident) for each in likely]
    best = max(scores, default=0.0)
    if best <= 0:
        kept = [each for each in found if _stands(each, lengths_s, background)][:1]
        return _pair(ids, kept, lengths_s, STANDS_SCORE) if kept else None
    kept = [
        each
        for each, value in zip(likely, scores, strict=True)
        # Beside the surest, a stretch counts that would count without the others.
        if value == best
        or score(each, max(_shares([each], lengths_s)), background, weights, accident) > 0
    ]
    return _pair(ids, kept, lengths_s, best)


def _thinned(tracks: tuple[Track, Track]) -> tuple[Track, Track]:
    """Two long films with fewer frames a second, so that their pairs of frames fit into memory."""
    n_pairs = len(tracks[0].times_s) * len(tracks[1].times_s)
    step = max(1, int(np.ceil(np.sqrt(n_pairs / MOST_PAIRS))))
    return tracks[0].thinned(step), tracks[1].thinned(step)


def _stands(match: Match, lengths_s: tuple[float, float], background: Background) -> bool:
    """Whether it is one picture that stands, from beginning to end, as good as the same."""
    return (
        match.moving <= MOVES
        and background.share_above(match.likeness) >= STANDS_ALIKE
        and all(_is_whole([match], lengths_s, at) for at in (0, 1))
        and abs(lengths_s[0] - lengths_s[1]) <= EDGE_S
    )


def _shares(kept: Sequence[Match], lengths_s: tuple[float, float]) -> tuple[float, float]:
    """Share of each video that some stretches cover."""
    ours_s = sum(match.length_s for match in kept)
    theirs_s = sum(match.length_s * match.line.speed for match in kept)
    return ours_s / max(lengths_s[0], 1e-6), theirs_s / max(lengths_s[1], 1e-6)


def _is_whole(kept: Sequence[Match], lengths_s: tuple[float, float], at: int) -> bool:
    """Whether some stretches cover all of one of the videos."""
    length_s = lengths_s[at]
    covered_s = _shares(kept, lengths_s)[at] * length_s
    # Of a video of a few seconds the edges must not be most of it.
    return covered_s >= min(WHOLE_SHARE * length_s, length_s - min(EDGE_S, length_s / 4))


def _pair(
    ids: tuple[int, int], kept: Sequence[Match], lengths_s: tuple[float, float], best: float
) -> Pair:
    stretches = [_stretch(match, lengths_s) for match in kept]
    pair = Pair(
        one=ids[0],
        other=ids[1],
        score=round(best, 3),
        stretches=tuple(sorted(stretches, key=lambda each: each.start_s)),
        whole_one=_is_whole(kept, lengths_s, 0),
        whole_other=_is_whole(kept, lengths_s, 1),
    )
    return pair if pair.one < pair.other else pair.turned()


def _stretch(match: Match, lengths_s: tuple[float, float]) -> Stretch:
    """The stretch within the lengths of the videos."""
    start_s, end_s = max(match.start_s, 0.0), min(match.end_s, lengths_s[0])
    other_s = np.clip(match.line.other_s(np.array([start_s, end_s])), 0.0, lengths_s[1])
    return Stretch(
        round(start_s, 3),
        round(end_s, 3),
        round(float(other_s[0]), 3),
        round(float(other_s[1]), 3),
        round(match.likeness, 4),
    )
