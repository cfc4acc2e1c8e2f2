"""What can be searched with one encoder, as columns: cheap for millions of videos."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, TextClause

from data.catalogue.database import Database
from data.catalogue.records import IS_LIVE, ClipTable
from data.catalogue.values import id_column, id_list, id_text, sql

_CHOSEN = "e.video_id IN (SELECT value FROM json_each(:videos))"
# "+": by the index of parts, so that nothing has to be sorted.
_ALL_PARTS = sql(
    f"SELECT e.part, {id_column('e.video_id')} FROM embeddings e"
    f" WHERE {IS_LIVE.replace('e.encoder_id', '+e.encoder_id').replace('e.state', '+e.state')}"
    " GROUP BY e.part"
)
_SOME_PARTS = sql(
    f"SELECT e.part, {id_column('e.video_id')} FROM embeddings e"
    f" WHERE {_CHOSEN} AND {IS_LIVE} GROUP BY e.part"
)
_CLIPS = (
    "SELECT c.id, e.video_id, c.start_s, c.end_s"
    " FROM embeddings e JOIN clips c ON c.embedding_id = e.id"
)
_ALL_CLIPS = sql(f"{_CLIPS} WHERE {IS_LIVE} ORDER BY c.id")
_SOME_CLIPS = sql(f"{_CLIPS} WHERE {_CHOSEN} AND {IS_LIVE} ORDER BY c.id")
_BLOCK = 10_000
_CLIP_ROW = np.dtype([("id", "i8"), ("video", "i8"), ("start", "f8"), ("end", "f8")])


@dataclass(frozen=True)
class PartsOfVideos:
    """In which part the vectors of each live, searchable video lie."""

    video_ids: npt.NDArray[np.int64]
    """(n,) ascending."""
    numbers: npt.NDArray[np.int32]
    """(n,) place of each one's part in `names`."""
    names: tuple[str, ...]
    """Names of parts, each once."""

    def __len__(self) -> int:
        return len(self.video_ids)


def live_parts(
    database: Database, encoder_id: str, video_ids: Iterable[int] | None = None
) -> PartsOfVideos:
    """Give the parts of the live, searchable videos, or of some of them."""
    query, values = _query(_ALL_PARTS, _SOME_PARTS, encoder_id, video_ids)
    with database.reading() as connection:
        rows = [(str(name), id_list(ids)) for name, ids in connection.execute(query, values)]
    owners = np.concatenate([np.zeros(0, np.int64), *(ids for _, ids in rows)])
    numbers = np.repeat(np.arange(len(rows), dtype=np.int32), [len(ids) for _, ids in rows])
    order = np.argsort(owners, kind="stable")
    return PartsOfVideos(owners[order], numbers[order], tuple(name for name, _ in rows))


def clip_table(
    database: Database, encoder_id: str, video_ids: Iterable[int] | None = None
) -> ClipTable:
    """Give the clips of the live, searchable videos, or of some of them, ordered by id."""
    query, values = _query(_ALL_CLIPS, _SOME_CLIPS, encoder_id, video_ids)
    with database.reading() as connection:
        table = _rows(connection, query, values, _CLIP_ROW)
    return ClipTable(*(np.ascontiguousarray(table[name]) for name in _CLIP_ROW.names or ()))


def _query(
    of_all: TextClause, of_some: TextClause, encoder_id: str, video_ids: Iterable[int] | None
) -> tuple[TextClause, dict[str, Any]]:
    if video_ids is None:
        return of_all, {"encoder": encoder_id}
    return of_some, {"encoder": encoder_id, "videos": id_text(video_ids)}


def _rows(
    connection: Connection, query: TextClause, values: dict[str, Any], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    """Read rows from the driver's own cursor: objects for a million rows take seconds."""
    with connection.execute(query, values) as result:
        cursor = result.cursor
        assert cursor is not None
        blocks = iter(lambda: cursor.fetchmany(_BLOCK), [])
        return np.fromiter(chain.from_iterable(blocks), dtype=dtype)
