"""Searches of people: the last ones of each, and those that were saved under a name.

A search is the parameters of its address. What nobody (a guest) searched is not kept: the next one
who has not said who they are would see it. What was saved under a name is there for all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.catalogue.database import Database
from data.catalogue.schema.people_tables import RECENT_SUM, SAVED_SUM
from data.catalogue.values import from_micros, now_micros, sql
from data.errors import ReelwiseError
from data.history.rows.people import person

Parameters = Mapping[str, str | Sequence[str]]
"""Parameters of an address: a text, or several for one that is repeated."""

MAX_RECENT = 200
"""Searches that are kept of each person; older ones go."""
MAX_SAVED = 500
"""Most searches that one person saves."""
MAX_NAME = 100
"""Most characters of a name."""
MAX_PARAMETERS = 8_000
"""Most characters of the parameters of one search, as JSON."""

_NOTE = sql(
    'INSERT INTO recent_searches ("user", parameters, at, row_sum)'
    " VALUES (:user, :parameters, :at, row_sum(:user, :parameters, :at))"
    ' ON CONFLICT ("user", parameters) DO UPDATE SET at = excluded.at, row_sum = excluded.row_sum'
)
# Earlier versions kept what nobody searched.
_FADE = sql(
    'DELETE FROM recent_searches WHERE "user" = \'\' OR "user" = :user AND id NOT IN'
    ' (SELECT id FROM recent_searches WHERE "user" = :user'
    f" ORDER BY at DESC, id DESC LIMIT {MAX_RECENT})"
)
_RECENT = sql(
    "SELECT id, parameters, at FROM recent_searches"
    f' WHERE "user" = :user AND row_sum = {RECENT_SUM} ORDER BY at DESC, id DESC LIMIT :n'
)
_DROP_RECENT = sql('DELETE FROM recent_searches WHERE "user" = :user AND (:id IS NULL OR id = :id)')
_SAVE = sql(
    'INSERT INTO saved_searches ("user", name, parameters, at, row_sum)'
    " VALUES (:user, :name, :parameters, :at, row_sum(:user, :name, :parameters, :at))"
    ' ON CONFLICT ("user", name) DO UPDATE SET parameters = excluded.parameters,'
    " at = excluded.at, row_sum = excluded.row_sum"
)
_N_SAVED = sql('SELECT count(*) FROM saved_searches WHERE "user" = :user AND name <> :name')
_SAVED = sql(
    "SELECT id, name, parameters, at FROM saved_searches"
    f' WHERE "user" = :user AND row_sum = {SAVED_SUM} ORDER BY name'
)
_DROP_SAVED = sql('DELETE FROM saved_searches WHERE "user" = :user AND id = :id')


@dataclass(frozen=True)
class RecentSearch:
    """Something that was searched."""

    id: int
    """Its number."""
    parameters: Parameters
    """Of its address."""
    at: datetime
    """When it was searched last, UTC."""


@dataclass(frozen=True)
class SavedSearch(RecentSearch):
    """A search that was saved; `at` is when."""

    name: str
    """What its owner calls it."""


class Searches:
    """The searches of one library; `user` is a person, or None for nobody, who can save some.

    A row that a damaged disk changed is left out of every answer, and `verify` counts it.
    """

    def __init__(self, catalogue: Database) -> None:
        self._catalogue = catalogue

    def note(self, user: str, parameters: Parameters) -> None:
        """Remember what a person searched; the same again moves to the front.

        Raises:
            ReelwiseError: The parameters are too long.
        """
        values = {"user": person(user), "parameters": _as_json(parameters), "at": now_micros()}
        with self._catalogue.writing("searches.note", changes_library=False) as connection:
            connection.execute(_NOTE, values)
            connection.execute(_FADE, values)

    def recent(self, user: str, limit: int = 20) -> list[RecentSearch]:
        """List what a person searched, the latest first."""
        with self._catalogue.reading() as connection:
            rows = connection.execute(_RECENT, {"user": person(user), "n": limit}).all()
        return [
            RecentSearch(row.id, json.loads(row.parameters), from_micros(row.at)) for row in rows
        ]

    def forget_recent(self, user: str, search_id: int | None = None) -> int:
        """Forget one of the recent searches, or all of them; gives how many went."""
        values = {"user": person(user), "id": search_id}
        with self._catalogue.writing("searches.forget", changes_library=False) as connection:
            return connection.execute(_DROP_RECENT, values).rowcount

    def save(self, user: str | None, name: str, parameters: Parameters) -> SavedSearch:
        """Save a search; one that is called so already becomes this one.

        Raises:
            ReelwiseError: The name is none, there are too many, or the parameters are too long.
        """
        typed = " ".join(name.split())
        if not 0 < len(typed) <= MAX_NAME or not typed.isprintable():
            raise ReelwiseError(
                f"a saved search has a name of 1 to {MAX_NAME} characters, not {typed[:200]!r}",
                fix="give another name",
            )
        values: dict[str, Any] = {"user": _owner(user), "name": typed, "at": now_micros()}
        values["parameters"] = _as_json(parameters)
        with self._catalogue.writing("searches.save", changes_library=False) as connection:
            if connection.execute(_N_SAVED, values).scalar_one() >= MAX_SAVED:
                raise ReelwiseError(
                    f"{MAX_SAVED} searches are saved already", fix="remove some first"
                )
            connection.execute(_SAVE, values)
            rows = connection.execute(_SAVED, values).all()
        return next(one for one in map(_saved, rows) if one.name == typed)

    def saved(self, user: str | None) -> list[SavedSearch]:
        """List the saved searches, by name."""
        with self._catalogue.reading() as connection:
            return [_saved(row) for row in connection.execute(_SAVED, {"user": _owner(user)})]

    def remove_saved(self, user: str | None, search_id: int) -> None:
        """Remove a saved search.

        Raises:
            ReelwiseError: Its owner has none of that number.
        """
        values = {"user": _owner(user), "id": search_id}
        with self._catalogue.writing("searches.remove", changes_library=False) as connection:
            if not connection.execute(_DROP_SAVED, values).rowcount:
                raise ReelwiseError(
                    f"there is no saved search {search_id}", fix="list the saved searches"
                )


def _saved(row: Any) -> SavedSearch:
    return SavedSearch(row.id, json.loads(row.parameters), from_micros(row.at), row.name)


def _owner(user: str | None) -> str:
    return "" if user is None else person(user)


def _as_json(parameters: Parameters) -> str:
    """The same search gives the same text; names of people in it can be seen by `forget`."""
    text = json.dumps(dict(parameters), ensure_ascii=False, sort_keys=True)
    # Names of folders may hold what is no text, which no database takes.
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text)
    if len(text) > MAX_PARAMETERS:
        raise ReelwiseError(
            f"a search of {len(text):,} characters is too long to be kept", fix="shorten it"
        )
    return text
