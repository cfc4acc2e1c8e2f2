"""The catalogue's embeddings: what each encoder made of each video, and in which part it lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, delete, select, text, update
from sqlalchemy.dialects.sqlite import insert

from data.catalogue.database import Database, now_micros, text_path
from data.catalogue.files import chunks
from data.catalogue.records import (
    MAX_ATTEMPTS,
    EmbeddingRow,
    Failure,
    Part,
    Pending,
    State,
)
from data.catalogue.tables import clips, embeddings, loose_parts, parts, videos
from data.errors import ReelwiseError

_SEARCHABLE_SQL = f"('{State.DONE}', '{State.PARTIAL}')"
# The file that was known first stands for its video.
_FIRST_FILES = (
    "(SELECT video_id, MIN(id) AS file_id FROM files WHERE video_id IS NOT NULL GROUP BY video_id)"
)


class CatalogueEmbeddings(Database):
    """Embeddings, clips and parts; `indexer.build.record` writes them in the one durable order."""

    def not_embedded(self, encoder_id: str, *, retry_failed: bool = False) -> list[Pending]:
        """List the live videos that an encoder has not embedded, in the order they became known.

        Args:
            encoder_id: The encoder.
            retry_failed: Also those that failed or are quarantined.
        """
        tried = f" OR e.state NOT IN {_SEARCHABLE_SQL}" if retry_failed else ""
        query = text(
            f"SELECT v.id, f.path, f.size_bytes, coalesce(e.attempts, 0) FROM {_FIRST_FILES} x"
            " JOIN videos v ON v.id = x.video_id JOIN files f ON f.id = x.file_id"
            " LEFT JOIN embeddings e ON e.video_id = v.id AND e.encoder_id = :encoder"
            f" WHERE e.id IS NULL{tried} ORDER BY v.id"
        )
        with self.reading() as connection:
            return [
                Pending(video_id, text_path(path), size_bytes, attempts)
                for video_id, path, size_bytes, attempts in connection.execute(
                    query, {"encoder": encoder_id}
                )
            ]

    def record_failed(self, encoder_id: str, failed: Iterable[tuple[int, str]]) -> None:
        """Count one more failure for each (video id, reason); the third quarantines the video.

        A video that is already searchable stays so: a failed second try takes nothing away.
        """
        statement = insert(embeddings)
        again = statement.on_conflict_do_update(
            index_elements=["video_id", "encoder_id"],
            set_={
                "attempts": embeddings.c.attempts + 1,
                "reason": statement.excluded.reason,
                "state": text(
                    f"CASE WHEN embeddings.attempts + 1 >= {MAX_ATTEMPTS}"
                    f" THEN '{State.QUARANTINED}' ELSE '{State.FAILED}' END"
                ),
            },
            where=text(f"embeddings.state NOT IN {_SEARCHABLE_SQL}"),
        )
        rows = [
            {
                "video_id": video_id,
                "encoder_id": encoder_id,
                "state": State.FAILED,
                "reason": reason,
                "attempts": 1,
                "n_frames": 0,
                "n_clips": 0,
                "made_at": now_micros(),
            }
            for video_id, reason in failed
        ]
        if rows:
            with self.writing("record_failed") as connection:
                connection.execute(again, rows)

    def failures(self, encoder_id: str | None = None) -> list[Failure]:
        """List by path what is not wholly searchable: unreadable, failed and partial files.

        Args:
            encoder_id: Whose failures; None takes the encoder that the library is served with, or
                all encoders when there is none yet.
        """
        encoder_id = encoder_id or self.get_meta("encoder_id")
        query = text(
            f"SELECT f.path, e.state, coalesce(e.reason, ''), e.attempts FROM {_FIRST_FILES} x"
            " JOIN files f ON f.id = x.file_id JOIN embeddings e ON e.video_id = x.video_id"
            f" WHERE e.state != '{State.DONE}' AND (:encoder IS NULL OR e.encoder_id = :encoder)"
            " UNION ALL SELECT path, state, coalesce(reason, ''), attempts FROM files"
            " WHERE video_id IS NULL ORDER BY 1"
        )
        with self.reading() as connection:
            rows = connection.execute(query, {"encoder": encoder_id})
            return [Failure(text_path(row[0]), row[1], row[2], row[3]) for row in rows]

    def reserve(self, encoder_id: str, part: str, n_clips: int) -> int:
        """Take `n_clips` clip ids out of circulation for ever and announce a part by its name.

        Committed before the part is written: a kill afterwards costs unused numbers and leaves a
        file that the next writer knows to be unfinished, never a doubled id.

        Returns:
            The first of the reserved ids; the rest follow it.
        """
        with self.writing("reserve", changes_library=False) as connection:
            connection.execute(insert(loose_parts).values(name=part, encoder_id=encoder_id))
            moved = connection.exec_driver_sql(
                "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'clips'", (n_clips,)
            )
            if moved.rowcount == 0:
                connection.exec_driver_sql(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES ('clips', ?)", (n_clips,)
                )
            last = connection.exec_driver_sql(
                "SELECT seq FROM sqlite_sequence WHERE name = 'clips'"
            ).scalar_one()
        return int(last) - n_clips + 1

    def commit_part(self, encoder_id: str, part: Part, rows: Sequence[EmbeddingRow]) -> None:
        """Make a durable part's videos searchable, all or none, in one transaction.

        A video that was embedded before is replaced: its old clips go, its old rows in older parts
        become out of date.

        Args:
            encoder_id: The encoder.
            part: The part as written; its name must have been announced by `reserve`.
            rows: One row per video in the part.

        Raises:
            ReelwiseError: The part was not announced (another writer cleaned up meanwhile).
        """
        with self.writing("commit_part") as connection:
            announced = connection.execute(
                delete(loose_parts).where(loose_parts.c.name == part.name)
            )
            if announced.rowcount != 1:
                raise ReelwiseError(
                    f"vector part {part.name} was never announced, or is committed already",
                    fix="run reelwise index again: it goes on from what is recorded",
                )
            made_at = now_micros()
            connection.execute(
                insert(parts).values(
                    name=part.name,
                    encoder_id=encoder_id,
                    sha256=part.sha256,
                    size_bytes=part.size_bytes,
                    made_at=made_at,
                )
            )
            _put_embeddings(connection, encoder_id, part.name, rows, made_at)

    def parts(self, encoder_id: str, *, live: bool = True) -> list[Part]:
        """List an encoder's parts in the order they were made, each with the videos it speaks for.

        Args:
            encoder_id: The encoder.
            live: Leave out videos without any file, and parts that then hold nothing.
        """
        query = text(
            "SELECT p.name, p.sha256, p.size_bytes, e.video_id FROM parts p"
            " LEFT JOIN embeddings e ON e.part = p.name"
            + (" AND e.video_id IN (SELECT video_id FROM files)" if live else "")
            + " WHERE p.encoder_id = :encoder ORDER BY p.rowid"
        )
        found: dict[str, tuple[str, int, list[int]]] = {}
        with self.reading() as connection:
            for name, sha256, size_bytes, video_id in connection.execute(
                query, {"encoder": encoder_id}
            ):
                held = found.setdefault(name, (sha256, size_bytes, []))[2]
                if video_id is not None:
                    held.append(video_id)
        return [
            Part(name, sha256, size_bytes, frozenset(held))
            for name, (sha256, size_bytes, held) in found.items()
            if held or not live
        ]

    def part_of(self, encoder_id: str, video_ids: Iterable[int]) -> dict[int, Part]:
        """Find the part that holds each video's valid vectors; videos without one are left out."""
        found: dict[int, Part] = {}
        query = select(
            embeddings.c.video_id, parts.c.name, parts.c.sha256, parts.c.size_bytes
        ).join(parts, parts.c.name == embeddings.c.part)
        with self.reading() as connection:
            for chunk in chunks(video_ids, 500):
                rows = connection.execute(
                    query.where(
                        embeddings.c.encoder_id == encoder_id,
                        embeddings.c.video_id.in_(chunk),
                    )
                )
                for video_id, name, sha256, size_bytes in rows:
                    found[video_id] = Part(name, sha256, size_bytes, frozenset({video_id}))
        return found

    def forget_embeddings(self, encoder_id: str, video_ids: Iterable[int]) -> int:
        """Take videos out of an encoder's search so that the next `index` embeds them again.

        Returns:
            How many embeddings were removed, with their clips.
        """
        removed = 0
        with self.writing("forget_embeddings") as connection:
            for chunk in chunks(video_ids, 500):
                mine = select(embeddings.c.id).where(
                    embeddings.c.encoder_id == encoder_id, embeddings.c.video_id.in_(chunk)
                )
                connection.execute(delete(clips).where(clips.c.embedding_id.in_(mine)))
                removed += connection.execute(
                    delete(embeddings).where(embeddings.c.id.in_(mine))
                ).rowcount
        return removed

    def retire_parts(self) -> list[tuple[str, str]]:
        """Strike parts that no video refers to and list every (encoder id, name) to delete.

        The list also holds what a killed writer announced and never committed, and what an earlier
        removal did not finish. Delete the files, then call `retired`. Only the holder of the writer
        lock may do so.
        """
        unused = select(parts.c.name).where(
            parts.c.name.not_in(select(embeddings.c.part).where(embeddings.c.part.is_not(None)))
        )
        with self.reading() as connection:
            if connection.execute(unused.limit(1)).first() is None:
                return _loose(connection)
        with self.writing("retire_parts", changes_library=False) as connection:
            columns = select(parts.c.name, parts.c.encoder_id).where(parts.c.name.in_(unused))
            connection.execute(insert(loose_parts).from_select(["name", "encoder_id"], columns))
            connection.execute(delete(parts).where(parts.c.name.in_(select(loose_parts.c.name))))
            return _loose(connection)

    def retired(self, names: Iterable[str]) -> None:
        """Note that the files of retired parts are gone."""
        with self.writing("retired", changes_library=False) as connection:
            for chunk in chunks(names, 500):
                connection.execute(delete(loose_parts).where(loose_parts.c.name.in_(chunk)))


