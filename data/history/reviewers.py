"""Forgetting a reviewer: decisions stay, and nobody is named with them any more."""

from sqlalchemy import Connection

from data.catalogue.schema.review_tables import CASE_COLUMNS, LOG_COLUMNS
from data.catalogue.values import sql

REVIEWERS = "SELECT who FROM review_log WHERE length(who) AND who <> '(policy)'"
"""SQL: who decided, appealed, or set a policy."""


def _without(columns: tuple[str, ...], name: str) -> str:
    """The checksum of a row whose `name` is empty."""
    return f"row_sum({', '.join(repr('') if each == name else each for each in columns)})"


_FORGET = (
    sql(
        f"UPDATE review_log SET who = '', row_sum = {_without(LOG_COLUMNS, 'who')}"
        " WHERE who = :user"
    ),
    sql(
        "UPDATE review_cases SET decided_by = '',"
        f" row_sum = {_without(CASE_COLUMNS, 'decided_by')} WHERE decided_by = :user"
    ),
    sql("UPDATE review_cases SET claimed_by = NULL, claimed_until = NULL WHERE claimed_by = :user"),
)


def forget_reviewer(connection: Connection, name: str) -> int:
    """Take a name from the log of reviews and from cases; gives the rows of the log."""
    rows, *_ = [connection.execute(each, {"user": name}).rowcount for each in _FORGET]
    return rows
