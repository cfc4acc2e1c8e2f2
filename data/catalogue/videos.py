"""Finding videos: by the words that a person has for one, by id, by encoder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.naming.names import BY_TITLE, VideoNames, likely_keys
from data.catalogue.records import DOUBTFUL, FIRST_FILES, SEARCHABLE, Video
from data.catalogue.values import from_micros, id_text, path_text, sql, text_path
from data.errors import NoSuchVideo, ReelwiseError

_VIDEO_COLUMNS = (
    "v.id, f.path, v.title, v.duration_s, v.width_px, v.height_px, v.fps, v.codec,"
    " v.content_key, v.added_at,"
    f" coalesce(v.recorded_at, nullif(f.mtime_ns, {DOUBTFUL}) / 1000, v.added_at) AS recorded_at"
)
_LIVE_VIDEOS = (
    f"SELECT {_VIDEO_COLUMNS} FROM {FIRST_FILES} x"
    " JOIN videos v ON v.id = x.video_id JOIN files f ON f.id = x.file_id"
)
_EMBEDDED = sql(
    f"{_LIVE_VIDEOS} WHERE v.id IN (SELECT video_id FROM embeddings WHERE {SEARCHABLE}"
    " AND (:encoder IS NULL OR encoder_id = :encoder)) ORDER BY v.id"
)
_LENGTH = sql(
    "SELECT count(*), total(duration_s) FROM videos v"
    f" WHERE EXISTS (SELECT 1 FROM embeddings WHERE video_id = v.id AND {SEARCHABLE})"
    " AND EXISTS (SELECT 1 FROM files WHERE video_id = v.id)"
)
_BYTES = sql(
    "SELECT CAST(total(size_bytes) AS INTEGER) FROM videos v"
    f" WHERE EXISTS (SELECT 1 FROM embeddings WHERE video_id = v.id AND {SEARCHABLE})"
    " AND EXISTS (SELECT 1 FROM files WHERE video_id = v.id)"
)
# The first file of each by the index of files by video: `FIRST_FILES` would go through all files.
_EACH_VIDEO = (
    f"SELECT {_VIDEO_COLUMNS} FROM videos v"
    " JOIN files f ON f.id = (SELECT MIN(id) FROM files WHERE video_id = v.id)"
)
# Video by video down `videos_by_added` until there are enough, whatever the size of the library.
_NEWEST = sql(
    f"{_EACH_VIDEO} WHERE EXISTS (SELECT 1 FROM embeddings WHERE video_id = v.id AND {SEARCHABLE})"
    " ORDER BY v.added_at DESC, v.id DESC LIMIT :n"
)
_CHOSEN = f"{_EACH_VIDEO} WHERE v.id IN (SELECT value FROM json_each(:ids))"
_BY_ID = sql(f"{_CHOSEN} ORDER BY v.id")
_EMBEDDED_BY_ID = sql(
    f"{_CHOSEN} AND EXISTS (SELECT 1 FROM embeddings WHERE video_id = v.id"
    f" AND encoder_id = :encoder AND {SEARCHABLE}) ORDER BY v.id"
)
_ALL_NAMES = sql(
    "SELECT f.video_id, f.path, v.title FROM files f JOIN videos v ON v.id = f.video_id"
)
# Each look-up by its own index: an OR over them makes SQLite read the whole table.
_LIKELY_NAMES = sql(
    " UNION ".join(
        f"SELECT video_id, path FROM files WHERE {condition} AND video_id IS NOT NULL"
        for condition in (
            "path = :path",
            "video_id = :id",
            "name_key = :key",
            "name_key >= :key || '.' AND name_key < :key || '/'",  # "/" follows ".": any suffix
        )
    )
)


def titles_and_paths(database: Database) -> list[tuple[int, str, str]]:
    """Give id, title and path (as `path_text` writes it) of every known file of a video."""
    with database.reading() as connection:
        return [(row.video_id, row.title, row.path) for row in connection.execute(_ALL_NAMES)]


def embedded_videos(database: Database, encoder_id: str | None) -> list[Video]:
    """List the live videos that an encoder embedded (None: any), by id."""
    with database.reading() as connection:
        return [_video(row) for row in connection.execute(_EMBEDDED, {"encoder": encoder_id})]


def newest_videos(database: Database, n: int) -> list[Video]:
    """List the n live, embedded videos that became known last, the newest first."""
    with database.reading() as connection:
        return [_video(row) for row in connection.execute(_NEWEST, {"n": n})]


def number_and_length_s(database: Database) -> tuple[int, float]:
    """Count the live, embedded videos and add up their lengths."""
    with database.reading() as connection:
        n, seconds = connection.execute(_LENGTH).one()
        return int(n), float(seconds)


def videos_by_id(database: Database, ids: Iterable[int]) -> dict[int, Video]:
    """Give the live ones among these videos, embedded or not."""
    with database.reading() as connection:
        return _videos(connection, ids)


def embedded_by_id(database: Database, ids: Iterable[int], encoder_id: str) -> dict[int, Video]:
    """Give the live ones among these videos that an encoder embedded."""
    with database.reading() as connection:
        chosen = {"ids": id_text(ids), "encoder": encoder_id}
        return {row.id: _video(row) for row in connection.execute(_EMBEDDED_BY_ID, chosen)}


def size_bytes(database: Database) -> int:
    """Add up the sizes of the live, embedded videos, each once."""
    with database.reading() as connection:
        return int(connection.execute(_BYTES).scalar_one())


def find_video(database: Database, ref: str | int | Path) -> Video:
    """Find the one live video that a person means, see `Catalogue.video`.

    Raises:
        ReelwiseError: None fits, or several different videos do.
    """
    with database.reading() as connection:
        videos = list(_matching(connection, ref).values())
    if len(videos) == 1:
        return videos[0]
    if not videos:
        raise NoSuchVideo(
            f"no indexed video is called {str(ref)!r}",
            fix="give its path, file name or id as `reelwise search --json` shows them",
        )
    some = ", ".join(f"id:{video.id} ({video.path})" for video in videos[:3])
    raise ReelwiseError(
        f"{str(ref)!r} fits {len(videos)} videos: {some}{', ...' if len(videos) > 3 else ''}",
        fix=f"give the full path, or id:{videos[0].id}",
    )


def video_names(database: Database) -> VideoNames:
    """Give what finds live videos by name in memory: many names at once."""
    with database.reading() as connection:
        rows = connection.execute(_ALL_NAMES).all()
    return VideoNames(
        ((row.video_id, row.path) for row in rows), {row.video_id: row.title for row in rows}
    )


def names_like(database: Database, ref: str) -> VideoNames:
    """Give the names that decide what one `ref` means, found by index, whatever the size."""
    if ref.startswith(BY_TITLE):
        return video_names(database)
    with database.reading() as connection:
        return _names_like(connection, ref)


def _matching(connection: Connection, ref: str | int | Path) -> dict[int, Video]:
    if isinstance(ref, int):
        return _videos(connection, [ref])
    word = str(ref)
    # SQL narrows the files down, `VideoNames` decides, as it does for imported histories.
    return _videos(connection, _names_like(connection, word).find(word))


def _names_like(connection: Connection, ref: str) -> VideoNames:
    digits = ref.removeprefix("id:")
    values = {
        "path": path_text(Path(ref).absolute()),
        "id": int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1,
    }
    rows: set[tuple[int, str]] = set()
    for key in likely_keys(ref):
        found = connection.execute(_LIKELY_NAMES, {**values, "key": key})
        rows.update((row.video_id, row.path) for row in found)
    return VideoNames(sorted(rows))


def _videos(connection: Connection, ids: Iterable[int]) -> dict[int, Video]:
    rows = connection.execute(_BY_ID, {"ids": id_text(ids)})
    return {row.id: _video(row) for row in rows}


def _video(row: Any) -> Video:
    return Video(
        id=row.id,
        path=text_path(row.path),
        title=row.title,
        duration_s=row.duration_s or 0.0,
        width_px=row.width_px or 0,
        height_px=row.height_px or 0,
        fps=row.fps or 0.0,
        codec=row.codec or "",
        content_key=row.content_key,
        added_at=from_micros(row.added_at),
        recorded_at=from_micros(row.recorded_at),
    )
