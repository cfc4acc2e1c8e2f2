"""What was recommended to whom, and how probable it was: for off-policy estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data.catalogue.catalogue import Catalogue
from data.catalogue.database import from_micros, to_micros

_COLUMNS = "user, video_id, at, rank, source, propensity, score"


@dataclass(frozen=True)
class Impression:
    """One video on one page that was given to a person."""

    user: str
    """Who; the same name as in the watch history."""
    video_id: int
    """The video."""
    at: datetime
    """When the page was given, UTC; the same for all of a page."""
    rank: int
    """Place on the page, from 1."""
    source: str
    """What gave most of its score."""
    propensity: float
    """Probability that this video stood here, given the places above; above 0, at most 1."""
    score: float
    """Its score on that page."""


class Impressions:
    """The log of what was recommended in one library; `History.forget` empties it of a person.

    Args:
        catalogue: The library's catalogue.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(self, page: Sequence[Impression]) -> None:
        """Write one page down, whole or not at all; it is durable when this returns."""
        rows = [
            (
                one.user.strip(),
                one.video_id,
                to_micros(one.at),
                one.rank,
                one.source,
                one.propensity,
                one.score,
            )
            for one in page
        ]
        if not rows:
            return
        with self._catalogue.writing("impressions.add", changes_library=False) as connection:
            connection.exec_driver_sql(
                f"INSERT INTO impressions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )

    def all(self, user: str | None = None) -> list[Impression]:
        """List what was recommended, to all or to one person, by time and place."""
        where, values = ("", ()) if user is None else (" WHERE user = ?", (user,))
        query = f"SELECT {_COLUMNS} FROM impressions{where} ORDER BY at, user, rank, id"
        with self._catalogue.reading() as connection:
            rows = connection.exec_driver_sql(query, values).all()
        return [Impression(r[0], r[1], from_micros(r[2]), r[3], r[4], r[5], r[6]) for r in rows]
