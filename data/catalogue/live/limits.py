"""Limits on what a video is, asked of the database: it gives the ids of those within, no rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.catalogue.database import Database
from data.catalogue.live.conditions import compile_conditions
from data.catalogue.live.recorded import RECORDED
from data.catalogue.naming.spelling import tag_key
from data.catalogue.records import IS_LIVE
from data.catalogue.values import ends_below, id_column, id_list, id_text, sql, to_micros

_CONDITIONS = {
    "videos": "e.video_id IN (SELECT value FROM json_each(:videos))",
    "under": (
        "e.video_id IN (SELECT video_id FROM files WHERE path = :path"
        " UNION ALL SELECT video_id FROM files WHERE path >= :low AND path < :high)"
    ),
    "min_duration_s": "coalesce(v.duration_s, 0.0) >= :min_duration_s",
    "max_duration_s": "coalesce(v.duration_s, 0.0) <= :max_duration_s",
    "after": f"{RECORDED} >= :after",
    "before": f"{RECORDED} < :before",
    "codec": "coalesce(v.codec, '') = :codec",
    "min_resolution_px": "min(coalesce(v.width_px, 0), coalesce(v.height_px, 0))"
    " >= :min_resolution_px",
}
"""SQL of each limit that is given, of an embedding `e` and its video `v`."""

VideoIds = npt.NDArray[np.int64]
NO_VIDEOS: VideoIds = np.empty(0, np.int64)


@dataclass(frozen=True)
class VideoLimits:
    """What videos have to be, whatever is looked for in them."""

    under: Path | None = None
    """One of its files lies in this folder, or is this file; absolute."""
    min_duration_s: float | None = None
    """The video is at least this long."""
    max_duration_s: float | None = None
    """The video is at most this long."""
    after: datetime | None = None
    """The video was recorded at this instant or later."""
    before: datetime | None = None
    """The video was recorded before this instant."""
    codec: str | None = None
    """Name of the picture codec, as the catalogue has it."""
    min_resolution_px: int | None = None
    """Least pixels of the shorter side of the picture: 720 for 720p."""
    tags: tuple[str, ...] = ()
    """A person gave it each of these tags."""
    videos: frozenset[int] | None = None
    """Ids of the videos that may be found; None for all."""
    where: tuple[str, ...] = ()
    """Conditions as a person writes them; those on what heads predict hold for clips."""


def passing_ids(database: Database, encoder_id: str, limits: VideoLimits) -> VideoIds:
    """Give the live, searchable videos within all limits, ascending.

    Of conditions on clips a video needs one clip for which all of them hold.

    Raises:
        ReelwiseError: A condition is none, or names what is not there.
    """
    values = _values(limits)
    where = compile_conditions(database, limits.where)
    values |= where.values
    conditions = [sql_text for name, sql_text in _CONDITIONS.items() if values[name] is not None]
    for n, tag in enumerate(limits.tags):
        conditions.append(f"e.video_id IN (SELECT video_id FROM tags WHERE tag = :tag{n})")
        values[f"tag{n}"] = tag_key(tag)
    conditions += where.of_videos
    if where.of_clips:
        conditions.append(
            "e.id IN (SELECT embedding_id FROM clips WHERE id IN"
            f" ({' INTERSECT '.join(_each_apart(where.of_clips))}))"
        )
    if limits.under is not None:
        values |= ends_below(limits.under)
    # Without a limit on its columns the table of videos is left alone.
    source = "embeddings e"
    if any("v." in each for each in conditions):
        source += " JOIN videos v ON v.id = e.video_id"
    query = f"SELECT {id_column('e.video_id')} FROM {source} WHERE {IS_LIVE}"
    statement = sql(" AND ".join([query, *conditions]))
    used = {name: values[name] for name in statement.compile().params if name in values}
    with database.reading() as connection:
        return np.sort(id_list(connection.scalar(statement, {**used, "encoder": encoder_id})))


def passing_clips(database: Database, where: tuple[str, ...]) -> VideoIds | None:
    """Give the ids of the clips for which all conditions on clips hold, ascending.

    None where no condition is on clips. Clips of other encoders, and of videos that are gone, may
    be among them.

    Raises:
        ReelwiseError: As `passing_ids`.
    """
    compiled = compile_conditions(database, where)
    if not compiled.of_clips:
        return None
    query = " INTERSECT ".join(_each_apart(compiled.of_clips))
    statement = sql(f"SELECT {id_column('clip_id')} FROM ({query})")
    used = {name: compiled.values[name] for name in statement.compile().params}
    with database.reading() as connection:
        return np.sort(id_list(connection.scalar(statement, used)))


def _each_apart(queries: tuple[str, ...]) -> list[str]:
    """Queries whose own EXCEPT comes before what joins them."""
    return [f"SELECT clip_id FROM ({query})" for query in queries]


def _values(limits: VideoLimits) -> dict[str, Any]:
    return {
        "videos": None if limits.videos is None else id_text(limits.videos),
        "under": limits.under,
        "min_duration_s": limits.min_duration_s,
        "max_duration_s": limits.max_duration_s,
        "after": None if limits.after is None else to_micros(limits.after),
        "before": None if limits.before is None else to_micros(limits.before),
        "codec": limits.codec,
        "min_resolution_px": limits.min_resolution_px,
    }
