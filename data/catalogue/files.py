"""The catalogue's files: what lies where on the disk, and which video each file holds."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.contents import Contents
from data.catalogue.database import Database
from data.catalogue.naming.spelling import name_key
from data.catalogue.records import DOUBTFUL, FileRecord, State
from data.catalogue.values import (
    chunks,
    ends_below,
    id_text,
    now_micros,
    path_text,
    sql,
    text_path,
)
from data.video.content import content_key
from data.video.found import FoundFile, RootRules, file_title

_FILES = (
    "SELECT path, files.size_bytes, mtime_ns, inode, files.content_key, content_hash, video_id,"
    " reason FROM files LEFT JOIN videos ON videos.id = video_id"
)
_ALL = sql(_FILES)
_BELOW = sql(f"{_FILES} WHERE path = :path OR (path >= :low AND path < :high)")
# "." follows "-": the contents that have these samples.
_ALIKE = sql(f"{_FILES} WHERE videos.content_key >= :key AND videos.content_key < :key || '.'")
_WHOLE = sql("SELECT content_key, content_hash FROM videos WHERE content_hash IS NOT NULL")
_WHOLE_ALIKE = sql(
    "SELECT content_key, content_hash FROM videos WHERE content_hash IS NOT NULL"
    " AND content_key >= :key AND content_key < :key || '.'"
)
_CONTENT_KEYS = sql("SELECT id, content_key FROM videos WHERE id IN :ids", "ids")
_ANY_BELOW = sql(
    "SELECT 1 FROM files WHERE (path = :path OR (path >= :low AND path < :high)) LIMIT 1"
)
# SQLite takes `path` from the row of the least id.
_FIRST_BELOW = sql(
    "SELECT video_id, path, MIN(id) FROM files"
    " WHERE video_id IN (SELECT value FROM json_each(:videos))"
    " AND (+path = :path OR (+path >= :low AND +path < :high)) GROUP BY video_id"
)
_COPIES = sql(
    "SELECT video_id, path FROM files WHERE video_id IN"
    " (SELECT video_id FROM files GROUP BY video_id HAVING COUNT(*) > 1) ORDER BY id"
)
_FILES_OF = sql(
    "SELECT video_id, path FROM files"
    " WHERE video_id IN (SELECT value FROM json_each(:videos)) ORDER BY id"
)
_PUT_FILE = sql(
    "INSERT INTO files"
    " (path, name_key, video_id, size_bytes, mtime_ns, inode, content_key, state, reason, attempts)"
    " VALUES (:path, :name_key, :video_id, :size_bytes, :mtime_ns, :inode, :content_key, :state,"
    " :reason, :attempts)"
    " ON CONFLICT (path) DO UPDATE SET video_id = excluded.video_id,"
    " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, inode = excluded.inode,"
    " content_key = excluded.content_key, state = excluded.state, reason = excluded.reason,"
    " attempts = CASE WHEN excluded.attempts = 0 THEN 0 ELSE files.attempts + 1 END"
)
_SET_HASH = sql("UPDATE videos SET content_hash = :hash WHERE id = :id")
_DOUBT = sql("UPDATE files SET mtime_ns = :mtime_ns WHERE path IN :paths", "paths")
_DROP_FILES = sql("DELETE FROM files WHERE path IN :paths", "paths")
_VIDEO_IDS = sql("SELECT content_key, id FROM videos WHERE content_key IN :keys", "keys")
_NEW_VIDEO = sql(
    "INSERT INTO videos (content_key, content_hash, size_bytes, title, added_at)"
    " VALUES (:content_key, :content_hash, :size_bytes, :title, :added_at)"
)
_NEW_TITLE = sql("UPDATE videos SET title = :title WHERE content_key = :content_key")
_NAMERS = sql(
    "SELECT f.path, f.video_id, v.title FROM files f JOIN videos v ON v.id = f.video_id"
    " WHERE f.path IN :paths",
    "paths",
)
_FIRST_FILES = sql(
    "SELECT video_id, path, MIN(id) FROM files WHERE video_id IN :ids GROUP BY video_id", "ids"
)
_SET_TITLE = sql("UPDATE videos SET title = :title WHERE id = :id")
_PUT_ROOT = sql(
    "INSERT INTO roots (path, excludes, follow_links) VALUES (:path, :excludes, :follow_links)"
    " ON CONFLICT (path) DO UPDATE SET excludes = excluded.excludes,"
    " follow_links = excluded.follow_links"
)
_ROOTS = sql("SELECT path, excludes, follow_links FROM roots ORDER BY path")
_DROP_ROOTS = sql("DELETE FROM roots WHERE path IN :paths", "paths")


class VideoFiles:
    """Roots and files. Every method takes many rows at once: one transaction, one fsync."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_roots(self, roots: Mapping[Path, RootRules]) -> None:
        """Remember folders (or single files) that the user asked to index, and their rules."""
        rows = [
            {
                "path": path_text(path),
                "excludes": json.dumps(rules.excludes),
                "follow_links": int(rules.follow_links),
            }
            for path, rules in roots.items()
        ]
        with self._database.writing("roots") as connection:
            if rows:
                connection.execute(_PUT_ROOT, rows)

    def roots(self) -> list[Path]:
        """List the remembered roots by name."""
        return list(self.root_rules())

    def root_rules(self) -> dict[Path, RootRules]:
        """Give the remembered roots, by name, with what the user asked for each."""
        with self._database.reading() as connection:
            return {
                text_path(path): RootRules(tuple(json.loads(excludes)), bool(follow_links))
                for path, excludes, follow_links in connection.execute(_ROOTS)
            }

    def drop_roots(self, paths: Iterable[Path]) -> None:
        """Forget roots; their files are another matter, see `remove`."""
        with self._database.writing("roots_gone") as connection:
            for chunk in chunks(path_text(path) for path in paths):
                connection.execute(_DROP_ROOTS, {"paths": chunk})

    def known(self, under: Sequence[Path] | None = None) -> dict[Path, FileRecord]:
        """Give the known files by path.

        Args:
            under: Only these files and those inside these folders (absolute); None for all.
        """
        records: dict[Path, FileRecord] = {}
        with self._database.reading() as connection:
            if under is None:
                records.update(_records(connection.execute(_ALL)))
            for root in under or ():
                records.update(_records(connection.execute(_BELOW, ends_below(root))))
        return records

    def first_below(self, path: Path, video_ids: Iterable[int]) -> dict[int, Path]:
        """Give the videos of which a file is this one or lies below it, with the first such file.

        Args:
            path: Absolute.
            video_ids: Only these videos.
        """
        chosen = {"videos": id_text(video_ids), **ends_below(path)}
        with self._database.reading() as connection:
            rows = connection.execute(_FIRST_BELOW, chosen)
            return {row.video_id: text_path(row.path) for row in rows}

    def of_video(self, video_id: int) -> list[Path]:
        """Give the files that hold a video's content, the first met first."""
        return self.of_videos([video_id]).get(video_id, [])

    def of_videos(self, video_ids: Iterable[int]) -> dict[int, list[Path]]:
        """Give the files that hold each video's content, the first met first."""
        found: dict[int, list[Path]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_FILES_OF, {"videos": id_text(video_ids)}):
                found.setdefault(row.video_id, []).append(text_path(row.path))
        return found

    def copies(self) -> dict[int, list[Path]]:
        """Give the files of each video that has several, the first met first."""
        found: dict[int, list[Path]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_COPIES):
                found.setdefault(row.video_id, []).append(text_path(row.path))
        return found

    def any_below(self, path: Path) -> bool:
        """Whether any known file is this one, or lies in this folder (absolute)."""
        with self._database.reading() as connection:
            return connection.execute(_ANY_BELOW, ends_below(path)).first() is not None

    def put(self, records: Iterable[FileRecord]) -> dict[Path, int | None]:
        """Record files as they were just seen, and make a video of each new content.

        A record with `content_key` is linked to the video of that content: a known one for a copy,
        a moved file or content that came back, else a new one. A record without `content_key` is a
        file that could not be read: `reason` says why, and its attempts are counted.

        Args:
            records: Files by absolute path; `video_id` is ignored; `title` is kept for a new video
                (default: the file's stem) and replaces the old title where given.

        Returns:
            The video of each path; None where the file could not become one.
        """
        linked: dict[Path, int | None] = {}
        with self._database.writing("files") as connection:
            for chunk in chunks(records):
                ids = _ensure_videos(connection, chunk)
                rows = []
                for record in chunk:
                    video_id = ids[record.content_key] if record.content_key else None
                    linked[record.path] = video_id
                    rows.append(_file_row(record, video_id))
                namers = _namers(connection, (record.path for record in chunk))
                connection.execute(_PUT_FILE, rows)
                _name_anew(connection, namers)
        return linked

    def whole_hashes(self) -> dict[str, str]:
        """Give the SHA-256 of all bytes of every content that was read whole, by content key."""
        with self._database.reading() as connection:
            return {row.content_key: row.content_hash for row in connection.execute(_WHOLE)}

    def set_hashes(self, hashes: Mapping[int, str]) -> None:
        """Record the SHA-256 of all bytes of some videos, by their id."""
        rows = [{"id": video_id, "hash": each} for video_id, each in hashes.items()]
        if rows:
            with self._database.writing("hashes", changes_library=False) as connection:
                connection.execute(_SET_HASH, rows)

    def doubt(self, paths: Iterable[Path]) -> None:
        """Take back that these files are known by their time stamps: the next scan reads them."""
        with self._database.writing("files_doubted") as connection:
            for chunk in chunks(path_text(path) for path in paths):
                connection.execute(_DOUBT, {"paths": chunk, "mtime_ns": DOUBTFUL})

    def remove(self, paths: Iterable[Path]) -> int:
        """Forget files that are gone from the disk; a video with no file left is not live.

        A video that was called after such a file is called after the first file that is left.

        Its row, clips and vectors stay: should the content come back, nothing is decoded.

        Returns:
            How many files were known.
        """
        removed = 0
        with self._database.writing("files_gone") as connection:
            for chunk in chunks(paths):
                names = [path_text(path) for path in chunk]
                namers = _namers(connection, chunk)
                removed += connection.execute(_DROP_FILES, {"paths": names}).rowcount
                _name_anew(connection, namers)
        return removed

    def content_keys(self, video_ids: Iterable[int]) -> dict[int, str]:
        """Give the content keys of videos, live or not, by id."""
        keys: dict[int, str] = {}
        with self._database.reading() as connection:
            for chunk in chunks(video_ids):
                rows = connection.execute(_CONTENT_KEYS, {"ids": chunk})
                keys.update((row.id, row.content_key) for row in rows)
        return keys

    def video_in(self, path: Path) -> int | None:
        """Give the video, live or not, whose bytes a file holds; None where none does."""
        try:
            stat = path.stat()
            sampled = content_key(path)
            with self._database.reading() as connection:
                alike = _records(connection.execute(_ALIKE, {"key": sampled}))
                hashes = connection.execute(_WHOLE_ALIKE, {"key": sampled})
                whole = {row.content_key: row.content_hash for row in hashes}
                contents = Contents((record for _, record in alike), whole, lambda _: sampled)
            key = contents.of(FoundFile(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)).key
        except OSError:
            return None
        return self.known_contents([key]).get(key)

    def known_contents(self, content_keys: Iterable[str]) -> dict[str, int]:
        """Give the videos of contents, live or not, by content key; unknown contents are absent."""
        with self._database.reading() as connection:
            return _video_ids(connection, content_keys)


