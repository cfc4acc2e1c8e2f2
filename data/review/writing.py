"""Transactions of reviews: each counts, so that open searchers look again, and is logged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from data.catalogue.database import Database, put_meta, read_meta
from data.catalogue.schema.review_tables import CASE_SUM, LOG_SUM
from data.catalogue.values import now_micros, sql

CHANGES = "review_changes"
CURRENT = "review_policy"
_LOG = sql(
    "INSERT INTO review_log (case_id, at, who, action, why, label, policy, undoes, before_state,"
    " before_label, before_appealed, row_sum) VALUES (:case_id, :at, :who, :action, :why, :label,"
    " :policy, :undoes, :before_state, :before_label, :before_appealed, 0)"
)
_SUM_LOG = sql(f"UPDATE review_log SET row_sum = {LOG_SUM} WHERE id = :id")
_SUM_CASE = sql(f"UPDATE review_cases SET row_sum = {CASE_SUM} WHERE id = :id")


@dataclass(frozen=True)
class Entry:
    """What is written into the log."""

    action: str
    """What was done."""
    who: str
    """Who did it; names of people as the history spells them."""
    why: str
    """The reason."""
    case_id: int | None = None
    """The case; None for the policy."""
    label: str | None = None
    """The rule that the case counts for afterwards."""
    undoes: int | None = None
    """The row that is taken back."""
    before: tuple[str, str, int] | None = None
    """State, label and appeal of the case before."""


@contextmanager
def reviewing(database: Database, point: str) -> Iterator[Connection]:
    """Run one transaction that may change what is shown; durable when the block ends.

    It is no change of the library: what is searched stays as it is, only less of it is found.
    """
    with database.writing(point, changes_library=False) as connection:
        yield connection
        count = int(read_meta(connection, CHANGES) or 0) + 1
        put_meta(connection, CHANGES, str(count))


def log(connection: Connection, entry: Entry) -> int:
    """Append a row; gives its number."""
    state, label, appealed = entry.before or (None, None, None)
    current = read_meta(connection, CURRENT)
    values = {
        "case_id": entry.case_id,
        "at": now_micros(),
        "who": entry.who,
        "action": entry.action,
        "why": entry.why,
        "label": entry.label,
        "policy": None if current is None else int(current),
        "undoes": entry.undoes,
        "before_state": state,
        "before_label": label,
        "before_appealed": appealed,
    }
    number = int(connection.execute(_LOG, values).lastrowid)
    connection.execute(_SUM_LOG, {"id": number})
    return number


def sum_case(connection: Connection, case_id: int) -> None:
    """Bring the checksum of a case up to date."""
    connection.execute(_SUM_CASE, {"id": case_id})
