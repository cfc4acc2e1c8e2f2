"""What the catalogue says about itself, and what it claims that the vectors must confirm."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from data.catalogue.catalogue import Catalogue

_CLAIMS = (
    "SELECT e.video_id, c.id FROM embeddings e LEFT JOIN clips c ON c.embedding_id = e.id"
    " WHERE e.part = ? AND e.state IN ('done', 'partial') ORDER BY e.video_id, c.ordinal"
)


def contradictions(catalogue: Catalogue, *, deep: bool = False) -> list[str]:
    """List what is wrong within the file itself, one line each; nothing when it is sound.

    Args:
        catalogue: The catalogue.
        deep: Compare every index of the database with its table too.
    """
    check = "integrity_check" if deep else "quick_check"
    try:
        with catalogue.reading() as connection:
            said = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {check}")]
            dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    except DatabaseError as error:
        return [f"the database file is damaged: {error.orig}"]
    found = [f"the database file is damaged: {line}" for line in said if line != "ok"]
    return found + [
        f"a row of {row[0]} refers to a row of {row[2]} that is gone" for row in dangling
    ]


def miscounted(catalogue: Catalogue) -> dict[int, str]:
    """Find searchable videos whose rows do not fit together.

    Returns:
        Video id and encoder id of each.
    """
    query = text(
        "SELECT e.video_id, e.encoder_id FROM embeddings e"
        " LEFT JOIN (SELECT embedding_id, count(*) AS n FROM clips GROUP BY embedding_id) c"
        " ON c.embedding_id = e.id WHERE e.state IN ('done', 'partial')"
        " AND (e.part IS NULL OR e.n_clips != coalesce(c.n, 0) OR e.n_clips < 1)"
    )
    with catalogue.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def claimed_clips(catalogue: Catalogue, part: str) -> dict[int, list[int]]:
    """Give, for each video whose vectors should lie in a part, its clip ids in order of time."""
    claims: dict[int, list[int]] = {}
    with catalogue.reading() as connection:
        for video_id, clip_id in connection.exec_driver_sql(_CLAIMS, (part,)):
            held = claims.setdefault(video_id, [])
            if clip_id is not None:
                held.append(clip_id)
    return claims


def encoder_ids(catalogue: Catalogue) -> list[str]:
    """List the encoders that parts were made with."""
    with catalogue.reading() as connection:
        query = text("SELECT DISTINCT encoder_id FROM parts ORDER BY encoder_id")
        return list(connection.scalars(query))


def loose_parts(catalogue: Catalogue) -> set[str]:
    """Give the names of parts that a writer has announced and not committed, or is removing."""
    with catalogue.reading() as connection:
        return set(connection.scalars(text("SELECT name FROM loose_parts")))
