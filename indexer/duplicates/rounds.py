"""With how many of its candidates a video is compared: a few at a time, while some are right.

Candidates come with the most evidence first. A video of which none of a round shares anything has
most likely no further copies; one with many copies goes on, up to a limit. So the cost of a video
does not grow with the library.

The rule of what is told: a video is named where the last that were compared with it still shared
something and the limit left others out. Where nothing was shared any more, those behind, which have
less evidence, are no loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from indexer.copies.stored import Pair
from indexer.duplicates.candidates import Candidate

AT_ONCE = 2
"""Candidates of a video in one round. With 4, a seventh more pairs are judged for .3 % more recall
where videos have many copies, up to twice as many where they have none (docs/duplicates.md)."""
MOST = 64
"""Candidates that are compared with a video at all."""

Ids = tuple[int, int]
"""Of two videos, the lower first."""
Judge = Callable[[Sequence[Ids]], Iterable[tuple[Ids, Pair | None]]]
"""Judges pairs, in any order; those that cannot be read it leaves out."""


@dataclass(frozen=True)
class Rounds:
    """The outcome."""

    pairs: tuple[Pair, ...]
    """What shares something."""
    unfinished: int
    """Videos of which candidates were left out by the limit while they still shared something."""


def compare_in_rounds(wanted: Mapping[int, Sequence[Candidate]], judge: Judge) -> Rounds:
    """Compare each video with its candidates, as many as it takes; no pair is judged twice."""
    waiting = {video: [_ids(each) for each in some[:MOST]] for video, some in wanted.items()}
    more = {video for video, some in wanted.items() if len(some) > MOST}
    unfinished: set[int] = set()
    judged: dict[Ids, Pair | None] = {}
    while waiting:
        now = {video: some[:AT_ONCE] for video, some in waiting.items()}
        new = {ids for some in now.values() for ids in some} - judged.keys()
        judged |= judge(sorted(new))
        going = {
            video: waiting[video][AT_ONCE:]
            for video, some in now.items()
            if any(judged.get(ids) is not None for ids in some)
        }
        waiting = {video: some for video, some in going.items() if some}
        unfinished |= more & (going.keys() - waiting.keys())
    return Rounds(tuple(pair for pair in judged.values() if pair is not None), len(unfinished))


def _ids(each: Candidate) -> Ids:
    return min(each.one, each.other), max(each.one, each.other)


def told_unfinished(n_videos: int) -> str:
    """What a person is told of videos that may share something with others besides."""
    return (
        f"{n_videos:,} video{'s' if n_videos != 1 else ''}: more look alike than were compared; "
        f"the likeliest {MOST} were, and the last of them still shared something"
    )
