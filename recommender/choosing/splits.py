"""Evaluation protocols: which events are known, which choose settings, which are predicted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.log import EventLog

Protocol = Literal["given", "last-out", "rolling"]
PROTOCOLS: tuple[Protocol, ...] = ("given", "last-out", "rolling")

HELD_OUT = 0.1
"""Share of the known events that settings are chosen on where no validation file is given."""
HELD_OUT_STEPS = 12
"""Maximum number of time steps that settings are chosen on: each costs a fit of every setting."""
_SEED = 4


@dataclass(frozen=True, eq=False)
class Case:
    """One fit and its questions: what each person likes next."""

    train: EventLog
    """The events to fit on, which are also each person's history."""
    test: EventLog
    """The events that followed."""
    also_seen: EventLog | None = None
    """Events that no recommender is fitted on; their items are not to be predicted either."""

    @cached_property
    def masked(self) -> sparse.csr_array:
        """(people, items) bool: seen items, which are not recommended again."""
        if self.also_seen is None:
            return self.train.seen
        return self.train.plus(self.also_seen).seen

    @cached_property
    def wanted(self) -> sparse.csr_array:
        """(people, items) bool: liked in the test part and not seen before."""
        liked = sparse.csr_array(self.test.liked > 0)
        seen = liked.multiply(self.masked)
        wanted = sparse.csr_array(liked.astype(np.int8) - seen.astype(np.int8))
        wanted.eliminate_zeros()
        return sparse.csr_array(wanted.astype(bool))

    @cached_property
    def users(self) -> NDArray[np.int64]:
        """Numbers of the people with something to predict, in rising order."""
        return np.flatnonzero(np.diff(self.wanted.indptr)).astype(np.int64)

    def of_some(self, most: int) -> Self:
        """The same with questions of at most `most` people, always the same ones."""
        if len(self.users) <= most:
            return self
        some = np.random.default_rng(_SEED).choice(self.users, most, replace=False)
        return replace(self, test=self.test.where(np.isin(self.test.user, some)))


def by_time(train: EventLog, test: EventLog) -> bool:
    """No event of the test part is earlier than the last one of the train part."""
    if not (train.timed and test.timed):
        return False
    return float(test.at_s.min()) >= float(train.at_s.max())


def split_last(events: EventLog) -> tuple[EventLog, EventLog]:
    """The events before each person's last liked one, and those last liked ones.

    Events after it are dropped; people with a single liked event keep all of theirs.
    """
    order = np.lexsort((events.at_s, events.user))
    person, likes = events.user[order], events.weight[order] > 0
    # Position of each person's last liked event in that order; -1 without one.
    last = np.full(events.n_users, -1)
    last[person[likes]] = np.flatnonzero(likes)
    several = np.bincount(person[likes], minlength=events.n_users) >= 2
    last[~several] = len(order)
    place = np.arange(len(order))
    tested = np.zeros(len(order), bool)
    tested[place[place == last[person]]] = True
    before = place < last[person]
    return events.where(np.sort(order[before])), events.where(np.sort(order[tested]))


def hold_out(events: EventLog, *, by_time: bool, part: float = HELD_OUT) -> Case:
    """Known events and a part of them, the last or a random one, to choose settings on."""
    n_held = max(int(part * len(events)), 1)
    if by_time and events.timed:
        cut = float(np.partition(events.at_s, len(events) - n_held)[len(events) - n_held])
        held = events.at_s >= cut
    else:
        held = np.zeros(len(events), bool)
        held[np.random.default_rng(_SEED).permutation(len(events))[:n_held]] = True
    return Case(events.where(~held), events.where(held))


def last_steps(past: EventLog, step_s: float) -> list[Case]:
    """Time steps at the end of the known events, to choose settings on.

    They hold the last fifth of the events, so that new people are among them; where that gives more
    than `HELD_OUT_STEPS` steps, the steps are longer.
    """
    case = hold_out(past, by_time=True, part=2.0 * HELD_OUT)
    span_s = float(np.ptp(case.test.at_s))
    together = max(math.ceil((span_s / step_s + 1e-9) / HELD_OUT_STEPS), 1)
    steps = [one for one in roll(case.train, case.test, together * step_s) if len(one.users)]
    return steps or [case]


def roll(known: EventLog, test: EventLog, step_s: float) -> Iterator[Case]:
    """Cut the test part into time steps; each is predicted from all events before it.

    Raises:
        ValueError: Some event has no time.
    """
    if not (known.timed and test.timed):
        raise ValueError("rolling needs the time of every event")
    everything = known.plus(test)
    first_s = float(test.at_s.min())
    step = np.floor((test.at_s - first_s) / step_s).astype(np.int64)
    for number in np.unique(step):
        start_s = first_s + number * step_s
        yield Case(everything.where(everything.at_s < start_s), test.where(step == number))
