"""The catalogue's embeddings: what each encoder made of each video, and in which part it lies."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.records import (
    FIRST_FILES,
    INCOMPLETE,
    SEARCHABLE,
    EmbeddingRow,
    Failure,
    Part,
    Pending,
    State,
)
from data.catalogue.values import chunks, sql, text_path
from data.errors import ReelwiseError
from data.video.types import Ending

_NOT_EMBEDDED = (
    f"SELECT v.id, f.path, f.size_bytes, coalesce(e.attempts, 0) AS attempts FROM {FIRST_FILES} x"
    " JOIN videos v ON v.id = x.video_id JOIN files f ON f.id = x.file_id"
    " LEFT JOIN embeddings e ON e.video_id = v.id AND e.encoder_id = :encoder"
    " WHERE e.id IS NULL"
)
_UNTRIED = sql(f"{_NOT_EMBEDDED} ORDER BY v.id")
_UNTRIED_OR_FAILED = sql(f"{_NOT_EMBEDDED} OR NOT e.{SEARCHABLE} ORDER BY v.id")
_ONE_MORE_FAILURE = sql(
    "INSERT INTO embeddings (video_id, encoder_id, state, reason, attempts, n_clips)"
    f" VALUES (:video_id, :encoder, '{State.FAILED}', :reason, 1, 0)"
    " ON CONFLICT (video_id, encoder_id) DO UPDATE SET"
    f" attempts = embeddings.attempts + 1, reason = excluded.reason, state = '{State.FAILED}'"
    f" WHERE NOT embeddings.{SEARCHABLE}"
)
_FAILURES = (
    "SELECT f.path, e.state, coalesce(e.reason, '') AS reason, e.attempts FROM embeddings e"
    f" JOIN files f ON f.video_id = e.video_id WHERE {{of_encoder}}e.{INCOMPLETE}"
    " UNION ALL SELECT path, state, coalesce(reason, ''), attempts FROM files"
    " WHERE video_id IS NULL ORDER BY 1"
)
_ALL_FAILURES = sql(_FAILURES.format(of_encoder=""))
# By `embeddings_by_encoder`: what is whole, the most of them, is not looked at.
_FAILURES_OF = sql(_FAILURES.format(of_encoder="e.encoder_id = :encoder AND "))
_ANNOUNCE = sql("INSERT INTO loose_parts (name, encoder_id) VALUES (:part, :encoder)")
_TAKE_CLIP_IDS = sql("UPDATE sqlite_sequence SET seq = seq + :n WHERE name = 'clips'")
_FIRST_CLIP_IDS = sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('clips', :n)")
_LAST_CLIP_ID = sql("SELECT seq FROM sqlite_sequence WHERE name = 'clips'")
_PUT_PART = sql(
    "INSERT INTO parts (name, encoder_id, sha256, size_bytes)"
    " VALUES (:part, :encoder, :sha256, :size_bytes)"
)
_PUT_EMBEDDING = sql(
    "INSERT INTO embeddings"
    " (video_id, encoder_id, state, reason, attempts, part, n_clips, clip_rule)"
    " VALUES (:video_id, :encoder, :state, :reason, 0, :part, :n_clips, :clip_rule)"
    " ON CONFLICT (video_id, encoder_id) DO UPDATE SET state = excluded.state,"
    " reason = excluded.reason, attempts = 0, part = excluded.part, n_clips = excluded.n_clips,"
    " clip_rule = excluded.clip_rule"
)
_IDS_OF_PART = sql(
    "SELECT video_id, id FROM embeddings WHERE encoder_id = :encoder AND part = :part"
)
_DROP_CLIPS = sql("DELETE FROM clips WHERE embedding_id = :embedding")
_PUT_CLIP = sql(
    "INSERT INTO clips (id, embedding_id, ordinal, start_s, end_s)"
    " VALUES (:id, :embedding, :ordinal, :start_s, :end_s)"
)
_PUT_INFO = sql(
    "UPDATE videos SET duration_s = :duration_s, width_px = :width_px, height_px = :height_px,"
    " fps = :fps, codec = :codec, recorded_at = :recorded_us WHERE id = :video_id"
)
_PARTS = (
    "SELECT p.name, p.sha256, p.size_bytes, e.video_id FROM parts p"
    " LEFT JOIN embeddings e ON e.part = p.name{live} WHERE p.encoder_id = :encoder"
    " ORDER BY p.rowid"
)
_LIVE_PARTS = sql(_PARTS.format(live=" AND e.video_id IN (SELECT video_id FROM files)"))
_ALL_PARTS = sql(_PARTS.format(live=""))
_PART_SIZES = sql(
    "SELECT name, size_bytes FROM parts p WHERE encoder_id = :encoder AND EXISTS"
    " (SELECT 1 FROM embeddings e WHERE e.part = p.name"
    " AND EXISTS (SELECT 1 FROM files WHERE video_id = e.video_id))"
)
_PART_OF = sql(
    "SELECT e.video_id, p.name, p.sha256, p.size_bytes FROM embeddings e"
    " JOIN parts p ON p.name = e.part WHERE e.encoder_id = :encoder AND e.video_id IN :videos",
    "videos",
)
_PART_NAMES = sql(
    "SELECT name FROM parts WHERE encoder_id = :encoder"
    " UNION ALL SELECT name FROM loose_parts WHERE encoder_id = :encoder"
)
_IN_PARTS = sql(
    "SELECT video_id FROM embeddings WHERE encoder_id = :encoder AND part IN :parts", "parts"
)
_OTHERS = (
    f"FROM embeddings WHERE encoder_id = :encoder AND {SEARCHABLE} AND clip_rule <> :rule"
    " AND video_id IN (SELECT video_id FROM files)"
)
_CUT_OTHERWISE = sql(
    f"SELECT video_id, state, coalesce(reason, '') AS reason {_OTHERS} ORDER BY video_id"
)
_COUNT_CUT_OTHERWISE = sql(f"SELECT count(*) {_OTHERS}")
_CHOSEN = "FROM embeddings WHERE encoder_id = :encoder AND video_id IN :videos"
_DROP_CHOSEN_CLIPS = sql(f"DELETE FROM clips WHERE embedding_id IN (SELECT id {_CHOSEN})", "videos")
_DROP_CHOSEN = sql(f"DELETE {_CHOSEN}", "videos")
_UNUSED = "FROM parts WHERE name NOT IN (SELECT part FROM embeddings WHERE part IS NOT NULL)"
_ANY_UNUSED = sql(f"SELECT 1 {_UNUSED} LIMIT 1")
_LOOSEN_UNUSED = sql(
    f"INSERT INTO loose_parts (name, encoder_id) SELECT name, encoder_id {_UNUSED}"
)
_DROP_LOOSENED = sql("DELETE FROM parts WHERE name IN (SELECT name FROM loose_parts)")
_LOOSE = sql("SELECT encoder_id, name FROM loose_parts")
_DROP_LOOSE = sql("DELETE FROM loose_parts WHERE name IN :names", "names")


class Embeddings:
    """Embeddings, clips and parts; `indexer.build.recording` writes them in the durable order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def missing(self, encoder_id: str, *, retry_failed: bool = False) -> list[Pending]:
        """List the live videos that an encoder has not embedded, in the order they became known.

        `retry_failed` adds those that failed.
        """
        query = _UNTRIED_OR_FAILED if retry_failed else _UNTRIED
        with self._database.reading() as connection:
            rows = connection.execute(query, {"encoder": encoder_id})
            return [
                Pending(video_id, text_path(path), size_bytes, attempts)
                for video_id, path, size_bytes, attempts in rows
            ]

    def record_failed(self, encoder_id: str, failed: Iterable[tuple[int, str]]) -> None:
        """Count one more failure for each (video id, reason); they end automatic retries.

        A video that is already searchable stays so: a failed second try takes nothing away.
        """
        rows = [
            {"video_id": video_id, "encoder": encoder_id, "reason": reason}
            for video_id, reason in failed
        ]
        if rows:
            with self._database.writing("record_failed") as connection:
                connection.execute(_ONE_MORE_FAILURE, rows)

    def failures(self, encoder_id: str | None = None) -> list[Failure]:
        """List by path what is not wholly searchable: unreadable, failed and partial files.

        Args:
            encoder_id: Whose failures; None takes the encoder that the library is served with, or
                all encoders when there is none yet.
        """
        encoder_id = encoder_id or self._database.get_meta("encoder_id")
        with self._database.reading() as connection:
            query = _FAILURES_OF if encoder_id else _ALL_FAILURES
            rows = connection.execute(query, {"encoder": encoder_id} if encoder_id else {})
            return [Failure(text_path(row[0]), row[1], row[2], row[3]) for row in rows]

    def reserve(self, encoder_id: str, part: str, n_clips: int) -> int:
        """Take `n_clips` clip ids out of circulation for ever and announce a part by its name.

        Committed before the part is written: a kill afterwards costs unused numbers and leaves a
        file that the next writer knows to be unfinished, never a doubled id.

        Returns:
            The first of the reserved ids; the rest follow it.
        """
        with self._database.writing("reserve", changes_library=False) as connection:
            connection.execute(_ANNOUNCE, {"part": part, "encoder": encoder_id})
            # SQLite's own counter of AUTOINCREMENT: it survives the deletion of rows.
            if connection.execute(_TAKE_CLIP_IDS, {"n": n_clips}).rowcount == 0:
                connection.execute(_FIRST_CLIP_IDS, {"n": n_clips})
            last = connection.execute(_LAST_CLIP_ID).scalar_one()
        return int(last) - n_clips + 1

    def commit_part(self, encoder_id: str, part: Part, rows: Sequence[EmbeddingRow]) -> None:
        """Make a durable part's videos searchable, all or none, in one transaction.

        A video that was embedded before is replaced: its old clips go, its old rows in older parts
        become out of date.

        Raises:
            ReelwiseError: The part was not announced (another writer cleaned up meanwhile).
        """
        names = {"part": part.name, "encoder": encoder_id}
        with self._database.writing("commit_part") as connection:
            if connection.execute(_DROP_LOOSE, {"names": [part.name]}).rowcount != 1:
                raise ReelwiseError(
                    f"vector part {part.name} was never announced, or is committed already",
                    fix="run reelwise index again: it goes on from what is recorded",
                )
            connection.execute(
                _PUT_PART, {**names, "sha256": part.sha256, "size_bytes": part.size_bytes}
            )
            if rows:
                _put_embeddings(connection, names, rows)

    def parts(self, encoder_id: str, *, live: bool = True) -> list[Part]:
        """List an encoder's parts in the order they were made, each with the videos it speaks for.

        `live` leaves out videos without any file, and parts that then hold nothing.
        """
        parts: dict[str, tuple[str, int, list[int]]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(_LIVE_PARTS if live else _ALL_PARTS, {"encoder": encoder_id})
            for name, sha256, size_bytes, video_id in rows:
                videos = parts.setdefault(name, (sha256, size_bytes, []))[2]
                if video_id is not None:
                    videos.append(video_id)
        return [
            Part(name, sha256, size_bytes, frozenset(videos))
            for name, (sha256, size_bytes, videos) in parts.items()
            if videos or not live
        ]

    def part_sizes(self, encoder_id: str) -> dict[str, int]:
        """Give the size in bytes of each part with a live video, by its name."""
        with self._database.reading() as connection:
            rows = connection.execute(_PART_SIZES, {"encoder": encoder_id})
            return {row.name: row.size_bytes for row in rows}

    def part_names(self, encoder_id: str) -> set[str]:
        """Name an encoder's parts: recorded ones, announced ones, and those being removed."""
        with self._database.reading() as connection:
            return set(connection.scalars(_PART_NAMES, {"encoder": encoder_id}))

    def videos_in(self, encoder_id: str, parts: Iterable[str]) -> set[int]:
        """Give the videos whose valid vectors lie in one of these parts, live or not."""
        videos: set[int] = set()
        with self._database.reading() as connection:
            for chunk in chunks(parts):
                rows = connection.scalars(_IN_PARTS, {"encoder": encoder_id, "parts": chunk})
                videos.update(rows)
        return videos

    def part_of(self, encoder_id: str, video_ids: Iterable[int]) -> dict[int, Part]:
        """Give the part that holds each video's valid vectors; videos without one are left out."""
        parts: dict[int, Part] = {}
        with self._database.reading() as connection:
            for chunk in chunks(video_ids):
                rows = connection.execute(_PART_OF, {"encoder": encoder_id, "videos": chunk})
                for video_id, name, sha256, size_bytes in rows:
                    parts[video_id] = Part(name, sha256, size_bytes, frozenset({video_id}))
        return parts

    def cut_otherwise(self, encoder_id: str, clip_rule: str) -> dict[int, Ending]:
        """Give the live videos whose clips were cut by another rule, with how decoding ended.

        Of the ending only its state and its reason are known here.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_CUT_OTHERWISE, {"encoder": encoder_id, "rule": clip_rule})
            return {row.video_id: Ending(row.state, row.reason) for row in rows}

    def count_cut_otherwise(self, encoder_id: str, clip_rule: str) -> int:
        """Count the videos of `cut_otherwise`."""
        with self._database.reading() as connection:
            asked = {"encoder": encoder_id, "rule": clip_rule}
            return int(connection.execute(_COUNT_CUT_OTHERWISE, asked).scalar_one())

    def forget(self, encoder_id: str, video_ids: Iterable[int]) -> int:
        """Take videos out of an encoder's search so that the next `index` embeds them again.

        Returns:
            How many embeddings were removed, with their clips.
        """
        removed = 0
        with self._database.writing("forget_embeddings") as connection:
            for chunk in chunks(video_ids):
                chosen = {"encoder": encoder_id, "videos": chunk}
                connection.execute(_DROP_CHOSEN_CLIPS, chosen)
                removed += connection.execute(_DROP_CHOSEN, chosen).rowcount
        return removed

    def retire_parts(self) -> list[tuple[str, str]]:
        """Strike parts that no video refers to and list every (encoder id, name) to delete.

        The list also holds what a killed writer announced and never committed, and what an earlier
        removal did not finish. Delete the files, then call `retired`. Only the holder of the writer
        lock may do so.
        """
        with self._database.reading() as connection:
            if connection.execute(_ANY_UNUSED).first() is None:
                return _loose_parts(connection)
        with self._database.writing("retire_parts", changes_library=False) as connection:
            connection.execute(_LOOSEN_UNUSED)
            connection.execute(_DROP_LOOSENED)
            return _loose_parts(connection)

    def retired(self, names: Iterable[str]) -> None:
        """Note that the files of retired parts are gone."""
        with self._database.writing("retired", changes_library=False) as connection:
            for chunk in chunks(names):
                connection.execute(_DROP_LOOSE, {"names": chunk})


def _loose_parts(connection: Connection) -> list[tuple[str, str]]:
    return [(encoder_id, name) for encoder_id, name in connection.execute(_LOOSE)]


def _put_embeddings(
    connection: Connection, names: dict[str, str], rows: Sequence[EmbeddingRow]
) -> None:
    """Write the rows of one part; one statement for all of them costs a fifth of one for each."""
    embedded = [
        {
            **names,
            "video_id": row.video_id,
            "state": row.ending.state,
            "reason": row.ending.reason or None,
            "n_clips": len(row.clip_ids),
            "clip_rule": row.clip_rule,
        }
        for row in rows
    ]
    connection.execute(_PUT_EMBEDDING, embedded)
    ids = {row.video_id: row.id for row in connection.execute(_IDS_OF_PART, names)}
    connection.execute(_DROP_CLIPS, [{"embedding": ids[row.video_id]} for row in rows])
    clips = [
        {"id": id_, "embedding": ids[row.video_id], "ordinal": n, "start_s": start, "end_s": end}
        for row in rows
        for n, (id_, (start, end)) in enumerate(zip(row.clip_ids, row.clip_spans, strict=True))
    ]
    if clips:
        connection.execute(_PUT_CLIP, clips)
    infos = [
        {"video_id": row.video_id, **asdict(row.ending.info)} for row in rows if row.ending.info
    ]
    if infos:
        connection.execute(_PUT_INFO, infos)
