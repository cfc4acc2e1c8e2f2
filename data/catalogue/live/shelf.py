"""The live videos of one encoder in an order, to be looked through: any place of 100,000 at once.

What orders them is read once, as columns; a window of a list is then a slice of ids, whatever the
number of videos. A video stands in every folder in which one of its files lies.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np
import numpy.typing as npt

from data.catalogue.database import Database
from data.catalogue.live.recorded import RECORDED
from data.catalogue.naming.spelling import tag_key
from data.catalogue.records import IS_LIVE
from data.catalogue.values import id_column, id_list, sql, text_path

Sort = Literal["date", "old", "added", "title", "length", "short"]
"""Recorded last first, recorded first, added last, by title, longest first, shortest first."""
SORTS: tuple[Sort, ...] = ("date", "old", "added", "title", "length", "short")
KEPT_LISTS = 8
"""Lists that stay in memory."""
PICTURES = 4
"""Videos whose pictures stand for a folder."""

_COLUMNS = sql(
    f"SELECT {id_column('id')}, {id_column('recorded')}, {id_column('added')}, {id_column('ms')}"
    f" FROM (SELECT v.id AS id, {RECORDED} AS recorded, v.added_at AS added,"
    " coalesce(v.duration_s, 0.0) * 1000 AS ms"
    f" FROM embeddings e JOIN videos v ON v.id = e.video_id WHERE {IS_LIVE} ORDER BY v.id)"
)
_TITLES = sql(
    f"SELECT v.id, v.title FROM embeddings e JOIN videos v ON v.id = e.video_id WHERE {IS_LIVE}"
)
_FILES = sql(
    "SELECT e.video_id, f.path FROM embeddings e JOIN files f ON f.video_id = e.video_id"
    f" WHERE {IS_LIVE}"
)
_TAGGED = sql(f"SELECT {id_column('video_id')} FROM tags WHERE tag = :tag")

Ids = npt.NDArray[np.int64]
"""(n,) ids of videos."""


@dataclass(frozen=True)
class Wanted:
    """Which videos a list has, and in which order."""

    sort: Sort = "date"
    """The order; where two are equal, the one that became known last comes first."""
    folder: Path | None = None
    """Only videos with a file in it; absolute."""
    below: bool = True
    """Also those in the folders below it."""
    tag: str = ""
    """Only videos with this tag; empty for all."""
    text: str = ""
    """Only videos with these words in the title, or in the name of a file without its suffix; empty
    for all."""


@dataclass(frozen=True)
class Month:
    """A month of a list by date."""

    year: int
    """The year, UTC."""
    month: int
    """1 to 12."""
    videos: int
    """How many of the list were recorded in it; at least 1."""


@dataclass(frozen=True)
class Folder:
    """A folder with videos in it or below it."""

    path: Path
    """Absolute."""
    videos: int
    """Videos in it and below."""
    pictures: tuple[int, ...]
    """Up to `PICTURES` of them, those recorded last."""


class Shelf:
    """The videos of one encoder as the catalogue has them now; threads may share it.

    Make a new one where the catalogue has changed (`Database.changes`).
    """

    def __init__(self, database: Database, encoder_id: str) -> None:
        self._database = database
        self._encoder = {"encoder": encoder_id}
        self._lists: OrderedDict[Wanted, Ids] = OrderedDict()
        self._lock = Lock()
        with database.reading() as connection:
            row = connection.execute(_COLUMNS, self._encoder).one()
        self._ids, self._recorded_us, self._added_us, self._ms = map(id_list, row)

    def __len__(self) -> int:
        return len(self._ids)

    def listed(self, wanted: Wanted) -> Ids:
        """Give the ids of a list, in its order."""
        with self._lock:
            known = self._lists.get(wanted)
            if known is not None:
                self._lists.move_to_end(wanted)
                return known
        made = self._list(wanted)
        with self._lock:
            self._lists[wanted] = made
            while len(self._lists) > KEPT_LISTS:
                self._lists.popitem(last=False)
        return made

    def months(self, wanted: Wanted) -> list[Month]:
        """Count the months of a list by date (`date` or `old`), in its order."""
        places = np.searchsorted(self._ids, self.listed(wanted))
        months = self._recorded_us[places].astype("datetime64[us]").astype("datetime64[M]")
        found, first, counts = np.unique(months, return_index=True, return_counts=True)
        order = np.argsort(first)
        numbers = found.astype(np.int64)
        return [
            Month(1970 + int(numbers[i]) // 12, 1 + int(numbers[i]) % 12, int(counts[i]))
            for i in order
        ]

    def folders(self, parent: Path) -> list[Folder]:
        """List the folders directly in one that have videos, by name."""
        members: dict[str, list[Ids]] = {}
        start = str(parent).rstrip("/") + "/"
        for folder, ids in self._by_folder.items():
            if folder.startswith(start) and folder != start:
                members.setdefault(folder[len(start) :].partition("/")[0], []).append(ids)
        names = sorted(members, key=lambda name: (name.casefold(), name))
        return [self._folder(Path(start + name), members[name]) for name in names]

    def folder(self, path: Path) -> Folder:
        """Tell of one folder; it may have no video."""
        return self._folder(path, list(self._in_folder(path, below=True)))

    def _folder(self, path: Path, members: list[Ids]) -> Folder:
        ids = np.unique(np.concatenate(members)) if members else np.array([], np.int64)
        places = np.searchsorted(self._ids, ids)
        newest = ids[np.lexsort((-ids, -self._recorded_us[places]))[:PICTURES]]
        return Folder(path, len(ids), tuple(newest.tolist()))

    def _list(self, wanted: Wanted) -> Ids:
        order = self._orders(wanted.sort)
        listed = self._ids[order]
        if wanted.folder is not None:
            inside = [*self._in_folder(wanted.folder, below=wanted.below)]
            listed = listed[np.isin(listed, np.concatenate(inside) if inside else [])]
        if wanted.tag:
            with self._database.reading() as connection:
                tagged = connection.scalar(_TAGGED, {"tag": tag_key(wanted.tag)})
            listed = listed[np.isin(listed, id_list(tagged))]
        if wanted.text:
            listed = listed[np.isin(listed, self._named(wanted.text))]
        listed.flags.writeable = False
        return listed

    def _orders(self, sort: Sort) -> npt.NDArray[np.int64]:
        """The places of all videos in an order."""
        keys: dict[Sort, Callable[[], Ids]] = {
            "date": lambda: -self._recorded_us,
            "old": lambda: self._recorded_us,
            "added": lambda: -self._added_us,
            "length": lambda: -self._ms,
            "short": lambda: self._ms,
            "title": lambda: self._title_ranks,
        }
        return np.lexsort((-self._ids, keys[sort]()))

    @cached_property
    def _titles(self) -> list[str]:
        """The title of each, as titles are compared; one that is gone meanwhile has none."""
        with self._database.reading() as connection:
            titles = {i: title for i, title in connection.execute(_TITLES, self._encoder)}
        return [titles.get(video_id, "").casefold() for video_id in self._ids.tolist()]

    @cached_property
    def _title_ranks(self) -> Ids:
        return np.unique(np.array(self._titles, dtype=object), return_inverse=True)[1]

    @cached_property
    def _files(self) -> list[tuple[int, str]]:
        """Video and path of each file."""
        with self._database.reading() as connection:
            return [(i, path) for i, path in connection.execute(_FILES, self._encoder)]

    @cached_property
    def _names(self) -> list[tuple[int, str]]:
        """Video and name of each file without its suffix, as names are compared."""
        names = ((video_id, path.rpartition("/")[2]) for video_id, path in self._files)
        return [(i, (name.rpartition(".")[0] or name).casefold()) for i, name in names]

    @cached_property
    def _by_folder(self) -> dict[str, Ids]:
        """The videos that lie directly in each folder."""
        found: dict[str, list[int]] = {}
        for video_id, path in self._files:
            found.setdefault(path.rpartition("/")[0] or "/", []).append(video_id)
        return {str(text_path(folder)): np.array(ids, np.int64) for folder, ids in found.items()}

    def _in_folder(self, folder: Path, *, below: bool) -> list[Ids]:
        name = str(folder)
        here = [self._by_folder[name]] if name in self._by_folder else []
        if not below:
            return here
        start = name.rstrip("/") + "/"
        return here + [ids for each, ids in self._by_folder.items() if each.startswith(start)]

    def _named(self, text: str) -> list[int]:
        """Videos with all these words in the title, or in the name of one file."""
        words = text.casefold().split()
        titled = zip(self._ids.tolist(), self._titles, strict=True)
        return [i for i, name in (*titled, *self._names) if all(word in name for word in words)]
