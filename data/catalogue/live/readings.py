"""The readings whose lines can be found, as columns: cheap for millions of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.catalogue.database import Database
from data.catalogue.records import IS_FOUND
from data.catalogue.values import id_column, id_list, sql
from data.lines.line import Channel

_CHANNELS = tuple(Channel)
_CASES = " ".join(f"WHEN '{channel}' THEN {code}" for code, channel in enumerate(_CHANNELS))
_CODE = f"CASE r.channel {_CASES} ELSE -1 END"
_COLUMNS = sql(
    f"SELECT p.name, p.engine_id, p.size_bytes, {id_column('r.number')} AS numbers,"
    f" {id_column('r.n_lines')} AS n_lines, {id_column(_CODE)}"
    " AS channels FROM readings r JOIN line_parts p ON p.name = r.part"
    f" WHERE r.part IS NOT NULL AND {IS_FOUND.replace('r.state', '+r.state')} GROUP BY r.part"
)


@dataclass(frozen=True)
class LinePartFile:
    """The file of a line part."""

    name: str
    """File name in the engine's folder."""
    engine_id: str
    """The engine that read its lines."""
    size_bytes: int
    """Size of the file."""


@dataclass(frozen=True)
class LiveReadings:
    """Readings whose lines can be found, in no order."""

    numbers: npt.NDArray[np.uint64]
    """(r,) their random numbers."""
    n_lines: npt.NDArray[np.int64]
    """(r,) lines of each."""
    channels: npt.NDArray[np.int64]
    """(r,) channel of each, by its place in `Channel`."""
    parts: npt.NDArray[np.int64]
    """(r,) place of each one's part in `files`."""
    files: tuple[LinePartFile, ...]
    """The parts."""

    def in_channels(self, channels: Iterable[Channel]) -> npt.NDArray[np.bool_]:
        """(r,) which are of these channels."""
        return np.isin(self.channels, [_CHANNELS.index(each) for each in channels])

    def names_of(self, numbers: npt.NDArray[np.uint64]) -> list[str]:
        """Name the parts that hold some of these readings."""
        held = np.unique(self.parts[np.isin(self.numbers, numbers)])
        return [self.files[place].name for place in held.tolist()]


def live_readings(database: Database) -> LiveReadings:
    """Read which readings count now."""
    with database.reading() as connection:
        rows = connection.execute(_COLUMNS).all()
    files = tuple(LinePartFile(row.name, row.engine_id, row.size_bytes) for row in rows)
    numbers = [id_list(row.numbers) for row in rows]
    places = np.repeat(np.arange(len(rows)), [len(each) for each in numbers])
    return LiveReadings(
        _joined(numbers).astype(np.uint64),
        _joined(id_list(row.n_lines) for row in rows),
        _joined(id_list(row.channels) for row in rows),
        places,
        files,
    )


def _joined(arrays: Iterable[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *arrays])
