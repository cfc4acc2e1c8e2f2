"""Putting videos on shelves, so that none is on the page twice, nor two copies of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.answer.items import Because, Item
from recommender.answer.page import RULES, Candidates, PageRules, Place, make_page
from recommender.events.videos import VideoTable

MakeItem = Callable[[int, Place], Item]
"""From rank and place to the item."""


class Placing:
    """The videos that are still to be had.

    Args:
        videos: Of the library.
        allowed: (n,) those that may be shown, besides what the person has seen.
        most: Videos of one shelf.
        least: Fewer are no shelf.
    """

    def __init__(
        self, videos: VideoTable, allowed: NDArray[np.bool_], *, most: int, least: int
    ) -> None:
        self._videos = videos
        self._left = allowed.copy()
        self._shown: set[int] = set()
        self.most = most
        self._least = least

    def best(
        self, found: Candidates, make: MakeItem, rules: PageRules = RULES, most: int = 0
    ) -> list[Item]:
        """The best candidates, diverse; none at all where they are too few for a shelf.

        `most` of them, where that is more than a shelf has.
        """
        most = max(self.most, most)
        places = make_page(found.within(self._left), self._videos, most, rules)
        if len(places) < self._least:
            return []
        for place in places:
            self.take(place.row)
        return [make(rank, place) for rank, place in enumerate(places, 1)]

    def seen(self, rows: Iterable[int], source: str) -> list[Item]:
        """Videos that the person knows, in this order; copies of what is shown are left out."""
        items: list[Item] = []
        for row in rows:
            if row not in self._shown and len(items) < self.most:
                self.take(row)
                items.append(self.item(len(items) + 1, Place(row, 1.0, False, 1.0), source))
        return items

    @property
    def left(self) -> NDArray[np.bool_]:
        """(n,) what may be placed still."""
        return self._left

    def item(self, rank: int, place: Place, source: str, because: Because | None = None) -> Item:
        """The item of a place, for a reason that its shelf knows."""
        videos, row = self._videos, place.row
        path, title = videos.path(row), videos.title(row)
        return Item(rank, int(videos.ids[row]), path, title, place.score, source, because)

    def cause(self, row: int) -> Because:
        """A video as the reason of a shelf."""
        return Because(int(self._videos.ids[row]), self._videos.title(row))

    def take(self, row: int) -> None:
        """Let no other shelf hold a video, its copies or parts."""
        gone = [row, *self._videos.covering.get(row, ())]
        self._left[gone] = False
        self._shown.update(map(int, gone))
