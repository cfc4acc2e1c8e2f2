"""Checks of the catalogue itself, and its claims about vectors for `indexer.verify` to compare."""

from data.catalogue.database import Database
from data.catalogue.records import SEARCHABLE, State
from data.catalogue.schema.annotation_tables import ANNOTATION_SUM, SET_SUM
from data.catalogue.schema.people_tables import PERSON_SUM, RECENT_SUM, SAVED_SUM
from data.catalogue.schema.review_tables import CASE_SUM, LOG_SUM
from data.catalogue.schema.tables import EVENT_SUM, TAG_SUM
from data.catalogue.values import sql
from data.disk_errors import BRING_BACK
from data.errors import DamagedFile

_STATES = f"({', '.join(repr(str(state)) for state in State)})"

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
BAD_EVENTS = f"events WHERE row_sum IS NOT NULL AND row_sum <> {EVENT_SUM}"
BAD_TAGS = f"tags WHERE row_sum <> {TAG_SUM} OR tag <> tag_key(typed)"
BAD_PEOPLE = f"people WHERE row_sum <> {PERSON_SUM}"
BAD_SAVED = f"saved_searches WHERE row_sum <> {SAVED_SUM}"
BAD_RECENT = f"recent_searches WHERE row_sum <> {RECENT_SUM}"
BAD_CASES = f"review_cases WHERE row_sum <> {CASE_SUM}"
BAD_LOG = f"review_log WHERE row_sum <> {LOG_SUM}"
BAD_SETS = f"annotation_sets WHERE row_sum <> {SET_SUM}"
BAD_ANNOTATIONS = f"annotations WHERE row_sum <> {ANNOTATION_SUM}"
BAD_FILES = f"files WHERE name_key <> name_key(path) OR state NOT IN {_STATES}"
BAD_EMBEDDINGS = f"embeddings WHERE state NOT IN {_STATES}"
# What the database itself cannot know to be wrong: what it means, and a query that counts it.
_ROW_CHECKS = {
    "watch events that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_EVENTS}",
    "tags that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_TAGS}",
    "people who are not as they were written: {n}": f"SELECT count(*) FROM {BAD_PEOPLE}",
    "saved searches that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_SAVED}",
    "recent searches that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_RECENT}",
    "cases of reviews that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_CASES}",
    "rows of the log of reviews that are not as they were written: {n}": (
        f"SELECT count(*) FROM {BAD_LOG}"
    ),
    "sets of labels that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_SETS}",
    "annotations that are not as they were written: {n}": f"SELECT count(*) FROM {BAD_ANNOTATIONS}",
    "files that are not as they were recorded: {n}": f"SELECT count(*) FROM {BAD_FILES}",
    "videos with an unknown state: {n}": f"SELECT count(*) FROM {BAD_EMBEDDINGS}",
    "the number of watch events is not what was counted": (
        "SELECT (SELECT n_events FROM history_counts) <> (SELECT count(*) FROM events)"
    ),
}
_ENCODERS = sql("SELECT DISTINCT encoder_id FROM parts ORDER BY encoder_id")


def require_sound(catalogue: Database) -> None:
    """Check that the database file is whole: into a damaged one nothing is written.

    Raises:
        DamagedFile: It is not.
    """
    problems = structure_problems(catalogue)
    if problems:
        raise DamagedFile(
            f"{problems[0]}: {catalogue.home.catalogue}; nothing was written", fix=BRING_BACK
        )


def structure_problems(catalogue: Database, *, deep: bool = False) -> list[str]:
    """List what is wrong with the database file, one line each; nothing when it is sound.

    `deep` compares every index of the database with its table too.
    """
    check = "integrity_check" if deep else "quick_check"
    try:
        with catalogue.reading() as connection:
            report = [str(row[0]) for row in connection.execute(sql(f"PRAGMA {check}"))]
    except DamagedFile as error:
        return [error.problem]
    return [f"the database file is damaged: {line}" for line in report if line != "ok"]


def row_problems(catalogue: Database) -> list[str]:
    """List what is wrong with rows of a sound file, one line each."""
    try:
        with catalogue.reading() as connection:
            dangling = connection.execute(sql("PRAGMA foreign_key_check")).all()
            counted = [(what, connection.scalar(sql(query))) for what, query in _ROW_CHECKS.items()]
    except DamagedFile as error:
        return [error.problem]
    problems = [what.format(n=n) for what, n in counted if n]
    return problems + [
        f"a row of {row[0]} refers to a row of {row[2]} that is gone" for row in dangling
    ]


def miscounted(catalogue: Database) -> dict[int, str]:
    """Give video id and encoder id of searchable videos whose rows do not fit together."""
    with catalogue.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(_MISCOUNTED)}


def claimed_clips(catalogue: Database, part: str) -> dict[int, list[int]]:
    """Give, for each video whose vectors should lie in a part, its clip ids in order of time."""
    claims: dict[int, list[int]] = {}
    with catalogue.reading() as connection:
        for video_id, clip_id in connection.execute(_CLAIMS, {"part": part}):
            clips = claims.setdefault(video_id, [])
            if clip_id is not None:
                clips.append(clip_id)
    return claims


def encoder_ids(catalogue: Database) -> list[str]:
    """List the encoders that parts were made with."""
    with catalogue.reading() as connection:
        return list(connection.scalars(_ENCODERS))
