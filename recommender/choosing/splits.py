"""Protocols: what is known, what is tuned on, and what is to be foretold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.log import EventLog

Protocol = Literal["given", "last-out", "rolling"]
PROTOCOLS: tuple[Protocol, ...] = ("given", "last-out", "rolling")

HELD_OUT = 0.1
"""Part of the known events that settings are chosen on where no validation file is given."""
HELD_OUT_STEPS = 12
"""Most steps of time that settings are chosen on: each costs a fit of every setting."""
_SEED = 4


@dataclass(frozen=True, eq=False)
class Case:
    """One fit and the questions asked of it."""

    train: EventLog
    """What the recommender is fitted on, and each person's history."""
    test: EventLog
    """What really happened next."""
    also_met: EventLog | None = None
    """Events that no recommender sees, on items that are not asked for again."""

    @cached_property
    def masked(self) -> sparse.csr_array:
        """(people, items) bool: what each person has met and is not recommended again."""
        if self.also_met is None:
            return self.train.seen
        return self.train.plus(self.also_met).seen

    @cached_property
    def wanted(self) -> sparse.csr_array:
        """(people, items) bool: liked in the test part and not met before."""
        liked = sparse.csr_array(self.test.liked > 0)
        seen = liked.multiply(self.masked)
        wanted = sparse.csr_array(liked.astype(np.int8) - seen.astype(np.int8))
        wanted.eliminate_zeros()
        return sparse.csr_array(wanted.astype(bool))

    @cached_property
    def users(self) -> NDArray[np.int64]:
        """Those of whom something is to be foretold, in rising order."""
        return np.flatnonzero(np.diff(self.wanted.indptr)).astype(np.int64)

    def of_some(self, most: int) -> Case:
        """The same, asked of at most so many people, always the same ones."""
        if len(self.users) <= most:
            return self
        some = np.random.default_rng(_SEED).choice(self.users, most, replace=False)
        return replace(self, test=self.test.where(np.isin(self.test.user, some)))


def by_time(train: EventLog, test: EventLog) -> bool:
    """Nothing of the test part happened before the end of the train part."""
    if not (train.timed and test.timed):
        return False
    return float(test.at_s.min()) >= float(train.at_s.max())


def split_last(events: EventLog) -> tuple[EventLog, EventLog]:
    """Each person's last liked event, and everything of theirs before it.

    Nothing after that event is kept, and people with a single liked event are kept whole.
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
    """Known events and a part of them to choose settings on.

    Args:
        events: All that may be used.
        by_time: The last part of all events, as the test part lies after the train part; else a
            random part.
        part: How much is held out.
    """
    n_held = max(int(part * len(events)), 1)
    if by_time and events.timed:
        cut = float(np.partition(events.at_s, len(events) - n_held)[len(events) - n_held])
        held = events.at_s >= cut
    else:
        held = np.zeros(len(events), bool)
        held[np.random.default_rng(_SEED).permutation(len(events))[:n_held]] = True
    return Case(events.where(~held), events.where(held))


def last_steps(past: EventLog, step_s: float) -> list[Case]:
    """Steps of time at the end of what is known, to choose settings on as they will be used.

    Steps hold the last fifth of the events, so that people who have just come are among them; where
    those are more than `HELD_OUT_STEPS`, steps are longer: a thin log has no question to spare.
    """
    case = hold_out(past, by_time=True, part=2.0 * HELD_OUT)
    span_s = float(np.ptp(case.test.at_s))
    together = max(math.ceil((span_s / step_s + 1e-9) / HELD_OUT_STEPS), 1)
    steps = [one for one in roll(case.train, case.test, together * step_s) if len(one.users)]
    return steps or [case]


def roll(known: EventLog, test: EventLog, step_s: float) -> Iterator[Case]:
    """Cut the test part into steps of time; each is asked of a fit on everything before it.

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
