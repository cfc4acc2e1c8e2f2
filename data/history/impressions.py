"""Impressions: what was recommended to whom and how probably, for off-policy estimates."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from data.catalogue.database import Database
from data.catalogue.naming.spelling import person_name
from data.catalogue.values import from_micros, sql, to_micros

_PUT = sql(
    'INSERT INTO impressions ("user", video_id, at, rank, source, propensity, score)'
    " VALUES (:user, :video_id, :at, :rank, :source, :propensity, :score)"
)
_LIST = sql(
    'SELECT "user", video_id, at, rank, source, propensity, score FROM impressions'
    ' WHERE (:user IS NULL OR "user" = :user) ORDER BY at, "user", rank, id'
)


@dataclass(frozen=True)
class Impression:
    """One video on one page of recommendations."""

    user: str
    """User name, as in the watch history."""
    video_id: int
    """The video."""
    at: datetime
    """When the page was given, UTC; the same for all of a page."""
    rank: int
    """Position on the page, from 1."""
    source: str
    """The source that gave most of its score."""
    propensity: float
    """Probability that this video stood here, given those above it; above 0, at most 1."""
    score: float
    """Its score on that page."""


class Impressions:
    """The log of what was recommended in one library; `History.forget` removes a user from it."""

    def __init__(self, catalogue: Database) -> None:
        self._catalogue = catalogue

    def add(self, page: Sequence[Impression]) -> None:
        """Record one page, whole or not at all; it is durable when this returns."""
        rows = [
            {**asdict(one), "user": person_name(one.user), "at": to_micros(one.at)} for one in page
        ]
        if rows:
            with self._catalogue.writing("impressions.add", changes_library=False) as connection:
                connection.execute(_PUT, rows)

    def all(self, user: str | None = None) -> list[Impression]:
        """List what was recommended, to all users or to one, by time and rank."""
        with self._catalogue.reading() as connection:
            rows = connection.execute(_LIST, {"user": user and person_name(user)}).all()
        return [Impression(r[0], r[1], from_micros(r[2]), r[3], r[4], r[5], r[6]) for r in rows]
