"""What has changed of what is searchable, so that a reader need not compare every video.

Triggers of the database append a row for each change (`tables`), whoever makes it; a reader keeps a
mark and asks for the videos since. A mark holds the number of the last row and its random token: a
catalogue in which that row is another one, or none, has another history (an older copy came back
and went on, or the rows were pruned), and all has to be compared.
"""

from dataclasses import dataclass

from data.catalogue.database import Database
from data.catalogue.values import sql

_LAST = sql("SELECT number, token FROM changes ORDER BY number DESC LIMIT 1")
_IS_THERE = sql("SELECT 1 FROM changes WHERE number = :number AND token = :token")
_SINCE = sql(
    "SELECT DISTINCT video_id FROM changes WHERE number > :number"
    " AND (encoder_id IS NULL OR encoder_id = :encoder)"
)
# The last row stays, whatever is asked: it is the mark of the next reader.
_PRUNE = sql(
    "DELETE FROM changes WHERE number < :before AND number < (SELECT max(number) FROM changes)"
)


@dataclass(frozen=True)
class ChangeMark:
    """How far a log had come: the number and the token of its last row; zeros for an empty log."""

    number: int
    """Rows are numbered upwards, with gaps."""
    token: int
    """Random, 64 bits with a sign; no other row has it."""


class ChangeLog:
    """The log of changes of one catalogue, `Catalogue.change_log`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self) -> ChangeMark:
        """Give the mark of now. Take it before reading: what changes meanwhile is then seen twice.

        A mark that is taken after reading would miss what changed between the two.
        """
        with self._database.reading() as connection:
            row = connection.execute(_LAST).first()
        return ChangeMark(0, 0) if row is None else ChangeMark(row.number, row.token)

    def changed_since(self, mark: ChangeMark, encoder_id: str) -> frozenset[int] | None:
        """Give the videos that may be searchable otherwise with an encoder than at a mark.

        Returns:
            Their ids, which may have no file or no embedding now; None where the mark is none of
            this catalogue, so that everything has to be compared.
        """
        values = {"number": mark.number, "token": mark.token, "encoder": encoder_id}
        with self._database.reading() as connection:
            if mark == ChangeMark(0, 0):
                is_known = connection.execute(_LAST).first() is None
            else:
                is_known = connection.execute(_IS_THERE, values).first() is not None
            if not is_known:
                return None
            return frozenset(connection.scalars(_SINCE, values))

    def prune(self, before: int) -> None:
        """Drop the rows with a number below `before`: marks of them are unknown afterwards."""
        with self._database.writing("prune_changes", changes_library=False) as connection:
            connection.execute(_PRUNE, {"before": before})