def _loose(connection: Connection) -> list[tuple[str, str]]:
    return [
        (encoder_id, name)
        for encoder_id, name in connection.execute(
            select(loose_parts.c.encoder_id, loose_parts.c.name)
        )
    ]


def _put_embeddings(
    connection: Connection,
    encoder_id: str,
    part: str,
    rows: Sequence[EmbeddingRow],
    made_at: int,
) -> None:
    """Write the rows of one part; one statement for all of them costs a fifth of one for each."""
    if not rows:
        return
    upsert = insert(embeddings)
    changed = ("state", "reason", "attempts", "part", "n_frames", "n_clips", "made_at")
    upsert = upsert.on_conflict_do_update(
        index_elements=["video_id", "encoder_id"],
        set_={name: upsert.excluded[name] for name in changed},
    )
    connection.execute(
        upsert,
        [
            {
                "video_id": row.video_id,
                "encoder_id": encoder_id,
                "state": row.ending.state,
                "reason": row.ending.reason or None,
                "attempts": 0,
                "part": part,
                "n_frames": row.n_frames,
                "n_clips": len(row.clip_ids),
                "made_at": made_at,
            }
            for row in rows
        ],
    )
    known = select(embeddings.c.video_id, embeddings.c.id)
    known = known.where(embeddings.c.encoder_id == encoder_id, embeddings.c.part == part)
    ids: dict[int, int] = {row.video_id: row.id for row in connection.execute(known)}
    old = clips.c.embedding_id == bindparam("embedding")
    connection.execute(delete(clips).where(old), [{"embedding": ids[r.video_id]} for r in rows])
    new_clips = [
        {"id": clip_id, "embedding_id": ids[row.video_id], "ordinal": n, "start_s": s, "end_s": e}
        for row in rows
        for n, (clip_id, (s, e)) in enumerate(zip(row.clip_ids, row.clip_spans, strict=True))
    ]
    if new_clips:
        connection.execute(insert(clips), new_clips)
    _put_info(connection, rows)


def _put_info(connection: Connection, rows: Sequence[EmbeddingRow]) -> None:
    """Write what the files say about themselves."""
    known = [{"video": row.video_id, **asdict(row.ending.info)} for row in rows if row.ending.info]
    if known:  # the keys of the rows name the columns to set
        connection.execute(update(videos).where(videos.c.id == bindparam("video")), known)
