"""One set of labels while somebody works on it: what to label next, learned in the background."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from data.annotations.annotations import Annotations, holding
from data.annotations.records import Annotation, LabelSet
from data.arrays import Floats, Mask
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.learnable import LEAST_ROWS
from data.review.withheld import Withholding
from indexer.annotation.curve import Point, learning_curve
from indexer.annotation.errors import Doubt, doubts
from indexer.annotation.learning import QuickHead, learn, lesson_of
from indexer.annotation.pool import Labelled, Pool
from indexer.annotation.proposing import choose, margin_unsure, spread_unsure
from indexer.heads.inputs.examples import Examples
from indexer.heads.stored import head_names, load_head

FIRST_DIFFERENT = 20
"""Before so many labels only what differs is proposed: a head of fewer is unsure of anything."""
LEAST_GUESSING = 10
"""Of fewer labels nothing is guessed: its probabilities could not be calibrated."""
GUESSES = 3
"""Labels that are guessed of a proposal at most."""
Why = Literal["unsure", "different"]


class TooFewLabels(ReelwiseError):
    """A set has not enough labels to be judged."""


@dataclass(frozen=True)
class Proposal:
    """A stretch to label next."""

    video_id: int
    """The video."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """Its end, not included."""
    why: Why
    """unsure: the head cannot tell; different: it differs from what is labelled."""
    unsure: float
    """How unsure the head is, 0 to 1; 1 where none was asked."""
    guesses: tuple[tuple[str, float], ...] = ()
    """Labels with their probabilities, the likeliest first; none where there is no head."""
    number: float | None = None
    """In a set of numbers, what the head would say; None where there is none."""
    spread: float | None = None
    """By how much the models of its committee differ, a standard deviation; None without one."""


@dataclass(frozen=True)
class Proposed:
    """What to label next."""

    items: list[Proposal]
    """Stretches, the most useful first."""
    asked: str
    """What was asked: `labels` (a head on the labels of the set), `head` (the stored head of its
    name), or empty."""
    notice: str = ""
    """Why the stored head of its name was not asked."""
    of_labels: int = 0
    """Labels that the head has learned from."""


@dataclass(frozen=True)
class _Guess:
    """What a head says of the pool."""

    asked: str
    chances: Floats | None = None
    classes: tuple[str, ...] = ()
    unsure: Floats | None = None
    numbers: Floats | None = None
    spread: Floats | None = None
    notice: str = ""
    of_labels: int = 0


@dataclass
class _State:
    """What was learned of one state of the labels."""

    key: tuple[int, ...]
    head: QuickHead | None
    guess: _Guess = field(default_factory=lambda: _Guess(""))


class Annotator:
    """Proposes, judges and doubts for one set. Threads may share it.

    Args:
        catalogue: The library.
        name: The set.
        pool: The clips of the library.
    """

    def __init__(self, catalogue: Catalogue, name: str, pool: Pool) -> None:
        self._catalogue = catalogue
        self._annotations = Annotations(catalogue)
        self._withholding = Withholding(catalogue)
        self._name = name
        self._pool = pool
        self._labelled = Labelled(catalogue, pool)
        self._learning = threading.Lock()
        self._looking_up = threading.Lock()
        self._state: _State | None = None
        self._refitting: threading.Thread | None = None

    def propose(self, n: int, *, waits: bool = True) -> Proposed:
        """What to label next.

        Args:
            n: How many stretches.
            waits: Learn from the newest labels first; else what was learned last is asked, and
                the newest are learned from meanwhile.

        Raises:
            ReelwiseError: There is no such set.
        """
        known, current = self._now()
        state = self._learned(known, current) if waits else self._learned_last(known, current)
        guess, pool = state.guess, self._pool
        taken = pool.taken([row.stretch for row in current]) | self._withheld()
        labelled = [row for row in current if row.kind == "label"]
        found = self._examples(labelled)
        vectors = None if found is None else found[1].vectors
        is_early = guess.asked == "labels" and len(labelled) < FIRST_DIFFERENT
        unsure = None if is_early else guess.unsure
        chosen = choose(pool, n=n, taken=taken, labelled=vectors, unsure=unsure)
        why: Why = "different" if unsure is None else "unsure"
        items = [
            Proposal(*pool.stretch(at), why, float(value), *_guessed(guess, at))
            for at, value in zip(chosen.places.tolist(), chosen.unsure, strict=True)
        ]
        return Proposed(items, guess.asked, guess.notice, guess.of_labels)

    def _withheld(self) -> Mask:
        """(n,) clips of the pool that moderation does not show now: they are not proposed."""
        return np.isin(self._pool.clip_ids, self._withholding.now(self._pool.encoder_id).clips)

    def head(self) -> QuickHead | None:
        """What the labels of the set teach now; None where nothing can be told apart yet.

        Raises:
            ReelwiseError: There is no such set.
        """
        return self._learned(*self._now()).head

    def curve(self) -> list[Point]:
        """Held-out F1, or the error of numbers, by number of labels.

        Raises:
            TooFewLabels: Nothing can be judged yet.
        """
        return learning_curve(self.judged_head())

    def doubts(self) -> list[Doubt]:
        """Labels that are likely wrong, the likeliest first.

        Raises:
            TooFewLabels: Nothing can be judged yet.
        """
        return doubts(self.judged_head())

    def judged_head(self) -> QuickHead:
        """What the labels teach, with what it says of videos that it was not fitted on.

        Raises:
            TooFewLabels: They teach nothing, or all are of one video.
        """
        head = self.head()
        if head is not None and head.judged is not None:
            return head
        known, current = self._now()
        labelled = [row for row in current if row.kind == "label"]
        kinds = {label for row in labelled for label in row.labels}
        if len(labelled) < LEAST_ROWS:
            why = f"it has {len(labelled)} labelled stretches; at least {LEAST_ROWS} are needed"
        elif len(kinds) < 2:
            why = f"every labelled stretch is {next(iter(kinds))!r}: there is nothing to tell apart"
        elif head is None:
            why = "its labels are of stretches that are not indexed, or tell nothing apart"
        else:
            why = "all its labels are of one video: nothing tells how it does on another"
        raise TooFewLabels(
            f"the set {known.name} cannot be judged yet: {why}",
            fix=f"label more: reelwise annotate {known.name}",
        )

    def close(self) -> None:
        """Wait for what is learned in the background."""
        thread = self._refitting
        if thread is not None:
            thread.join()

    def _now(self) -> tuple[LabelSet, list[Annotation]]:
        return self._annotations.get(self._name), holding(self._annotations.rows(self._name))

    def _learned_last(self, known: LabelSet, current: Sequence[Annotation]) -> _State:
        """What was learned last; the newest labels are learned from in a thread."""
        state = self._state
        if state is None:
            return self._learned(known, current)
        busy = self._refitting is not None and self._refitting.is_alive()
        if state.key != _key(current) and not busy:
            self._refitting = threading.Thread(
                target=self._learned, args=(known, list(current)), name="annotate refit"
            )
            self._refitting.start()
        return state

    def _learned(self, known: LabelSet, current: Sequence[Annotation]) -> _State:
        with self._learning:
            state, key = self._state, _key(current)
            if state is not None and state.key == key:
                return state
            labelled = [row for row in current if row.kind == "label"]
            head = self._fitted(known.task, labelled)
            state = _State(key, head, self._guess(known.task, head))
            self._state = state
            return state

    def _fitted(self, task: Task, labelled: Sequence[Annotation]) -> QuickHead | None:
        found = self._examples(labelled)
        return None if found is None else learn(lesson_of(task, *found))

    def _examples(self, labelled: Sequence[Annotation]) -> tuple[list[Annotation], Examples] | None:
        """The labelled stretches that are indexed, with their vectors; None where none is."""
        if not labelled:
            return None
        # Not the lock of learning: who asks what is next does not wait for that.
        with self._looking_up:
            try:
                return self._labelled.examples(labelled)
            except ReelwiseError:
                return None

    def _guess(self, task: Task, head: QuickHead | None) -> _Guess:
        examples = self._pool.examples
        if head is not None:
            return _guess_of(head, examples)
        if self._name not in head_names(self._catalogue.home):
            return _Guess("")
        try:
            stored = load_head(self._catalogue.home, self._name)
            stored.require_encoder(self._pool.encoder_id)
        except ReelwiseError as error:
            return _Guess("", notice=f"{error.problem}: it is not asked")
        lacks = stored.recipe.changes and examples.changes is None
        lacks = lacks or stored.uses_frames or stored.uses_volumes
        if stored.task is not task or stored.needed or lacks:
            return _Guess("", notice=f"the head {self._name} cannot be asked of clips like these")
        outputs = stored.outputs(examples)
        if task is Task.NUMBER:
            return _Guess("head", numbers=outputs[:, 0])
        return _Guess("head", outputs, stored.classes, margin_unsure(task, outputs))


def _key(current: Sequence[Annotation]) -> tuple[int, ...]:
    return tuple(row.id for row in current if row.kind == "label")


def _guess_of(head: QuickHead, examples: Examples) -> _Guess:
    """What a quick head says of the pool, and where it is unsure."""
    n, answers = len(head.lesson), head.lesson.answers
    if answers.task is Task.NUMBER:
        numbers, spread = head.numbers(examples)
        unsure = spread_unsure(spread, float(answers.y.std()))
        return _Guess("labels", unsure=unsure, numbers=numbers, spread=spread, of_labels=n)
    chances = head.chances(examples)
    unsure = margin_unsure(answers.task, chances)
    return _Guess("labels", chances, head.classes, unsure, of_labels=n)


def _guessed(
    guess: _Guess, place: int
) -> tuple[tuple[tuple[str, float], ...], float | None, float | None]:
    """Labels with their probabilities, or a number and how far the committee differs."""
    if guess.asked == "labels" and guess.of_labels < LEAST_GUESSING:
        return (), None, None
    if guess.chances is None:
        number = None if guess.numbers is None else float(guess.numbers[place])
        spread = None if guess.spread is None else float(guess.spread[place])
        return (), number, spread
    row = guess.chances[place]
    order = (-row).argsort(kind="stable")[:GUESSES].tolist()
    return tuple((guess.classes[at], float(row[at])) for at in order), None, None
