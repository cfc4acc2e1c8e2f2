"""The page of shelves: which ones there are, and in which order.

The rules: a heading is true of all videos below it; no video is on the page twice, nor two copies
of one; what was seen, hidden or turned down is on no shelf but "go on watching" and "watch again".
A shelf has at least three videos, and there are three to six shelves, as far as that many headings
are true. A library with fewer than nine videos to offer is not divided: one shelf holds them all.
"Go on watching" may be shorter: one begun film is worth it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice

from data.history import Event
from recommender.answer.items import UserRequest
from recommender.answer.recommender import Recommender
from recommender.shelves.done import what_was_done
from recommender.shelves.kinds import Kinds, Maker
from recommender.shelves.picks import Picks
from recommender.shelves.placing import Placing
from recommender.shelves.shelf import Shelf, ShelfPage

LEAST_VIDEOS = 3
"""Of a shelf."""
MOST_VIDEOS = 6
"""Of a shelf among others: one row of a wide screen. Alone it shows more."""
MOST_ALONE = 60
"""Of a shelf that is the whole page."""
LEAST_SHELVES, MOST_SHELVES = 3, 6
UNDIVIDED = LEAST_VIDEOS * LEAST_SHELVES
"""A library with fewer videos to offer has one shelf of them."""
_TRIED = 4
"""Videos of the history that are tried as the reason of a shelf."""


@dataclass(frozen=True)
class Wanted:
    """Which shelves are wanted."""

    exclude: Collection[int] = ()
    """Ids of videos not to show."""
    only: str = ""
    """`Shelf.key` of the one shelf of the page, which is longer then; empty for all."""
    beside: int | None = None
    """Id of a video: one shelf of what is near it."""

    @property
    def is_one(self) -> bool:
        """The page is one shelf."""
        return bool(self.only) or self.beside is not None


def make_shelves(
    recommender: Recommender,
    user: str,
    events: Sequence[Event],
    wanted: Wanted | None = None,
    *,
    now: datetime | None = None,
) -> ShelfPage:
    """The shelves for one person.

    Args:
        recommender: Of the library.
        user: The person; an unknown one gets what is popular, new or in one folder.
        events: The person's own, in order of time; of a long history the latest are enough.
        wanted: Which shelves; None is all.
        now: The time of the page; None is now.
    """
    started = time.perf_counter()
    wanted = wanted or Wanted()
    request = recommender.request(recommender.live, user, wanted.exclude)
    n_open = int(request.allowed.sum())
    kinds = _kinds(recommender, request, events, wanted, now or datetime.now(UTC))
    shelves = list(_shelves(kinds, request, wanted))
    took_ms = (time.perf_counter() - started) * 1000.0
    return ShelfPage(user, shelves, not len(request.taste.seen), not n_open, took_ms)


def _kinds(
    recommender: Recommender,
    request: UserRequest,
    events: Sequence[Event],
    wanted: Wanted,
    now: datetime,
) -> Kinds:
    videos, n_open = recommender.videos, int(request.allowed.sum())
    most, least = MOST_ALONE, 1
    if not wanted.is_one:
        # Each of five shelves gets its part, so that the first one does not take all.
        most = min(max(n_open // 5, LEAST_VIDEOS), MOST_VIDEOS)
        if n_open < UNDIVIDED:
            most = UNDIVIDED
        else:
            least = LEAST_VIDEOS
    picks = Picks(recommender, recommender.live, request, now.timestamp(), most * MOST_SHELVES)
    excluded = {videos.row_of.get(one, -1) for one in wanted.exclude}
    done = what_was_done(events, videos)
    known = {row: one for row, one in done.items() if row not in excluded}
    return Kinds(picks, Placing(videos, request.allowed, most=most, least=least), known)


def _shelves(kinds: Kinds, request: UserRequest, wanted: Wanted) -> Iterator[Shelf]:
    if wanted.beside is not None:
        return _made([partial(kinds.beside, wanted.beside)])
    if wanted.only:
        return _made([partial(kinds.named, wanted.only)])
    n_open = int(request.allowed.sum())
    if n_open < UNDIVIDED:
        return _made([kinds.begun, kinds.mix if n_open else kinds.again])
    if not len(request.taste.seen):
        first = [kinds.long_mix, kinds.new, kinds.favourites]
        return _filled(first, kinds.folders(), LEAST_SHELVES)
    causes = islice(kinds.causes(), _TRIED)
    main = [kinds.begun, lambda: next(_made(causes), None), kinds.week]
    main += [kinds.new, kinds.unlike, kinds.favourites]
    others = chain([kinds.mix], causes, kinds.folders())
    return _filled(main, others, LEAST_SHELVES + 1)


def _made(makers: Iterable[Maker]) -> Iterator[Shelf]:
    """The shelves that can be made, each when it is asked for."""
    return (shelf for make in makers if (shelf := make()) is not None)


def _filled(main: Iterable[Maker], others: Iterable[Maker], enough: int) -> Iterator[Shelf]:
    """The main shelves, and others where these are fewer than enough."""
    found = list(_made(main))
    yield from found
    yield from islice(_made(others), max(enough - len(found), 0))
