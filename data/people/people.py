"""People of a library: names as the history spells them, how they are shown, and what they allow.

Whoever has events is a person, also without a row of their own: a row is made when something is
said about the person (a colour, a PIN, not to be recorded).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.schema.people_tables import PERSON_SUM, RECENT_SUM, SAVED_SUM
from data.catalogue.schema.tables import EVENT_SUM, WATCHERS
from data.catalogue.values import from_micros, now_micros, sql
from data.errors import ReelwiseError
from data.history.rows.people import near_names, person
from data.people.pin_tries import PinTries
from data.people.pins import hashed_pin, is_pin
from data.printable import printable

COLOURS = (
    *("#0f766e", "#b45309", "#1d4ed8", "#be185d", "#4d7c0f"),
    *("#7e22ce", "#b91c1c", "#0369a1", "#854d0e", "#475569"),
)
"""Given in turn to new people; white text can be read on each."""

_COLUMNS = "name, colour, created_at, records, pin"
_ROWS = sql(f"SELECT {_COLUMNS}, row_sum = {PERSON_SUM} AS whole FROM people ORDER BY id")
_WATCHERS = sql(f"WITH RECURSIVE {WATCHERS} SELECT name FROM watchers WHERE typeof(name) = 'text'")
_N_EVENTS = sql('SELECT count(*) FROM events WHERE "user" = :name')
_PUT = sql(
    f"INSERT INTO people ({_COLUMNS}, row_sum)"
    " VALUES (:name, :colour, :created_at, :records, :pin, row_sum(:name, :colour, :created_at,"
    " :records, :pin)) ON CONFLICT (name) DO UPDATE SET colour = excluded.colour,"
    " records = excluded.records, pin = excluded.pin, row_sum = excluded.row_sum"
)
_DROP = sql("DELETE FROM people WHERE name = :name")


def _moved(table: str, checksum: str) -> str:
    # A row that is not as it was written stays so: its checksum is not made right.
    new = checksum.replace('"user"', ":to")
    return (
        f'UPDATE {table} SET "user" = :to, row_sum ='
        f' CASE WHEN row_sum = {checksum} THEN {new} ELSE row_sum END WHERE "user" = :name'
    )


_MOVE = (
    sql(_moved("events", EVENT_SUM)),
    sql(_moved("removed_events", EVENT_SUM)),
    sql('UPDATE impressions SET "user" = :to WHERE "user" = :name'),
    # Of two searches that are called the same, the one that comes keeps its owner's name.
    sql(
        "UPDATE saved_searches SET name = name || ' (' || :name || ')', row_sum ="
        f" CASE WHEN row_sum = {SAVED_SUM} THEN row_sum(\"user\", name || ' (' || :name || ')',"
        ' parameters, at) ELSE row_sum END WHERE "user" = :name AND name IN'
        ' (SELECT name FROM saved_searches WHERE "user" = :to)'
    ),
    sql(_moved("saved_searches", SAVED_SUM)),
    # Of two equal searches the latest stays.
    sql(
        'DELETE FROM recent_searches WHERE "user" IN (:name, :to) AND EXISTS (SELECT 1 FROM'
        ' recent_searches o WHERE o."user" IN (:name, :to) AND o.id <> recent_searches.id'
        " AND o.parameters = recent_searches.parameters"
        " AND (o.at, o.id) > (recent_searches.at, recent_searches.id))"
    ),
    sql(_moved("recent_searches", RECENT_SUM)),
    sql("UPDATE jobs SET asked_by = :to WHERE asked_by = :name"),
)


@dataclass(frozen=True)
class Person:
    """One person of a library."""

    name: str
    """As the history spells it."""
    colour: str
    """#rrggbb."""
    created_at: datetime | None
    """When a row was made, UTC; None for somebody who has events only."""
    records: bool
    """What they watch on pages and through the API is recorded."""
    has_pin: bool
    """Who chooses them has to give it."""
    events: int
    """Events of their history."""


