"""Forgetting an annotator: what they said of stretches is deleted."""

from sqlalchemy import Connection

from data.catalogue.values import sql

ANNOTATORS = "SELECT who FROM annotations WHERE length(who)"
"""SQL: who labelled, skipped or took back."""
_FORGET = sql(
    "DELETE FROM annotations WHERE who = :user"
    " OR undoes IN (SELECT id FROM annotations WHERE who = :user)"
)


def forget_annotator(connection: Connection, name: str) -> int:
    """Delete all that a person labelled, skipped or took back; gives how many rows.

    What somebody else had said of a stretch before holds again.
    """
    return connection.execute(_FORGET, {"user": name}).rowcount
