"""What the library holds: videos, their files and clips, and how far each encoder has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from data.catalogue.database import from_micros, path_text, text_path
from data.catalogue.embeddings import CatalogueEmbeddings
from data.catalogue.files import CatalogueFiles, chunks
from data.catalogue.names import VideoNames
from data.catalogue.records import Clip, ClipTable, Video
from data.errors import NoSuchVideo, ReelwiseError

_SEARCHABLE = "state IN ('done', 'partial')"
_VIDEO_COLUMNS = (
    "v.id, f.path, v.title, v.duration_s, v.width_px, v.height_px, v.fps, v.codec,"
    " v.content_key, v.added_at"
)
_FROM_LIVE = (
    " FROM (SELECT video_id, MIN(id) AS file_id FROM files WHERE video_id IS NOT NULL"
    " GROUP BY video_id) x"
    " JOIN videos v ON v.id = x.video_id JOIN files f ON f.id = x.file_id"
)
_LIVE_CLIPS = (
    " FROM embeddings e JOIN clips c ON c.embedding_id = e.id"
    f" WHERE e.encoder_id = :encoder AND e.{_SEARCHABLE}"
    " AND e.video_id IN (SELECT video_id FROM files)"
)


class Catalogue(CatalogueFiles, CatalogueEmbeddings):
    """One library's catalogue, in `home.catalogue`.

    A video is content; files hold it; it is live while at least one known file does. Threads may
    share a catalogue, processes each open their own. Reading never waits for a writer.
    """

    def videos(self, encoder_id: str | None = None) -> list[Video]:
        """List the live videos, by id.

        Args:
            encoder_id: Only those that this encoder embedded; None takes those that any encoder
                embedded.
        """
        mine = "" if encoder_id is None else "encoder_id = :encoder AND "
        query = (
            f"SELECT {_VIDEO_COLUMNS}{_FROM_LIVE} WHERE v.id IN"
            f" (SELECT video_id FROM embeddings WHERE {mine}{_SEARCHABLE}) ORDER BY v.id"
        )
        with self.reading() as connection:
            parameters = {} if encoder_id is None else {"encoder": encoder_id}
            return [_video(row) for row in connection.execute(text(query), parameters)]

    def videos_by_id(self, ids: Iterable[int]) -> dict[int, Video]:
        """Give the live ones among these videos, embedded or not."""
        found: dict[int, Video] = {}
        with self.reading() as connection:
            for chunk in chunks(ids, 500):
                found.update(_videos_where(connection, f"v.id IN ({_marks(chunk)})", chunk))
        return found

    def video(self, ref: str | int | Path) -> Video:
        """Find the one live video that a person means.

        Args:
            ref: A video id (a number, its digits, or `id:12`), a path (absolute, or relative to the
                working folder), a file name with or without its suffix, or the end of a path; see
                `VideoNames.find`.

        Raises:
            ReelwiseError: None fits, or several different videos do.
        """
        with self.reading() as connection:
            found = _find(connection, ref)
        if len(found) == 1:
            return next(iter(found.values()))
        if not found:
            raise NoSuchVideo(
                f"no indexed video is called {str(ref)!r}",
                fix="give its path, file name or id as `reelwise search --json` shows them",
            )
        some = ", ".join(f"id:{video.id} ({video.path})" for video in list(found.values())[:3])
        raise ReelwiseError(
            f"{str(ref)!r} fits {len(found)} videos: {some}{', ...' if len(found) > 3 else ''}",
            fix=f"give the full path, or id:{next(iter(found))}",
        )

    def video_names(self) -> VideoNames:
        """Give what finds live videos by name in memory: many names at once."""
        with self.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT video_id, path FROM files WHERE video_id IS NOT NULL"
            )
            return VideoNames((row[0], row[1]) for row in rows)

    def clips(self, encoder_id: str, *, video_id: int | None = None) -> list[Clip]:
        """List the searchable clips of live videos, or of one, by id; see `clip_table` for many."""
        one = "" if video_id is None else " AND e.video_id = :video"
        query = text(f"SELECT c.id, e.video_id, c.start_s, c.end_s{_LIVE_CLIPS}{one} ORDER BY c.id")
        parameters: dict[str, Any] = {"encoder": encoder_id}
        if video_id is not None:
            parameters["video"] = video_id
        with self.reading() as connection:
            return [Clip(*row) for row in connection.execute(query, parameters)]

    def clip_table(self, encoder_id: str) -> ClipTable:
        """Give the searchable clips of all live videos as columns, ordered by id."""
        query = f"SELECT c.id, e.video_id, c.start_s, c.end_s{_LIVE_CLIPS} ORDER BY c.id"
        with self.reading() as connection:
            rows = connection.execute(text(query), {"encoder": encoder_id})
            table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 4)
        # float64 holds every whole number below 2**53: far more clips than anyone has.
        return ClipTable(
            ids=table[:, 0].astype(np.int64),
            video_ids=table[:, 1].astype(np.int64),
            starts_s=table[:, 2].copy(),
            ends_s=table[:, 3].copy(),
        )

    def clips_by_id(self, ids: Iterable[int]) -> dict[int, Clip]:
        """Give the clips with these ids, of live videos or not; unknown ids are left out."""
        found: dict[int, Clip] = {}
        with self.reading() as connection:
            for chunk in chunks((int(i) for i in ids), 500):
                rows = connection.exec_driver_sql(
                    "SELECT c.id, e.video_id, c.start_s, c.end_s FROM clips c"
                    f" JOIN embeddings e ON e.id = c.embedding_id WHERE c.id IN ({_marks(chunk)})",
                    tuple(chunk),
                )
                found.update({row[0]: Clip(*row) for row in rows})
        return found

    @property
    def encoder(self) -> str | None:
        """Id of the encoder that the library is served with; None before anything was indexed."""
        return self.get_meta("encoder_id")

    @property
    def encoder_name(self) -> str | None:
        """Name of that encoder, as `--encoder` takes it."""
        return self.get_meta("encoder_name")

    @property
    def encoder_weights(self) -> Path | None:
        """File of its weights, where the user gave one."""
        weights = self.get_meta("encoder_weights")
        return text_path(weights) if weights else None

    def set_encoder(self, encoder_id: str, name: str, weights: Path | None = None) -> None:
        """Serve the library with another encoder from now on."""
        self.set_meta(
            {
                "encoder_id": encoder_id,
                "encoder_name": name,
                "encoder_weights": path_text(weights.absolute()) if weights else None,
            }
        )

    def counts(self, encoder_id: str | None = None) -> dict[str, int]:
        """Count what the library holds.

        Args:
            encoder_id: Whose videos and clips; None takes the encoder that the library is served
                with.

        Returns:
            `videos` and `clips` (live and searchable), `partial` (of these), `failed` (with the
            quarantined ones and the unreadable files), `pending` (live, not tried yet), `files`,
            `copies` (files beyond the first of each video), `events`, `users`.
        """
        chosen = encoder_id or self.encoder or ""
        with self.reading() as connection:
            row = connection.execute(text(_COUNTS), {"encoder": chosen}).one()
        return {name: int(value or 0) for name, value in row._mapping.items()}


_COUNTS = f"""
WITH live AS (SELECT DISTINCT video_id AS id FROM files WHERE video_id IS NOT NULL),
     mine AS (SELECT e.* FROM embeddings e JOIN live ON live.id = e.video_id WHERE e.encoder_id =
     :encoder)
