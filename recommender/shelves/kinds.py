"""One shelf of each kind, from what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from recommender.answer.items import Item
from recommender.answer.page import RULES, Candidates, PageRules, Place
from recommender.answer.scoring import Scored
from recommender.shelves.done import Done
from recommender.shelves.picks import Picks, personal
from recommender.shelves.placing import Placing
from recommender.shelves.shelf import Shelf, ShelfKind, Verb
from recommender.sources.registry import CONTENT, EASE, POPULARITY

MIX_VIDEOS = 12
"""Of the mix for a newcomer."""
BEGUN_DAYS = 60
"""What was begun longer ago is not gone on with."""
UNLIKE_RULES = replace(RULES, diversity=0.6)
"""What is like nothing else should not all be the same."""
_DAY_S = 86_400.0

Maker = Callable[[], Shelf | None]
"""Makes a shelf, or None where nothing can be said under its heading."""


class Kinds:
    """Makes shelves of one page, each of what those before have left.

    Args:
        picks: The candidates.
        placing: What is left.
        done: By row, what the person has done.
    """

    def __init__(self, picks: Picks, placing: Placing, done: Mapping[int, Done]) -> None:
        self._picks = picks
        self._placing = placing
        self._done = done
        self._videos = picks.recommender.videos
        self._scored: Scored | None = None

    @property
    def _whole(self) -> Scored:
        if self._scored is None:
            self._scored = self._picks.whole()
        return self._scored

    def begun(self) -> Shelf | None:
        """What was watched in part, the latest first."""
        since_s = self._picks.now_s - BEGUN_DAYS * _DAY_S
        begun = [row for row, done in self._done.items() if done.is_begun and done.at_s >= since_s]
        latest = sorted(begun, key=lambda row: -self._done[row].at_s)
        items = self._placing.seen(latest, "begun")
        rows = self._videos.row_of
        shares = {one.video_id: self._done[rows[one.video_id]].times for one in items}
        return Shelf("begun", items, seen_shares=shares) if items else None

    def because(self, row: int) -> Shelf | None:
        """What is alike a video of the history, or was watched with it."""
        return self._near("because", row, self._done[row].verb)

    def beside(self, video_id: int) -> Shelf | None:
        """The same of a video that was chosen; None for one that is not known."""
        row = self._videos.row_of.get(video_id)
        if row is None:
            return None
        self._placing.take(row)
        return self._near("beside", row, None)

    def _near(self, kind: ShelfKind, row: int, verb: Verb | None) -> Shelf | None:
        found, alike = self._picks.near(row)
        is_alike = dict(zip(found.rows.tolist(), alike.tolist(), strict=True))
        cause = self._placing.cause(row)

        def item(rank: int, place: Place) -> Item:
            source = CONTENT if is_alike[place.row] else EASE
            return self._placing.item(rank, place, source, cause)

        items = self._placing.best(found, item)
        return Shelf(kind, items, cause, verb) if items else None

    def causes(self) -> Iterator[Maker]:
        """Shelves of single videos: the latest liked first, then those watched, by the verb."""
        order = {"liked": 0, "rewatched": 1, "finished": 1, "watched": 2}
        known = [row for row, done in self._done.items() if done.verb is not None]
        known.sort(
            key=lambda row: (order[self._done[row].verb or "watched"], -self._done[row].at_s)
        )
        for row in known:
            yield partial(self.because, row)

    def week(self) -> Shelf | None:
        """What goes with what was watched in the last seven days."""
        scored = self._picks.of_week()
        return None if scored is None else self._shelf("week", personal(scored), scored)

    def new(self) -> Shelf | None:
        """What came in the last seven days, the best for this person first."""
        added = self._picks.added_in_week()
        return self._shelf("new", self._whole.candidates().within(added), self._whole)

    def unlike(self) -> Shelf | None:
        """What is like nothing that the person watches."""
        found = self._picks.unlike(self._whole)
        made = self._shelf("unlike", found, self._whole, UNLIKE_RULES)
        return made and replace(made, items=[_without_likeness(each) for each in made.items])

    def favourites(self) -> Shelf | None:
        """What others here like most."""
        found = self._picks.favourites(self._whole)
        items = self._placing.best(
            found, lambda rank, place: self._placing.item(rank, place, POPULARITY)
        )
        return Shelf("favourites", items) if items else None

    def mix(self) -> Shelf | None:
        """The best of the blend."""
        return self._shelf("mix", self._whole.candidates(), self._whole)

    def long_mix(self) -> Shelf | None:
        """The same for a newcomer, of whom little else can be said."""
        items = self._placing.best(self._whole.candidates(), self._whole.item, most=MIX_VIDEOS)
        return Shelf("mix", items) if items else None

    def again(self) -> Shelf | None:
        """The person's own favourites: liked first, then those watched most often."""
        known = {
            row: done for row, done in self._done.items() if done.verb not in (None, "watched")
        }
        best = sorted(known, key=lambda row: (known[row].verb != "liked", -known[row].times))
        items = self._placing.seen(best, "again")
        return Shelf("again", items) if items else None

    def folders(self) -> Iterator[Maker]:
        """Shelves of single folders, the fullest first, where there are several."""
        numbers = self._videos.folders
        if len(self._videos.folder_sizes) < 2:
            return
        left = np.bincount(numbers[self._placing.left & (numbers >= 0)])
        for number in np.argsort(-left, kind="stable"):
            yield partial(self.folder, self._name(int(np.argmax(numbers == number))))

    def folder(self, name: str) -> Shelf | None:
        """What lies in folders of this name."""
        rows = range(len(self._videos))
        inside = np.array([bool(name) and self._name(row) == name for row in rows], bool)
        made = self._shelf("folder", self._whole.candidates().within(inside), self._whole)
        return None if made is None else replace(made, folder=name)

    def _name(self, row: int) -> str:
        path = self._videos.path(row)
        return "" if path is None else path.parent.name

    def named(self, key: str) -> Shelf | None:
        """The shelf with this `Shelf.key`; None where there is none now."""
        kind, _, of = key.partition("-")
        if kind == "folder":
            return self.folder(of)
        if kind == "because" and of.isdecimal():
            row = self._videos.row_of.get(int(of), -1)
            return self.because(row) if row in self._done else None
        makers = (self.begun, self.week, self.new, self.unlike, self.favourites, self.mix)
        named: dict[str, Maker] = {make.__name__: make for make in (*makers, self.again)}
        return named[key]() if key in named else None

    def _shelf(
        self, kind: ShelfKind, found: Candidates, scored: Scored, rules: PageRules = RULES
    ) -> Shelf | None:
        items = self._placing.best(found, scored.item, rules)
        return Shelf(kind, items) if items else None


def _without_likeness(item: Item) -> Item:
    """The item, whose nearest video is no reason to show it where it is shown as something else."""
    return replace(item, because=None) if item.source == CONTENT else item