class People:
    """The people of one library. Every change is durable when it returns.

    Args:
        catalogue: The library.
        tries: The wrong PINs of this process; None begins to count.
    """

    def __init__(self, catalogue: Database, tries: PinTries | None = None) -> None:
        self._catalogue = catalogue
        self._tries = tries or PinTries()

    def all(self) -> list[Person]:
        """List everybody, by name."""
        with self._catalogue.reading() as connection:
            rows = self._rows(connection)
            names = {*rows, *connection.scalars(_WATCHERS)}
            return [self._person(connection, rows, name) for name in sorted(names)]

    def get(self, name: str) -> Person:
        """Give one person.

        Raises:
            ReelwiseError: Nobody is called so.
        """
        with self._catalogue.reading() as connection:
            return self._require(connection, name)

    def add(self, name: str, *, colour: str | None = None, pin: str | None = None) -> Person:
        """Add a person; somebody who has events only gets a row.

        Args:
            name: Any text that a command line can hold.
            colour: #rrggbb; None takes the next of `COLOURS`.
            pin: See `set_pin`; None for none.

        Raises:
            ReelwiseError: Somebody has that name already, or a value is none.
        """
        name, hashed = person(name), None if pin is None else hashed_pin(pin)
        with self._catalogue.writing("people.add", changes_library=False) as connection:
            rows = self._rows(connection)
            if name in rows:
                raise ReelwiseError(f"{name!r} is there already", fix="give another name")
            chosen = _colour(colour) if colour else COLOURS[len(rows) % len(COLOURS)]
            self._put(connection, _new_row(name, chosen) | {"pin": hashed})
            return self._require(connection, name)

    def change(
        self, name: str, *, colour: str | None = None, records: bool | None = None
    ) -> Person:
        """Change how a person is shown, and whether what they watch is recorded.

        Raises:
            ReelwiseError: Nobody is called so, or the colour is none.
        """
        changes: dict[str, Any] = {} if colour is None else {"colour": _colour(colour)}
        if records is not None:
            changes["records"] = int(records)
        return self._change(name, changes)

    def set_pin(self, name: str, pin: str | None) -> Person:
        """Ask for a PIN of 4 to 64 characters when the person is chosen; None asks for none.

        Raises:
            ReelwiseError: Nobody is called so, or the PIN is too short or too long.
        """
        return self._change(name, {"pin": None if pin is None else hashed_pin(pin)})

    def is_pin(self, name: str, pin: str, *, client: str = "") -> bool:
        """Whether this is the person's PIN; where there is none, any is. Takes some 50 ms.

        Args:
            name: The person.
            pin: What was typed.
            client: Who tries; wrong PINs are counted for each.

        Raises:
            ReelwiseError: Nobody is called so, or the stored PIN is damaged.
            TooManyPins: The client has to wait.
        """
        with self._catalogue.reading() as connection:
            self._require(connection, name)
            row = self._rows(connection).get(person(name))
        if row is None or row["pin"] is None:
            return True
        stored = str(row["pin"])
        return self._tries.checked(client, row["name"], stored, lambda: is_pin(stored, pin))

    def rename(self, name: str, to: str) -> Person:
        """Give a person another name; history, searches and logged pages go along.

        Raises:
            ReelwiseError: Nobody is called so; or somebody has the new name: that is `merge`.
        """
        to = person(to)
        with self._catalogue.writing("people.rename", changes_library=False) as connection:
            known = self._require(connection, name)
            if to == known.name:
                return known
            if to in {*self._rows(connection), *connection.scalars(_WATCHERS)}:
                raise ReelwiseError(
                    f"{to!r} is there already", fix="give another name, or merge the two"
                )
            row = self._rows(connection).get(known.name)
            self._move(connection, known.name, to)
            if row is not None:
                self._put(connection, row | {"name": to})
            return self._require(connection, to)

    def merge(self, name: str, into: str) -> Person:
        """Make one person of two: history and searches of the first go to the second.

        Raises:
            ReelwiseError: Nobody is called so, or both names are one.
        """
        with self._catalogue.writing("people.merge", changes_library=False) as connection:
            known, kept = self._require(connection, name), self._require(connection, into)
            if known.name == kept.name:
                raise ReelwiseError(f"{name!r} is one person already", fix="give two names")
            self._move(connection, known.name, kept.name)
            return self._require(connection, kept.name)

    def _move(self, connection: Connection, name: str, to: str) -> None:
        for statement in _MOVE:
            connection.execute(statement, {"name": name, "to": to})
        connection.execute(_DROP, {"name": name})

    def _change(self, name: str, changes: dict[str, Any]) -> Person:
        with self._catalogue.writing("people.change", changes_library=False) as connection:
            known = self._require(connection, name)
            row = self._rows(connection).get(known.name) or _new_row(known.name, known.colour)
            self._put(connection, row | changes)
            return self._require(connection, known.name)

    def _put(self, connection: Connection, row: dict[str, Any]) -> None:
        connection.execute(_PUT, row)

    def _rows(self, connection: Connection) -> dict[str, dict[str, Any]]:
        """The rows by name.

        Raises:
            ReelwiseError: One is not as it was written: a PIN might be missing, or recording on.
        """
        rows = {row.name: row._asdict() for row in connection.execute(_ROWS)}
        if not all(row["whole"] for row in rows.values()):
            raise ReelwiseError(
                "what is known of a person is not as it was written",
                fix="reelwise verify --repair takes it from a copy of the catalogue",
            )
        return rows

    def _person(self, connection: Connection, rows: dict[str, dict[str, Any]], name: str) -> Person:
        row = rows.get(name)
        events = int(connection.execute(_N_EVENTS, {"name": name}).scalar_one())
        if row is None:
            # The same colour at each visit, whoever else comes and goes.
            colour = COLOURS[sum(name.encode(errors="surrogatepass")) % len(COLOURS)]
            return Person(name, colour, None, True, False, events)
        made = from_micros(row["created_at"])
        has_pin = row["pin"] is not None
        return Person(name, row["colour"], made, bool(row["records"]), has_pin, events)

    def _require(self, connection: Connection, name: str) -> Person:
        wanted, rows = person(name), self._rows(connection)
        known = self._person(connection, rows, wanted)
        if wanted in rows or known.events:
            return known
        near = near_names(wanted, {*rows, *connection.scalars(_WATCHERS)})
        hint = " or ".join(map(printable, near))
        raise ReelwiseError(
            f"nobody is called {wanted!r}" + (f"; did you mean {hint}?" if hint else ""),
            fix="add the person first, or give a name as it is shown; case and spaces count",
        )


def _new_row(name: str, colour: str) -> dict[str, Any]:
    return {
        "name": name,
        "colour": colour,
        "created_at": now_micros(),
        "records": 1,
        "pin": None,
    }


def _colour(text: str) -> str:
    if re.fullmatch(r"#[0-9a-fA-F]{6}", text) is None:
        raise ReelwiseError(f"a colour is written #rrggbb, not {text[:40]!r}", fix="#0f766e")
    return text.lower()
