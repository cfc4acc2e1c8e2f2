"""What many people did with many videos, as columns: what recommenders are fitted and judged on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.confidence import LIKE
from recommender.events.histories import Histories
from recommender.events.log import EventLog, Pairs
from recommender.events.videos import VideoTable


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events of people on items, numbered by vocabularies that several of them may share.

    Rows are in the order of the file: between events without times, or of the same second, the
    later row counts as the later event.
    """

    people: NDArray[np.object_]
    """(n_people,) names; the position is the number."""
    items: NDArray[np.object_]
    """(n_items,) names, in an order that tells nothing; the position is the number."""
    person: NDArray[np.int64]
    """(e,) number of the person."""
    item: NDArray[np.int64]
    """(e,) number of the item."""
    at_s: NDArray[np.float64]
    """(e,) Unix seconds; NaN where unknown."""
    confidence: NDArray[np.float64]
    """(e,) of a view, 0 to 1; 0 for likes and dislikes without watched seconds."""
    verdict: NDArray[np.int64]
    """(e,) 1 like, -1 dislike, 0 neither."""

    def __len__(self) -> int:
        return len(self.person)

    @property
    def n_people(self) -> int:
        """Size of the vocabulary of people; some may have no event here."""
        return len(self.people)

    @property
    def n_items(self) -> int:
        """Size of the vocabulary of items: the candidates."""
        return len(self.items)

    @cached_property
    def timed(self) -> bool:
        """Every event has a time."""
        return bool(len(self)) and not bool(np.isnan(self.at_s).any())

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """(e,) how much each event speaks for liking the item; 0 for dislikes and glances."""
        said = self.confidence + LIKE * (self.verdict > 0)
        return np.asarray(np.where(self.verdict < 0, 0.0, said))

    @property
    def disliked(self) -> NDArray[np.bool_]:
        """(e,) the event is a dislike."""
        return np.asarray(self.verdict < 0)

    @cached_property
    def log(self) -> EventLog:
        """The same events as the recommender keeps them; untimed ones all happened at once."""
        people = {str(name): number for number, name in enumerate(self.people)}
        at_s = self.at_s if self.timed else np.zeros(len(self))
        columns = (self.person, self.item, at_s, self.confidence, self.verdict)
        return EventLog(people, self.n_items, *columns)

    @property
    def pairs(self) -> Pairs:
        """What the events add up to, one row per person and item that have met."""
        return self.log.pairs

    @property
    def matrix(self) -> sparse.csr_array:
        """(people, items) float64 confidence at most 1; dislikes and glances are not in it."""
        return self.log.liked

    @property
    def histories(self) -> Histories:
        """What everybody liked, in order; untimed events in the order of their rows."""
        return self.log.histories

    @cached_property
    def met(self) -> sparse.csr_array:
        """(people, items) bool, every pair with any event: none of them is recommended again."""
        pairs = self.pairs
        cells = (np.ones(len(pairs), bool), (pairs.person, pairs.row))
        return sparse.csr_array(cells, shape=(self.n_people, self.n_items))

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(e,) event numbers by person, each person's in order of time."""
        at_s = self.at_s if self.timed else np.zeros(len(self))
        return np.lexsort((np.arange(len(self)), at_s, self.person))

    def where(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Interactions:
        """Some of the events; the vocabularies stay."""
        return replace(
            self,
            person=self.person[which],
            item=self.item[which],
            at_s=self.at_s[which],
            confidence=self.confidence[which],
            verdict=self.verdict[which],
        )

    def plus(self, other: Interactions) -> Interactions:
        """These events and then those of another one with the same vocabularies.

        Raises:
            ValueError: The vocabularies differ in size.
        """
        if (self.n_people, self.n_items) != (other.n_people, other.n_items):
            raise ValueError("interactions must share their vocabularies to be added")
        return replace(
            self,
            person=np.concatenate([self.person, other.person]),
            item=np.concatenate([self.item, other.item]),
            at_s=np.concatenate([self.at_s, other.at_s]),
            confidence=np.concatenate([self.confidence, other.confidence]),
            verdict=np.concatenate([self.verdict, other.verdict]),
        )


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """One content vector per item, in the order of a vocabulary of items."""

    matrix: NDArray[np.float32]
    """(n_items, d) float32; zero rows where no vector is known."""

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(n_items,) items that have a vector."""
        return np.asarray(np.any(self.matrix != 0.0, axis=1))

    @cached_property
    def table(self) -> VideoTable:
        """The items as videos of a recommender; ids are the numbers of the vocabulary."""
        return VideoTable(np.arange(len(self.matrix), dtype=np.int64), self.matrix)

    @property
    def centred(self) -> NDArray[np.float32]:
        """(n_items, d) unit rows without the direction that all share; unknown rows are zero."""
        return self.table.centred


def no_vectors(n_items: int) -> ItemVectors:
    """Items of which only the events are known."""
    return ItemVectors(np.zeros((n_items, 1), np.float32))