def _records(rows: Iterable[Any]) -> Iterator[tuple[Path, FileRecord]]:
    for row in rows:
        path = text_path(row.path)
        yield (
            path,
            FileRecord(
                path=path,
                size_bytes=row.size_bytes,
                mtime_ns=row.mtime_ns,
                inode=int(row.inode),
                content_key=row.content_key,
                content_hash=row.content_hash,
                video_id=row.video_id,
                reason=row.reason,
            ),
        )


def _file_row(record: FileRecord, video_id: int | None) -> dict[str, Any]:
    failed = video_id is None
    return {
        "path": path_text(record.path),
        "name_key": name_key(path_text(record.path)),
        "video_id": video_id,
        "size_bytes": record.size_bytes,
        "mtime_ns": record.mtime_ns,
        "inode": str(record.inode),
        "content_key": record.content_key,
        "state": State.FAILED if failed else State.DONE,
        "reason": (record.reason or "could not be read") if failed else None,
        "attempts": 1 if failed else 0,
    }


def _ensure_videos(connection: Connection, records: Sequence[FileRecord]) -> dict[str, int]:
    """Give the video of each content among the records, made where it is new."""
    by_key: dict[str, FileRecord] = {}
    for each in records:
        if each.content_key:
            by_key.setdefault(each.content_key, each)  # the first of several copies names the video
    ids = _video_ids(connection, by_key)
    new = [
        {
            "content_key": key,
            "content_hash": record.content_hash,
            "size_bytes": record.size_bytes,
            "title": record.title or _title(record.path),
            "added_at": now_micros(),
        }
        for key, record in by_key.items()
        if key not in ids
    ]
    titles = [
        {"content_key": record.content_key, "title": record.title}
        for record in records
        if record.content_key in ids and record.title is not None
    ]
    if titles:
        connection.execute(_NEW_TITLE, titles)
    if new:
        connection.execute(_NEW_VIDEO, new)
        ids.update(_video_ids(connection, [str(row["content_key"]) for row in new]))
    return ids


