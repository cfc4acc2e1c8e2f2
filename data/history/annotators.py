"""Forgetting an annotator: labels stay, and nobody is named with them any more."""

from sqlalchemy import Connection

from data.catalogue.schema.annotation_tables import ANNOTATION_COLUMNS
from data.catalogue.values import sql

ANNOTATORS = "SELECT who FROM annotations WHERE length(who)"
"""SQL: who labelled, skipped or took back."""
_NAMELESS = ", ".join("''" if each == "who" else each for each in ANNOTATION_COLUMNS)
_FORGET = sql(f"UPDATE annotations SET who = '', row_sum = row_sum({_NAMELESS}) WHERE who = :user")


def forget_annotator(connection: Connection, name: str) -> int:
    """Take a name from all annotations; gives how many had it."""
    return connection.execute(_FORGET, {"user": name}).rowcount
