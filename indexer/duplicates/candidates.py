"""Pairs of videos worth a second look: those with clips or looks that are nearest neighbours.

Each clip of a new video asks the index for the nearest clips of other videos, so the cost grows
with the number of new clips times the cost of one search, not with the square of the library.

A clip that is as near to many others, such as a black picture or the set of a series, says little
of any of them: what counts for a pair is how much nearer they are than the last that the clip
proposes. It counts for the order alone, since a video may have many copies.

What videos look like proposes others besides (`looks.py`): a copy that is spoiled for the encoder.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Mask
from indexer.duplicates.background import Background
from indexer.search.view import View

PER_CLIP = 12
"""Videos that one clip proposes: those with the nearest clips."""
QUERIES = 256
"""Clips that are searched at once."""
OWN_CLIPS = 64
"""A video with more clips than this is searched with its own clips masked out: they are the nearest
to one another, and would fill all places."""
ALIKE_CLIPS = 0.3
"""Likeness above accident, from 0 to 1 of the same pictures, of clips that are worth a look."""


@dataclass(frozen=True)
class Candidate:
    """Two videos to be compared frame by frame."""

    one: int
    """Id of a video."""
    other: int
    """Id of another."""
    likeness: float
    """Of their nearest clips: cosine, -1 to 1, less what all have in common; -1 where none is."""
    evidence: float
    """How much nearer clips are than the last that they propose, and looks as well: the mean of the
    one's clips and that of its looks, each 0 to 1, together."""


@dataclass
class _Evidence:
    """What is known of one partner while clips propose it."""

    likeness: float = -1.0
    nearer: float = 0.0


_Found = dict[int, dict[int, _Evidence]]
"""By video: what is known of each partner."""


def candidates(
    view: View, video_ids: Sequence[int], background: Background
) -> dict[int, list[Candidate]]:
    """The partners of some videos among all that can be searched, those with most evidence first.

    A clip is the mean of its frames: where no two clips are alike, no frames are.
    """
    above = 1 - background.alike
    found: _Found = {each: {} for each in video_ids}
    for some in batches(view, video_ids):
        _propose(view, some, background, found)
    n_clips = {each: max(1, len(view.rows_of([each]))) for each in video_ids}
    return {
        video_id: _in_order(
            Candidate(video_id, other, e.likeness, e.nearer / n_clips[video_id] / above)
            for other, e in partners.items()
        )
        for video_id, partners in found.items()
    }


def with_looks(
    by_clips: Sequence[Candidate], video_id: int, by_looks: Mapping[int, float]
) -> list[Candidate]:
    """The candidates of a video by both, those with most evidence first.

    Args:
        by_clips: Those that its clips propose.
        video_id: The video.
        by_looks: Those that its looks propose, with their evidence.
    """
    found = {each.other: each for each in by_clips}
    for other, nearer in by_looks.items():
        known = found.get(other, Candidate(video_id, other, -1.0, 0.0))
        found[other] = replace(known, evidence=known.evidence + nearer)
    return _in_order(found.values())


def _in_order(some: Iterable[Candidate]) -> list[Candidate]:
    return sorted(some, key=lambda each: (-each.evidence, -each.likeness, each.other))


def batches(view: View, video_ids: Sequence[int]) -> Iterator[list[int]]:
    """Videos whose clips are searched at once; a long one goes alone."""
    some: list[int] = []
    n_clips = 0
    for video_id in video_ids:
        n = len(view.rows_of([video_id]))
        if n > OWN_CLIPS or n_clips + n > QUERIES:
            if some:
                yield some
            some, n_clips = [], 0
        if n > OWN_CLIPS:
            yield [video_id]
        else:
            some.append(video_id)
            n_clips += n
    if some:
        yield some


def _propose(
    view: View,
    video_ids: Sequence[int],
    background: Background,
    found: _Found,
) -> None:
    """Add to each video the others whose clips are nearest to one of its clips."""
    least = background.above_accident(ALIKE_CLIPS)
    mine = view.rows_of(video_ids)
    askers = view.clips(mine).video_ids
    own = int(np.unique(askers, return_counts=True)[1].max(initial=0))
    allowed: Mask | None = None
    if len(video_ids) == 1 and own > OWN_CLIPS:
        allowed, own = ~view.mask_of(np.asarray(video_ids, np.int64)), 0
    for some in np.array_split(np.arange(len(mine)), max(1, -(-len(mine) // QUERIES))):
        if not len(some):
            continue
        queries = view.vectors(mine[some])
        # One video may hold several of the nearest clips: more are fetched than videos wanted.
        rows, _ = view.top(queries, 2 * PER_CLIP + own, allowed)
        owners = view.clips(rows).video_ids
        scores = background.rest(queries) @ background.rest(view.vectors(rows)).T
        for row, asker in enumerate(askers[some].tolist()):
            nearest = [each for each in _nearest(scores[row], owners, asker) if each[1] > least]
            # Of few that are alike none is usual.
            usual = nearest[-1][1] if len(nearest) == PER_CLIP else least
            for other, score in nearest:
                known = found[asker].setdefault(other, _Evidence())
                known.likeness = max(known.likeness, score)
                known.nearer += score - usual


def _nearest(scores: Floats, owners: NDArray[np.int64], asker: int) -> Iterator[tuple[int, float]]:
    """The `PER_CLIP` other videos with the nearest clips, and how near."""
    seen: set[int] = {asker}
    kept = min(len(scores), 16 * PER_CLIP)
    best = np.argpartition(-scores, kept - 1)[:kept] if kept else np.zeros(0, np.intp)
    for at in best[np.argsort(-scores[best], kind="stable")]:
        other = int(owners[at])
        if other not in seen:
            seen.add(other)
            yield other, float(scores[at])
        if len(seen) > PER_CLIP:
            return