def _namers(connection: Connection, paths: Iterable[Path]) -> dict[str, int]:
    """Give the files among these after which their videos are called, with the videos."""
    names = [path_text(path) for path in paths]
    return {
        row.path: row.video_id
        for row in connection.execute(_NAMERS, {"paths": names})
        if row.title == _title(text_path(row.path))
    }


def _name_anew(connection: Connection, namers: Mapping[str, int]) -> None:
    """Call videos after their first file where the file that they were called after is none now."""
    if not namers:
        return
    rows = connection.execute(_NAMERS, {"paths": list(namers)})
    kept = {row.path for row in rows if row.video_id == namers[row.path]}
    ids = {video_id for path, video_id in namers.items() if path not in kept}
    firsts = connection.execute(_FIRST_FILES, {"ids": sorted(ids)}) if ids else ()
    titles = [{"id": row.video_id, "title": _title(text_path(row.path))} for row in firsts]
    if titles:
        connection.execute(_SET_TITLE, titles)


def _title(path: Path) -> str:
    return file_title(path) or path.stem.encode(errors="replace").decode()


def _video_ids(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for chunk in chunks(keys):
        rows = connection.execute(_VIDEO_IDS, {"keys": chunk})
        ids.update((row.content_key, row.id) for row in rows)
    return ids
