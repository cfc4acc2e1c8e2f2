"""Events by their number: reported, listed, changed and removed one by one.

A report names its event by a client id, so that a report which is sent twice counts once. Reports
of one player are numbered, and its view grows with them. An event that was removed does not come
back with a late report: hashes of the client ids of removed events are kept for a month.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.naming.spelling import person_name
from data.catalogue.values import id_text, sql
from data.errors import ReelwiseError
from data.history.events import EVENT_VALUES, Event, usable_events
from data.history.history import History, known_seconds
from data.history.importing import row_values
from data.history.rows.event_row import EVENT_KINDS, EventKind, EventSource
from data.history.stored import (
    BY_CLIENT,
    Outcome,
    client_key,
    put,
    remove,
    removed,
    restore,
    sum_of,
    update,
)

MAX_CLIENT_ID = 100
"""Most characters of a client id."""
MAX_PAGE = 1_000
"""Most events of one page."""

_BY_ID = sql(f'{EVENT_VALUES} WHERE id = :id AND "user" = :user')
_PAGE = (
    f"{EVENT_VALUES} WHERE \"user\" = :user AND typeof(at) = 'integer'"
    " AND (at, id) < (:at, :id) AND kind IN :kinds"
)
_LATEST = sql(f"{_PAGE} ORDER BY at DESC, id DESC LIMIT :n", "kinds")
_LATEST_OF_VIDEO = sql(
    f"{_PAGE.replace('(at, id)', '(+at, +id)')} AND video_id = :video"
    " ORDER BY +at DESC, +id DESC LIMIT :n",
    "kinds",
)
_OF_VIDEOS = sql(
    f'{EVENT_VALUES} WHERE "user" = :user'
    # "+": by the index of videos; that of times would spare sorting and read the whole history.
    " AND video_id IN (SELECT value FROM json_each(:videos)) ORDER BY +at, +id"
)
_HIDDEN = sql("SELECT +video_id FROM events WHERE \"user\" = :user AND kind = 'hide'")
_END_OF_TIME = 2**63 - 1


@dataclass(frozen=True)
class Origin:
    """Who reports an event, and what it is called there."""

    source: EventSource = "api"
    """Where it comes from."""
    client_id: str | None = None
    """The reporter's id of the event, at most `MAX_CLIENT_ID` characters: the same twice is one
    event. A player takes one id for one mount, for all its reports."""
    number: int | None = None
    """Number of the report within its series, which rises: a later one may change the seconds,
    which never fall; an earlier or equal one changes nothing. None for a single report."""

    def check(self) -> None:
        """Refuse an id that is none.

        Raises:
            ReelwiseError: It is empty, too long, or not printable.
        """
        known = self.client_id
        if known is None or (known.isprintable() and 0 < len(known) <= MAX_CLIENT_ID):
            return
        raise ReelwiseError(
            f"a client id has 1 to {MAX_CLIENT_ID} characters, not {known[:200]!r}",
            fix="give each event an id of its own, as a new UUID",
        )

    def columns(self) -> dict[str, object]:
        """Give the columns of an event that tell this."""
        number = None if self.client_id is None else self.number
        return {"client_id": self.client_id, "client_number": number}


@dataclass(frozen=True)
class Reported:
    """What became of a report."""

    outcome: Outcome
    """Whether it counts; see there."""
    event: Event | None
    """The event as it is now; None where there is none."""


@dataclass(frozen=True)
class EventPage:
    """Some events of one person, the newest first."""

    events: list[Event]
    next: str | None
    """Give it as `before` for the next page; None on the last one."""


@dataclass(frozen=True)
class VideoState:
    """What one person has done with one video, in all."""

    verdict: Literal["like", "dislike"] | None = None
    """The last one."""
    hidden: bool = False
    """Never to be recommended again."""
    views: int = 0
    watched_s: float = 0.0
    """Seconds of the longest view."""
    last_at: datetime | None = None
    """Time of the last event."""


class RecordedEvents:
    """The events of one library, each by its number. Every change is durable when it returns."""

    def __init__(self, catalogue: Database, history: History) -> None:
        self._catalogue = catalogue
        self._history = history

    def add(
        self,
        user: str,
        video: str | int,
        *,
        kind: EventKind = "view",
        watched_s: float | None = None,
        at: datetime | None = None,
        origin: Origin | None = None,
    ) -> Reported:
        """Record an event, or what is new of one that was reported before.

        Args:
            user: The person.
            video: Id, path or name, as `History.add`.
            kind: What happened.
            watched_s: Seconds that were played, of a series from its beginning.
            at: When, UTC without a zone; None is now.
            origin: Who reports it, and what it is called there; None for a program that gives
                it no name. Views of `page` and `api` are not recorded of a person who does not
                want that.

        Raises:
            ReelwiseError: As `History.add`; or the client id is none, or is that of another event.
        """
        origin = origin or Origin()
        origin.check()
        row, video_id = self._history.as_row(user, video, watched_s=watched_s, kind=kind, at=at)
        values = row_values(row, video_id, origin.source) | origin.columns() | {"id": None}
        if origin.client_id is not None:
            values["fingerprint"] = client_key(origin.client_id)
        values["row_sum"] = sum_of(values)
        self._history.finish_forgetting()
        with self._catalogue.writing("events.add", changes_library=False) as connection:
            outcome = put(connection, values)
            return Reported(outcome, self._stored(connection, values))

    def _stored(self, connection: Connection, values: dict[str, Any]) -> Event | None:
        if values["client_id"] is not None:
            rows = connection.execute(BY_CLIENT, values).all()
        else:
            rows = connection.execute(_BY_ID, values).all()
        return next(iter(self._usable(rows)), None)

    def get(self, user: str, event_id: int) -> Event:
        """Give one event of a person.

        Raises:
            ReelwiseError: The person has no such event.
        """
        with self._catalogue.reading() as connection:
            return self._own(connection, user, event_id)

    def page(
        self,
        user: str,
        *,
        kinds: Collection[EventKind] = (),
        video: int | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> EventPage:
        """List events of a person, the newest first.

        Args:
            user: The person; somebody without events has an empty page.
            kinds: Only these; none takes all.
            video: Only events on the video with this id.
            before: `EventPage.next` of the page before.
            limit: Most events, 1 to `MAX_PAGE`.

        Raises:
            ReelwiseError: `before` or `limit` is none.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ReelwiseError(f"a page has 1 to {MAX_PAGE} events, not {limit}", fix="--limit 50")
        at, number = _place(before)
        values = {"user": person_name(user), "kinds": list(kinds or EVENT_KINDS), "video": video}
        values |= {"at": at, "id": number, "n": limit + 1}
        query = _LATEST if video is None else _LATEST_OF_VIDEO
        with self._catalogue.reading() as connection:
            rows = connection.execute(query, values).all()
        more, rows = len(rows) > limit, rows[:limit]
        return EventPage(self._usable(rows), f"{rows[-1].at}-{rows[-1].id}" if more else None)

    def states(self, user: str, videos: Iterable[int]) -> dict[int, VideoState]:
        """Give what a person has done with each of these videos; one without events is left out."""
        values = {"user": person_name(user), "videos": id_text(videos)}
        with self._catalogue.reading() as connection:
            rows = connection.execute(_OF_VIDEOS, values).all()
        found: dict[int, list[Event]] = {}
        for event in usable_events(rows):
            found.setdefault(event.video_id or 0, []).append(event)
        return {video: _state(events) for video, events in found.items()}

    def hidden(self, user: str) -> frozenset[int]:
        """Give the videos that are never to be recommended to a person."""
        with self._catalogue.reading() as connection:
            found = connection.scalars(_HIDDEN, {"user": person_name(user)})
            return frozenset(video for video in found if video is not None)

    def change(
        self,
        user: str,
        event_id: int,
        *,
        kind: EventKind | None = None,
        watched_s: float | None = None,
    ) -> Event:
        """Correct one event of a person: its kind, its seconds, or both.

        Raises:
            ReelwiseError: The person has no such event, or the seconds are none.
            ValueError: There is no such kind.
        """
        if kind is not None and kind not in EVENT_KINDS:
            raise ValueError(f"kind must be one of {EVENT_KINDS}, got {kind!r}")
        with self._catalogue.writing("events.change", changes_library=False) as connection:
            old = self._own(connection, user, event_id)
            changed = replace(
                old,
                kind=kind or old.kind,
                watched_s=old.watched_s if watched_s is None else known_seconds(watched_s),
            )
            update(connection, changed)
            return changed

    def remove(self, user: str, event_id: int) -> Event:
        """Take one event out of a person's history; the next answer no longer counts it.

        Returns:
            What it was: `restore` brings it back.

        Raises:
            ReelwiseError: The person has no such event.
        """
        with self._catalogue.writing("events.remove", changes_library=False) as connection:
            event = self._own(connection, user, event_id)
            remove(connection, [event])
        return event

    def clear(self, user: str, video: int, kinds: Sequence[EventKind]) -> list[Event]:
        """Remove all events of these kinds of a person on one video: un-like, show again.

        Returns:
            What they were.
        """
        values = {"user": person_name(user), "videos": id_text([video])}
        with self._catalogue.writing("events.remove", changes_library=False) as connection:
            rows = connection.execute(_OF_VIDEOS, values).all()
            events = [event for event in usable_events(rows) if event.kind in kinds]
            remove(connection, events)
        return events

    def restore(self, events: Sequence[Event]) -> None:
        """Bring removed events back under their numbers; one that is there stays as it is."""
        with self._catalogue.writing("events.restore", changes_library=False) as connection:
            for event in events:
                restore(connection, event)

    def bring_back(self, user: str, event_id: int) -> Event:
        """Bring back an event of a person that was taken back within a day, under its number.

        One that is there stays as it is.

        Raises:
            ReelwiseError: The person had no such event, or it was taken back long ago.
        """
        name = person_name(user)
        with self._catalogue.writing("events.restore", changes_library=False) as connection:
            event = removed(connection, name, event_id)
            if event is not None:
                restore(connection, event)
            try:
                return self._own(connection, name, event_id)
            except ReelwiseError as error:
                problem = f"no event {event_id} was taken back lately"
                raise ReelwiseError(problem, fix="send it anew") from error

    def _own(self, connection: Connection, user: str, event_id: int) -> Event:
        rows = connection.execute(_BY_ID, {"id": event_id, "user": person_name(user)}).all()
        events = self._usable(rows)
        if not events:
            raise ReelwiseError(
                f"{person_name(user)!r} has no event {event_id}",
                fix="reelwise history list USER shows the numbers of a person's events",
            )
        return events[0]

    def _usable(self, rows: Sequence[Any]) -> list[Event]:
        if all(row.video_id is not None for row in rows):
            return usable_events(rows)
        return usable_events(rows, self._history.video_of)


def _state(events: Sequence[Event]) -> VideoState:
    """What events add up to; they are in order of time."""
    verdicts = [event.kind for event in events if event.kind in ("like", "dislike")]
    views = [event for event in events if event.kind == "view"]
    verdict = verdicts[-1] if verdicts else None
    return VideoState(
        verdict="like" if verdict == "like" else "dislike" if verdict == "dislike" else None,
        hidden=any(event.kind == "hide" for event in events),
        views=len(views),
        watched_s=max((event.watched_s or 0.0 for event in events), default=0.0),
        last_at=events[-1].at if events else None,
    )


def _place(before: str | None) -> tuple[int, int]:
    """Time and number before which a page begins.

    Raises:
        ReelwiseError: The text was given out for no page.
    """
    if before is None:
        return _END_OF_TIME, _END_OF_TIME
    match = re.fullmatch(r"(-?\d{1,18})-(\d{1,18})", before, re.ASCII)
    if match is None:
        raise ReelwiseError(
            f"{before[:80]!r} is the end of no page", fix="leave it out for the latest events"
        )
    return int(match[1]), int(match[2])
