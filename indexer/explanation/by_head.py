"""Heads as judges: of frames by themselves, or of frames in their order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from data.arrays import Floats
from data.errors import ReelwiseError
from data.labels.kinds import Task
from embeddings.plain.layers import unit
from indexer.explanation.judge import Judge, Unit
from indexer.explanation.stretch import Stretch
from indexer.heads.head import Head
from indexer.heads.inputs.changes import changes_of
from indexer.heads.inputs.examples import Examples
from indexer.heads.models.model import Family

STEP = 0.02
"""By which a number of a unit vector is moved to see the slope of a head."""
VERSIONS_AT_ONCE = 64
"""Versions of a clip that are judged together."""


def judge_of_head(stretch: Stretch, head: Head, label: str | None) -> tuple[Judge, str]:
    """What a head says of a stretch, and the label that it is about; empty for a number.

    Args:
        stretch: What is judged.
        head: The head.
        label: One of its labels; None for what it says of the stretch.

    Raises:
        ReelwiseError: It has no such label, or needs columns that clips do not have.
    """
    if head.needed:
        raise ReelwiseError(
            f"the head {head.name} needs the columns {', '.join(head.needed)}, which clips do not "
            "have",
            fix=f"ask it with rows: reelwise predict {head.name} --rows FILE",
        )
    if head.uses_volumes:
        raise ReelwiseError(
            f"the head {head.name} looks at what moves in small pictures, which the search has "
            "not: it cannot be asked why",
            fix="explain by words, or by a head that was trained with --features clips or frames",
        )
    place = _place(stretch, head, label)
    of_label = "" if head.task is Task.NUMBER else head.classes[place]
    if head.uses_frames or head.recipe.changes:
        return InOrder(stretch, head, place), of_label
    return ByItself(stretch, head, place), of_label


def _place(stretch: Stretch, head: Head, label: str | None) -> int:
    """Which output of the head is meant."""
    if head.task is Task.NUMBER:
        if label is not None:
            raise ReelwiseError(
                f"the head {head.name} gives a number; it has no labels", fix="leave the label out"
            )
        return 0
    if label is None:
        return int(head.outputs(_clips(stretch, head)).mean(axis=0).argmax())
    label = _called(head, label)
    if label not in head.classes:
        raise ReelwiseError(
            f"the head {head.name} has no label {label[:80]!r}",
            fix=f"one of: {', '.join(head.classes[:20])}",
        )
    return head.classes.index(label)


def _called(head: Head, typed: str) -> str:
    """The label that is called so, in English or German where it is a word."""
    for word in head.vocabulary:
        names = (word.tag, *word.also, *word.german)
        if typed.casefold() in {name.casefold() for name in names}:
            return word.tag
    return typed


def _clips(stretch: Stretch, head: Head) -> Examples:
    """The clips as the head is given them when it predicts."""
    frames = [stretch.frames[span.first : span.last] for span in stretch.spans]
    return _examples(head, unit(stretch.clips), frames)


def _examples(head: Head, vectors: Floats, frames: list[Floats]) -> Examples:
    """Clips (m, d) with the frames of each, as far as a head looks at them."""
    changes = None
    if head.recipe.changes:
        changes = np.stack([changes_of(*pair) for pair in zip(vectors, frames, strict=True)])
    return Examples(vectors, tuple(frames) if head.uses_frames else None, changes)


class ByItself:
    """A head of clip vectors: each frame is judged as if it were a clip.

    Args:
        stretch: What is judged.
        head: The head.
        place: Which of its outputs.
    """

    def __init__(self, stretch: Stretch, head: Head, place: int) -> None:
        self._stretch, self._head, self._place = stretch, head, place
        self.unit: Unit = "number" if head.task is Task.NUMBER else "probability"

    def frames(self) -> Floats:
        """See `Judge`, as for what follows."""
        return self._outputs(self._stretch.frames)

    def clips(self) -> Floats:
        """See `Judge`."""
        return self._outputs(unit(self._stretch.clips))

    def means(self) -> Floats:
        """See `Judge`."""
        return self._outputs(self._stretch.means())

    def directions(self, places: list[int]) -> Floats | None:
        """The slope of the log-odds, or of the number."""
        if self._head.model.family is Family.BOOSTING:  # trees go in steps
            return None
        slopes = [slope(self._margins, self._stretch.frames[place]) for place in places]
        if self._head.model.family is Family.ZERO_SHOT:
            # So far from any picture of the word its log-odds are flat: towards the word it is.
            word = self._head.model.arrays["words"][self._place]
            slopes = [each if each.any() else word for each in slopes]
        return np.stack(slopes)

    def instead(self, place: int, rows: Floats) -> Floats:
        """See `Judge`."""
        return self._margins(rows)

    def _outputs(self, rows: Floats) -> Floats:
        return self._head.outputs(Examples(rows))[:, self._place]

    def _margins(self, rows: Floats) -> Floats:
        return self._head.margins(Examples(rows))[:, self._place]


class InOrder:
    """A head of frames in their order, or of how they change.

    A frame counts for what would be missing without it. What a temporal head added to the clip's
    vector is taken to stay.

    Args:
        stretch: What is judged.
        head: The head.
        place: Which of its outputs.
    """

    unit: Unit = "share"

    def __init__(self, stretch: Stretch, head: Head, place: int) -> None:
        self._stretch, self._head, self._place = stretch, head, place

    def frames(self) -> Floats:
        """See `Judge`, as for what follows."""
        total, count = (np.zeros(len(self._stretch.times_s), np.float32) for _ in range(2))
        for clip in range(len(self._stretch.spans)):
            own = self._frames(clip)
            without = [np.delete(own, at, axis=0) for at in range(len(own))] if len(own) > 1 else []
            given = self._margins(clip, [own, *without])
            span = self._stretch.spans[clip]
            total[span.first : span.last] += given[0] - (given[1:] if without else 0)
            count[span.first : span.last] += 1
        return np.asarray(total / np.maximum(count, 1), np.float32)

    def clips(self) -> Floats:
        """See `Judge`."""
        return self._head.outputs(_clips(self._stretch, self._head))[:, self._place]

    def means(self) -> Floats:
        """The same: such a head looks at more than the clip's vector."""
        return self.clips()

    def directions(self, places: list[int]) -> Floats | None:
        """The slope of the log-odds, or of the number, of the frame's clip."""
        if self._head.model.family is Family.BOOSTING:
            return None
        return np.stack(
            [slope(partial(self.instead, place), self._stretch.frames[place]) for place in places]
        )

    def instead(self, place: int, rows: Floats) -> Floats:
        """See `Judge`; in the first clip that the frame is in."""
        at = next(
            i for i, span in enumerate(self._stretch.spans) if span.first <= place < span.last
        )
        own, within = self._frames(at), place - self._stretch.spans[at].first
        margins = []
        for first in range(0, len(rows), VERSIONS_AT_ONCE):
            some = rows[first : first + VERSIONS_AT_ONCE]
            versions = np.repeat(own[None], len(some), axis=0)
            versions[:, within] = some
            margins.append(self._margins(at, list(versions)))
        return np.concatenate(margins)

    def _frames(self, clip: int) -> Floats:
        span = self._stretch.spans[clip]
        return self._stretch.frames[span.first : span.last]

    def _margins(self, clip: int, frames: list[Floats]) -> Floats:
        of_clip = unit(self._stretch.clips[clip])
        added = of_clip - unit(self._frames(clip).mean(axis=0))
        vectors = unit(np.stack([unit(each.mean(axis=0)) + added for each in frames]))
        return self._head.margins(_examples(self._head, vectors, frames))[:, self._place]


def slope(score: Callable[[Floats], Floats], at: Floats) -> Floats:
    """(d,) by how much a score of (n, d) rows rises with each number of a vector (d,)."""
    step = np.eye(len(at), dtype=np.float32) * np.float32(STEP)
    return np.asarray((score(at + step) - score(at - step)) / (2 * STEP), np.float32)
