"""Checks of the catalogue itself, and its claims about vectors for `indexer.verify` to compare."""

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import SEARCHABLE
from data.catalogue.values import sql
from data.errors import DamagedFile

_CLAIMS = sql(
    "SELECT e.video_id, c.id FROM embeddings e LEFT JOIN clips c ON c.embedding_id = e.id"
    f" WHERE e.part = :part AND e.{SEARCHABLE} ORDER BY e.video_id, c.ordinal"
)
_MISCOUNTED = sql(
    "SELECT e.video_id, e.encoder_id FROM embeddings e"
    " LEFT JOIN (SELECT embedding_id, count(*) AS n FROM clips GROUP BY embedding_id) c"
    f" ON c.embedding_id = e.id WHERE e.{SEARCHABLE}"
    " AND (e.part IS NULL OR e.n_clips != coalesce(c.n, 0) OR e.n_clips < 1)"
)
_ENCODERS = sql("SELECT DISTINCT encoder_id FROM parts ORDER BY encoder_id")
_LOOSE = sql("SELECT name FROM loose_parts")


def contradictions(catalogue: Catalogue, *, deep: bool = False) -> list[str]:
    """List what is wrong within the file itself, one line each; nothing when it is sound.

    `deep` compares every index of the database with its table too.
    """
    check = "integrity_check" if deep else "quick_check"
    try:
        with catalogue.reading() as connection:
            report = [str(row[0]) for row in connection.execute(sql(f"PRAGMA {check}"))]
            dangling = connection.execute(sql("PRAGMA foreign_key_check")).all()
    except DamagedFile as error:
        return [error.problem]
    problems = [f"the database file is damaged: {line}" for line in report if line != "ok"]
    return problems + [
        f"a row of {row[0]} refers to a row of {row[2]} that is gone" for row in dangling
    ]


def miscounted(catalogue: Catalogue) -> dict[int, str]:
    """Give video id and encoder id of searchable videos whose rows do not fit together."""
    with catalogue.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(_MISCOUNTED)}


def claimed_clips(catalogue: Catalogue, part: str) -> dict[int, list[int]]:
    """Give, for each video whose vectors should lie in a part, its clip ids in order of time."""
    claims: dict[int, list[int]] = {}
    with catalogue.reading() as connection:
        for video_id, clip_id in connection.execute(_CLAIMS, {"part": part}):
            clips = claims.setdefault(video_id, [])
            if clip_id is not None:
                clips.append(clip_id)
    return claims


def encoder_ids(catalogue: Catalogue) -> list[str]:
    """List the encoders that parts were made with."""
    with catalogue.reading() as connection:
        return list(connection.scalars(_ENCODERS))


def loose_parts(catalogue: Catalogue) -> set[str]:
    """Give the names of parts that a writer has announced and not committed, or is removing."""
    with catalogue.reading() as connection:
        return set(connection.scalars(_LOOSE))