SELECT (SELECT count(*) FROM mine WHERE {_SEARCHABLE}) AS videos,
       (SELECT sum(n_clips) FROM mine WHERE {_SEARCHABLE}) AS clips,
       (SELECT count(*) FROM mine WHERE state = 'partial') AS partial,
       (SELECT count(*) FROM mine WHERE state IN ('failed', 'quarantined'))
           + (SELECT count(*) FROM files WHERE video_id IS NULL) AS failed,
       (SELECT count(*) FROM live) - (SELECT count(*) FROM mine) AS pending,
       (SELECT count(*) FROM files) AS files,
       (SELECT count(video_id) FROM files) - (SELECT count(*) FROM live) AS copies,
       (SELECT count(*) FROM events) AS events,
       (SELECT count(DISTINCT user) FROM events) AS users
"""


def _find(connection: Connection, ref: str | int | Path) -> dict[int, Video]:
    if isinstance(ref, int):
        return _videos_where(connection, "v.id = ?", (ref,))
    word = str(ref)
    digits = word.removeprefix("id:")
    # SQL narrows the files down, `VideoNames` decides, as it does for imported histories.
    likely = connection.exec_driver_sql(
        "SELECT video_id, path FROM files WHERE video_id IS NOT NULL"
        " AND (path = ? OR instr(path, ?) > 0 OR video_id = ?)",
        (
            path_text(Path(word).absolute()),
            "/" + path_text(Path(word)),
            int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1,
        ),
    )
    ids = VideoNames((row[0], row[1]) for row in likely).find(word)
    return _videos_where(connection, f"v.id IN ({_marks(ids)})", ids)


def _videos_where(
    connection: Connection, condition: str, values: Sequence[int | str]
) -> dict[int, Video]:
    rows = connection.exec_driver_sql(
        f"SELECT {_VIDEO_COLUMNS}{_FROM_LIVE} WHERE {condition} ORDER BY v.id",
        tuple(values),
    )
    return {row[0]: _video(row) for row in rows}


def _video(row: Any) -> Video:
    return Video(
        id=row[0],
        path=text_path(row[1]),
        title=row[2],
        duration_s=row[3] or 0.0,
        width_px=row[4] or 0,
        height_px=row[5] or 0,
        fps=row[6] or 0.0,
        codec=row[7] or "",
        content_key=row[8],
        added_at=from_micros(row[9]),
    )


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
