"""One event in its table: put there, grown, changed, removed and brought back, in a transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import Connection

from data.catalogue.schema.people_tables import PERSON_SUM
from data.catalogue.schema.tables import EVENT_SUM
from data.catalogue.values import now_micros, row_sum, sql, to_micros
from data.errors import ReelwiseError
from data.history.events import EVENT_VALUE_NAMES, EVENT_VALUES, Event, usable_events

_SPENT_DAYS = 31
_KEPT_DAYS = 1
"""So long an event that was taken back can be brought back."""
_DAY = 86_400 * 1_000_000
BY_CLIENT = sql(f"{EVENT_VALUES} WHERE client_id = :client_id")
_PUT = sql(
    'INSERT INTO events (id, "user", video_id, video_ref, at, watched_s, duration_s, kind, source,'
    " client_id, client_number, fingerprint, row_sum) VALUES (:id, :user, :video_id, :video_ref,"
    " :at, :watched_s, :duration_s, :kind, :source, :client_id, :client_number, :fingerprint,"
    " :row_sum)"
)
_MOVED = (
    'id, "user", video_id, video_ref, at, watched_s, duration_s, kind, source, client_id,'
    " client_number, row_sum"
)
_KEEP = sql(
    f"INSERT OR REPLACE INTO removed_events ({_MOVED}, removed_at)"
    f" SELECT {_MOVED}, :now FROM events WHERE id = :id"
)
_KEPT = sql(
    EVENT_VALUES.replace("FROM events", "FROM removed_events")
    + ' WHERE id = :id AND "user" = :user'
)
_LET_GO = sql("DELETE FROM removed_events WHERE removed_at < :before")
_EQUAL = sql("SELECT id FROM events WHERE fingerprint = :fingerprint")
_CHANGE = sql(
    "UPDATE events SET kind = :kind, watched_s = :watched_s, client_number = :number WHERE id = :id"
)
_SUM_AGAIN = sql(f"UPDATE events SET row_sum = {EVENT_SUM} WHERE id = :id")
_DROP = sql("DELETE FROM events WHERE id = :id")
_SPEND = sql("INSERT OR REPLACE INTO spent_client_ids (key, at) VALUES (:key, :at)")
_IS_THERE = sql("SELECT 1 FROM events WHERE id = :id")
_IS_SPENT = sql("SELECT 1 FROM spent_client_ids WHERE key = :key")
_UNSPEND = sql("DELETE FROM spent_client_ids WHERE key = :key")
_PRUNE_SPENT = sql("DELETE FROM spent_client_ids WHERE at < :before")
_CLIENT_IDS = sql('SELECT client_id FROM events WHERE "user" = :user AND client_id IS NOT NULL')
# Of a person whose row is damaged nothing is recorded: it may be what they did not want.
_RECORDS = sql(f"SELECT records AND row_sum = {PERSON_SUM} FROM people WHERE name = :user")

Outcome = Literal["added", "grown", "known", "removed", "not recorded"]
"""What became of a report: `grown`, more seconds of a view that was known; `known`, nothing new;
`removed`, its event was taken out of the history; `not recorded`, the person does not want that."""


def client_key(client_id: str) -> str:
    """Give what is kept of a client id when its event is gone."""
    return hashlib.blake2b(b"client\0" + client_id.encode(), digest_size=16).hexdigest()


def spend_client_ids(connection: Connection, user: str) -> None:
    """Let no late report bring back an event of a person whose events are about to be deleted."""
    keys = [client_key(one) for one in connection.scalars(_CLIENT_IDS, {"user": user})]
    _spend(connection, keys)


def put(connection: Connection, values: dict[str, Any]) -> Outcome:
    """Put an event that is reported, or what is new of it; `values` by column.

    Raises:
        ReelwiseError: Its client id is that of another event.
    """
    client_id = values["client_id"]
    if client_id is not None:
        known = next(iter(usable_events(connection.execute(BY_CLIENT, values).all())), None)
        if known is not None:
            return _grow(connection, known, values)
        if connection.execute(_IS_SPENT, {"key": client_key(client_id)}).first() is not None:
            return "removed"
    is_seen_only = values["kind"] == "view" and values["source"] in ("page", "api")
    if is_seen_only and connection.execute(_RECORDS, values).scalar() == 0:
        return "not recorded"
    values["id"] = connection.execute(_EQUAL, values).scalar()
    if values["id"] is not None:
        return "known"
    _let_go(connection)
    values["id"] = connection.execute(_PUT, values).lastrowid
    return "added"


def _grow(connection: Connection, known: Event, values: dict[str, Any]) -> Outcome:
    of_known = (known.user, known.video_id or known.video_ref)
    if of_known != (values["user"], values["video_id"] or values["video_ref"]):
        raise ReelwiseError(
            f"the client id {known.client_id!r} is that of another event",
            fix="give each event an id of its own, as a new UUID",
        )
    number, before = values["client_number"], known.client_number
    if number is None or (before is not None and number <= before):
        return "known"
    reported = [one for one in (known.watched_s, values["watched_s"]) if one is not None]
    seconds = max(reported, default=None)
    update(connection, replace(known, watched_s=seconds, client_number=number))
    return "known" if seconds == known.watched_s else "grown"


def update(connection: Connection, event: Event) -> None:
    """Store the kind, the seconds and the number of an event as they are in it."""
    values = {"kind": event.kind, "watched_s": event.watched_s, "number": event.client_number}
    connection.execute(_CHANGE, {**values, "id": event.id})
    connection.execute(_SUM_AGAIN, {"id": event.id})


def remove(connection: Connection, events: Sequence[Event]) -> None:
    """Delete events; no late report brings one back."""
    now = now_micros()
    for event in events:
        connection.execute(_KEEP, {"id": event.id, "now": now})
        connection.execute(_DROP, {"id": event.id})
    _let_go(connection)
    _spend(connection, [client_key(one.client_id) for one in events if one.client_id is not None])


def _spend(connection: Connection, keys: Sequence[str]) -> None:
    now = now_micros()
    for key in keys:
        connection.execute(_SPEND, {"key": key, "at": now})
    connection.execute(_PRUNE_SPENT, {"before": now - _SPENT_DAYS * _DAY})


def _let_go(connection: Connection) -> None:
    """Delete for good what was taken back too long ago."""
    connection.execute(_LET_GO, {"before": now_micros() - _KEPT_DAYS * _DAY})


def removed(connection: Connection, user: str, event_id: int) -> Event | None:
    """Give an event of a person that was taken back within a day; None where there is none."""
    _let_go(connection)
    rows = connection.execute(_KEPT, {"id": event_id, "user": user}).all()
    return next(iter(usable_events(rows)), None)


def restore(connection: Connection, event: Event) -> None:
    """Bring a removed event back under its number; one that is there stays as it is."""
    if connection.execute(_IS_THERE, {"id": event.id}).first() is not None:
        return
    values: dict[str, Any] = {
        "id": event.id,
        "user": event.user,
        "video_id": event.video_id,
        "video_ref": event.video_ref,
        "at": to_micros(event.at),
        "watched_s": event.watched_s,
        "duration_s": event.duration_s,
        "kind": event.kind,
        "source": event.source,
        "client_id": event.client_id,
        "client_number": event.client_number,
        "fingerprint": client_key(event.client_id or f"restored {event.id}"),
    }
    values["row_sum"] = sum_of(values)
    connection.execute(_PUT, values)
    if event.client_id is not None:
        connection.execute(_UNSPEND, {"key": client_key(event.client_id)})


def sum_of(values: dict[str, Any]) -> int:
    """Give the checksum of an event, from its values by column."""
    return row_sum(*(values[name] for name in EVENT_VALUE_NAMES))
