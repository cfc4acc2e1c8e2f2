"""What heads say of clips, as the catalogue has it: derived, and made anew at any time."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.catalogue.database import Database
from data.catalogue.records import IS_LIVE
from data.catalogue.values import sql

_ALL = sql("SELECT id, name, revision, encoder_id, task, classes, needs FROM heads ORDER BY name")
_PUT_HEAD = sql(
    "INSERT INTO heads (name, revision, encoder_id, task, classes, needs)"
    " VALUES (:name, :revision, :encoder, :task, :classes, :needs)"
)
_DROP_HEAD = sql("DELETE FROM heads WHERE name = :name")
# A clip, or the head, may be gone by now.
_PUT = sql(
    "INSERT OR REPLACE INTO predictions (clip_id, head_id, label, score, chosen)"
    " SELECT :clip, :head, :label, :score, :chosen"
    " WHERE EXISTS (SELECT 1 FROM clips WHERE id = :clip)"
    " AND EXISTS (SELECT 1 FROM heads WHERE id = :head)"
)
_OF_LIVE = f"FROM embeddings e JOIN clips c ON c.embedding_id = e.id WHERE {IS_LIVE}"
_HAS_NONE = " AND NOT EXISTS (SELECT 1 FROM predictions WHERE clip_id = c.id AND head_id = :head)"
_MISSING = sql(f"SELECT DISTINCT e.video_id {_OF_LIVE}{_HAS_NONE} ORDER BY e.video_id")
_COUNT_MISSING = sql(f"SELECT count(*) {_OF_LIVE}{_HAS_NONE}")
_COUNT = sql("SELECT count(DISTINCT clip_id) FROM predictions WHERE head_id = :head")
_OF_CLIPS = sql(
    "SELECT clip_id, label, score, chosen FROM predictions WHERE head_id = :head"
    " AND clip_id IN :clips ORDER BY clip_id, score DESC",
    "clips",
)
BAD_PREDICTIONS = (
    "predictions WHERE typeof(score) <> 'real' OR chosen NOT IN (0, 1)"
    " OR (label <> '' AND NOT score BETWEEN 0 AND 1)"
)
"""SQL: predictions that no head makes."""


@dataclass(frozen=True)
class KnownHead:
    """A head whose predictions the catalogue has."""

    id: int
    """Its number, new with each revision."""
    name: str
    """What it is called."""
    revision: str
    """Of the head that predicted."""
    encoder_id: str
    """Whose clips it predicts of."""
    task: str
    """`classes`, `several` or `number`."""
    classes: tuple[str, ...]
    """The labels it knows; none for numbers."""
    needs: tuple[str, ...]
    """Columns that clips do not have: where there are any, it predicts of no clip."""


@dataclass(frozen=True)
class Prediction:
    """What a head says of a clip."""

    clip_id: int
    """The clip."""
    label: str
    """A label; empty for a number."""
    score: float
    """Its probability, 0 to 1; or the number."""
    chosen: bool
    """Whether the head says that it is so."""


class Predictions:
    """The predictions of one catalogue, `Catalogue.predictions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heads(self) -> dict[str, KnownHead]:
        """Give the heads whose predictions are here, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(_ALL).all()
        return {
            row.name: KnownHead(
                row.id,
                row.name,
                row.revision,
                row.encoder_id,
                row.task,
                tuple(json.loads(row.classes)),
                tuple(json.loads(row.needs)),
            )
            for row in rows
        }

    def begin(self, head: KnownHead) -> int:
        """Take a head up in place of one of its name, with what that predicted.

        Returns:
            Its number; `head.id` is not looked at.
        """
        values = {
            "name": head.name,
            "revision": head.revision,
            "encoder": head.encoder_id,
            "task": head.task,
            "classes": json.dumps(head.classes),
            "needs": json.dumps(head.needs),
        }
        with self._database.writing("predictions.begin") as connection:
            connection.execute(_DROP_HEAD, {"name": head.name})
            return int(connection.execute(_PUT_HEAD, values).lastrowid)

    def put(self, head_id: int, rows: Iterable[Prediction]) -> None:
        """Store predictions in one transaction; those of clips that are gone are left out."""
        values = [
            {
                "clip": row.clip_id,
                "head": head_id,
                "label": row.label,
                "score": row.score,
                "chosen": int(row.chosen),
            }
            for row in rows
        ]
        if values:
            with self._database.writing("predictions.put") as connection:
                connection.execute(_PUT, values)

    def drop(self, name: str) -> None:
        """Remove what a head predicted."""
        with self._database.writing("predictions.drop") as connection:
            connection.execute(_DROP_HEAD, {"name": name})

    def missing(self, head: KnownHead) -> list[int]:
        """Give the live videos with clips that a head has not predicted of, by id."""
        with self._database.reading() as connection:
            asked = {"encoder": head.encoder_id, "head": head.id}
            return list(connection.scalars(_MISSING, asked))

    def count_missing(self, head: KnownHead) -> int:
        """Count the clips of `missing`; 0 for a head that predicts of no clip."""
        if head.needs:
            return 0
        with self._database.reading() as connection:
            asked = {"encoder": head.encoder_id, "head": head.id}
            return int(connection.execute(_COUNT_MISSING, asked).scalar_one())

    def count(self, head: KnownHead) -> int:
        """Count the clips that a head has predicted of."""
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT, {"head": head.id}).scalar_one())

    def of(self, head: KnownHead, clip_ids: Sequence[int]) -> list[Prediction]:
        """Give what a head says of some clips, the likeliest label of each first."""
        found = []
        with self._database.reading() as connection:
            for first in range(0, len(clip_ids), 500):
                some = list(clip_ids[first : first + 500])
                rows = connection.execute(_OF_CLIPS, {"head": head.id, "clips": some})
                found += [Prediction(r.clip_id, r.label, r.score, bool(r.chosen)) for r in rows]
        return found
