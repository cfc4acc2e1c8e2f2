"""The catalogue's files: what lies where on the disk, and which video each file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.sqlite import insert

from data.catalogue.database import Database, now_micros, path_text, text_path
from data.catalogue.records import FileRecord, State
from data.catalogue.tables import files, roots, videos

T = TypeVar("T")
_ROWS_PER_STATEMENT = 500


class CatalogueFiles(Database):
    """Roots and files. Every method takes many rows at once: one transaction, one fsync."""

    def add_roots(self, paths: Iterable[Path]) -> None:
        """Remember folders (or single files) that the user asked to index; absolute paths."""
        rows = [{"path": path_text(path)} for path in paths]
        with self.writing("roots") as connection:
            if rows:
                connection.execute(insert(roots).on_conflict_do_nothing(), rows)

    def remove_roots(self, paths: Iterable[Path]) -> None:
        """Forget roots; their files stay until they are marked gone."""
        with self.writing("roots") as connection:
            for path in paths:
                connection.execute(delete(roots).where(roots.c.path == path_text(path)))

    def roots(self) -> list[Path]:
        """List the remembered roots by name."""
        with self.reading() as connection:
            return [text_path(p) for p in connection.scalars(select(roots.c.path).order_by("path"))]

    def files(self, under: Sequence[Path] | None = None) -> dict[Path, FileRecord]:
        """Give the known files by path.

        Args:
            under: Only these files and those inside these folders (absolute); None for all.
        """
        columns = "path, size_bytes, mtime_ns, inode, content_key, video_id, reason FROM files"
        found: dict[Path, FileRecord] = {}
        with self.reading() as connection:
            if under is None:
                found.update(_records(connection.exec_driver_sql(f"SELECT {columns}")))
            for root in under or ():
                name = path_text(root)
                # "0" is the character after "/": the index on path answers the range.
                low, high = (
                    (name, name[:-1] + "0") if name.endswith("/") else (name + "/", name + "0")
                )
                found.update(
                    _records(
                        connection.exec_driver_sql(
                            f"SELECT {columns} WHERE path = ? OR (path >= ? AND path < ?)",
                            (name, low, high),
                        )
                    )
                )
        return found

    def put_files(self, records: Iterable[FileRecord]) -> dict[Path, int | None]:
        """Write down files as they were just seen, and make a video of each new content.

        A record with `content_key` is linked to the video of that content: a known one for a copy,
        a moved file or content that came back, else a new one. A record without `content_key` is a
        file that could not be read: `reason` says why, and its attempts are counted.

        Args:
            records: Files by absolute path; `video_id` is ignored; `title` is kept for a new video
                (default: the file's stem) and replaces the old title where given, and so do
                `subtitles`.

        Returns:
            The video of each path; None where the file could not become one.
        """
        linked: dict[Path, int | None] = {}
        seen_at = now_micros()
        with self.writing("files") as connection:
            for chunk in chunks(records, _ROWS_PER_STATEMENT):
                ids = _ensure_videos(connection, chunk, seen_at)
                rows = []
                for record in chunk:
                    video_id = ids[record.content_key] if record.content_key else None
                    linked[record.path] = video_id
                    rows.append(_file_row(record, video_id, seen_at))
                _upsert_files(connection, rows)
        return linked

    def remove_files(self, paths: Iterable[Path]) -> int:
        """Forget files that are gone from the disk; a video with no file left is not live.

        Its row, clips and vectors stay: should the content come back, nothing is decoded.

        Returns:
            How many files were known.
        """
        removed = 0
        with self.writing("files_gone") as connection:
            for chunk in chunks(paths, _ROWS_PER_STATEMENT):
                names = [path_text(path) for path in chunk]
                removed += connection.execute(delete(files).where(files.c.path.in_(names))).rowcount
        return removed

    def copies(self) -> dict[int, list[Path]]:
        """Give the videos that several files hold, each with its files, first seen first."""
        query = text(
            "SELECT video_id, path FROM files WHERE video_id IN"
            " (SELECT video_id FROM files WHERE video_id IS NOT NULL"
            "  GROUP BY video_id HAVING count(*) > 1) ORDER BY video_id, id"
        )
        found: dict[int, list[Path]] = {}
        with self.reading() as connection:
            for video_id, path in connection.execute(query):
                found.setdefault(video_id, []).append(text_path(path))
        return found

    def subtitles(self, video_id: int) -> str | None:
        """Give the words of a video's sidecar file; None without one."""
        with self.reading() as connection:
            return connection.scalar(select(videos.c.subtitles).where(videos.c.id == video_id))

    def known_contents(self, content_keys: Iterable[str]) -> dict[str, int]:
        """Tell which contents are videos already, live or not: content key to video id."""
        known: dict[str, int] = {}
        with self.reading() as connection:
            for chunk in chunks(content_keys, _ROWS_PER_STATEMENT):
                known.update(_video_ids(connection, chunk))
        return known


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut an iterable, lazily, into lists of at most `size` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _records(rows: Iterable[Any]) -> Iterator[tuple[Path, FileRecord]]:
    for path, size_bytes, mtime_ns, inode, content_key, video_id, reason in rows:
        where = text_path(path)
        yield (
            where,
            FileRecord(where, size_bytes, mtime_ns, int(inode), content_key, video_id, reason),
        )


def _file_row(record: FileRecord, video_id: int | None, seen_at: int) -> dict[str, Any]:
    failed = video_id is None
    return {
        "path": path_text(record.path),
        "video_id": video_id,
        "size_bytes": record.size_bytes,
        "mtime_ns": record.mtime_ns,
        "inode": str(record.inode),
        "content_key": record.content_key,
        "seen_at": seen_at,
        "state": State.FAILED if failed else State.DONE,
        "reason": (record.reason or "could not be read") if failed else None,
        "attempts": 1 if failed else 0,
    }


def _upsert_files(connection: Connection, rows: list[dict[str, Any]]) -> None:
    statement = insert(files)
    fresh = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["path"],
            set_={
                "attempts": text(
                    "CASE WHEN excluded.attempts = 0 THEN 0 ELSE files.attempts + 1 END"
                ),
                **{name: fresh[name] for name in rows[0] if name not in ("path", "attempts")},
            },
        ),
        rows,
    )


def _ensure_videos(
    connection: Connection, records: Sequence[FileRecord], seen_at: int
) -> Mapping[str, int]:
    rows = [
        {
            "content_key": record.content_key,
            "size_bytes": record.size_bytes,
            "title": record.title or record.path.stem.encode(errors="replace").decode(),
            "subtitles": record.subtitles,
            "added_at": seen_at,
        }
        for record in records
        if record.content_key
    ]
    if not rows:
        return {}
    keys = [str(row["content_key"]) for row in rows]
    known = _video_ids(connection, keys)
    fresh = {key: row for key, row in zip(keys, rows, strict=True) if key not in known}
    if fresh:
        connection.execute(insert(videos), list(fresh.values()))
    _refresh_words(connection, [r for r in records if r.content_key in known])
    return {**known, **_video_ids(connection, list(fresh))}


def _refresh_words(connection: Connection, records: Sequence[FileRecord]) -> None:
    for record in records:
        words = {
            name: value
            for name, value in (("title", record.title), ("subtitles", record.subtitles))
            if value is not None
        }
        if words:
            connection.execute(
                videos.update().where(videos.c.content_key == record.content_key).values(**words)
            )


def _video_ids(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    query = select(videos.c.content_key, videos.c.id).where(videos.c.content_key.in_(keys))
    return {key: video_id for key, video_id in connection.execute(query)}
