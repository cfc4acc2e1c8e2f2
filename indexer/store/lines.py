"""Lines on disk, from which the index of words is built.

A part is one Parquet file, written once and never changed, with a row per line, and in its metadata
what was read of which video, so that a catalogue that lost the videos can take their lines in
again.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.catalogue import Catalogue, LinePart, ReadingRow, State, new_part_name
from data.durable import TEMP_PREFIX, crash_point, make_dir, write_atomic
from data.errors import ReelwiseError
from data.home import Home
from data.lines import Channel, Line
from data.sealed import seal, unseal
from indexer.store.columns import column, floats, texts

LINES_FORMAT = "reelwise lines 1"
"""Written into every part; parts of other formats are refused."""

Numbers = NDArray[np.uint64]
"""Numbers of readings."""

_SCHEMA = pa.schema(
    [
        ("video", pa.int64()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("channel", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("confidence", pa.float64()),
        ("engine", pa.string()),
        ("reading", pa.int64()),
    ]
)


@dataclass(frozen=True)
class VideoLines:
    """One channel of one video as an engine has read it."""

    row: ReadingRow
    """Which video and channel, and how it went."""
    content_key: str
    """The identity of the video's content."""
    lines: tuple[Line, ...]
    """In order of their start."""


@dataclass(frozen=True)
class ReadLines:
    """The lines of one reading, to be indexed."""

    number: int
    """The number of the reading."""
    video_id: int
    """Its video."""
    lines: Sequence[Line]
    """In order of their start."""


class DamagedLines(ReelwiseError):
    """A line part is missing, or its bytes are not those that were written."""


def new_number() -> int:
    """A random number for a reading, which no other has or will have: 62 bits, above 0."""
    return secrets.randbits(61) + (1 << 61)


class LineStore:
    """The line parts of one engine; lines of different engines never share a folder."""

    def __init__(self, home: Home, engine_id: str) -> None:
        self.home = home
        self.engine_id = engine_id
        self.folder = home.lines(engine_id)

    def write_part(self, readings: Sequence[VideoLines], *, name: str | None = None) -> LinePart:
        """Write a new part of at least one line; when this returns, it survives a power cut.

        Raises:
            ValueError: There is no line, or a number is that of two readings.
        """
        content = _encode(readings, self.engine_id)
        name = name or new_part_name()
        make_dir(self.folder, private=True)
        write_atomic(self.folder / name, content, point="lines")
        crash_point("lines.written")
        rows = tuple(each.row for each in readings)
        sha256 = hashlib.sha256(content).hexdigest()
        return LinePart(name, self.engine_id, sha256, len(content), rows)

    def read_part(self, name: str, sha256: str) -> dict[int, tuple[Line, ...]]:
        """Read the lines of a part by the number of their reading; its checksum is verified first.

        Raises:
            DamagedLines: The part is missing, or its bytes are not those that were written.
        """
        content = self._bytes(name)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _broken(f"the line part {self.path(name)} is not as it was written")
        try:
            return _decode(content)[1]
        except (pa.ArrowException, ValueError, KeyError, TypeError) as error:
            raise _broken(f"the line part {self.path(name)} cannot be read: {error}") from error

    def read_stray(self, name: str) -> list[VideoLines]:
        """Read a part that the catalogue does not know; readings whose lines changed are left out.

        Raises:
            DamagedLines: It cannot be read, or is of another engine.
        """
        try:
            facts, lines = _decode(self._bytes(name))
            if facts["engine"] != self.engine_id:
                raise ValueError("it is of another engine")
            return [
                VideoLines(_row(each), str(each["content_key"]), lines.get(each["number"], ()))
                for each in facts["readings"]
                if _sum(lines.get(each["number"], ())) == each["sum"]
            ]
        except (pa.ArrowException, ValueError, KeyError, TypeError) as error:
            raise _broken(f"the line part {self.path(name)} cannot be read: {error}") from error

    def path(self, name: str) -> Path:
        """The file of a part."""
        return self.folder / name

    def _bytes(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise _broken(f"the line part {self.path(name)} is missing") from error
        except OSError as error:
            raise _broken(f"the line part {self.path(name)}: {error.strerror}") from error


def stray_line_parts(catalogue: Catalogue, store: LineStore) -> list[str]:
    """Name the part files of an engine that the catalogue neither knows nor has announced."""
    if not store.folder.is_dir():
        return []
    known = catalogue.readings.part_names(store.engine_id)
    names = sorted(path.name for path in store.folder.iterdir() if path.is_file())
    return [each for each in names if each not in known and not each.startswith(TEMP_PREFIX)]


def iter_lines(
    home: Home, parts: Sequence[LinePart], wanted: Numbers, damaged: list[LinePart]
) -> Iterator[ReadLines]:
    """The wanted readings, part by part; parts that cannot be read go to `damaged`."""
    numbers = set(wanted.tolist())
    for part in parts:
        rows = [row for row in part.readings if row.number in numbers]
        if not rows:
            continue
        try:
            held = LineStore(home, part.engine_id).read_part(part.name, part.sha256)
        except ReelwiseError:
            damaged.append(part)
            continue
        for row in rows:
            yield ReadLines(row.number, row.video_id, held.get(row.number, ()))


def lines_of_parts(
    home: Home, parts: Sequence[LinePart], wanted: Numbers
) -> tuple[list[ReadLines], list[LinePart]]:
    """The wanted readings with their lines, and the parts that cannot be read."""
    damaged: list[LinePart] = []
    return list(iter_lines(home, parts, wanted, damaged)), damaged


def lines_of_video(catalogue: Catalogue, video_id: int) -> list[Line]:
    """The lines of one video that can be found, in order of time; damaged parts are left out."""
    parts = catalogue.readings.parts_of(video_id)
    numbers = np.array([row.number for part in parts for row in part.readings], np.uint64)
    readings, _ = lines_of_parts(catalogue.home, parts, numbers)
    lines = [line for each in readings for line in each.lines]
    return sorted(lines, key=lambda line: (line.start_s, line.end_s, line.channel))


def _broken(problem: str) -> DamagedLines:
    return DamagedLines(problem, fix="run reelwise verify --repair, then reelwise index")


def _encode(readings: Sequence[VideoLines], engine_id: str) -> bytes:
    numbers = [each.row.number for each in readings]
    if not any(each.lines for each in readings) or len(set(numbers)) != len(numbers):
        raise ValueError("a line part needs a line, and readings of different numbers")
    pairs = [(each.row, line) for each in readings for line in each.lines]
    lines = [line for _, line in pairs]
    columns = [
        column(np.array([row.video_id for row, _ in pairs], np.int64)),
        floats([line.start_s for line in lines]),
        floats([line.end_s for line in lines]),
        texts([str(line.channel) for line in lines]),
        texts([line.text for line in lines]),
        texts([line.language for line in lines]),
        floats([line.confidence for line in lines]),
        texts([engine_id] * len(pairs)),
        column(np.array([row.number for row, _ in pairs], np.int64)),
    ]
    facts = {
        "format": LINES_FORMAT,
        "engine": engine_id,
        "readings": [
            {**asdict(each.row), "content_key": each.content_key, "sum": _sum(each.lines)}
            for each in readings
        ],
    }
    schema = _SCHEMA.with_metadata({"reelwise": seal(facts)})
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _decode(content: bytes) -> tuple[dict[str, Any], dict[int, tuple[Line, ...]]]:
    """What a part says of itself, and its lines by the number of their reading."""
    file = pq.ParquetFile(pa.BufferReader(content))
    facts = unseal((file.schema_arrow.metadata or {}).get(b"reelwise", b""))
    if facts.get("format") != LINES_FORMAT:
        raise ValueError(f"it has format {facts.get('format')!r}, not {LINES_FORMAT!r}")
    table = file.read(use_threads=False)
    names = ("reading", "channel", "start_s", "end_s", "text", "language", "confidence")
    lines: dict[int, list[Line]] = {}
    for number, channel, *rest in zip(*(table[name].to_pylist() for name in names), strict=True):
        lines.setdefault(number, []).append(Line(Channel(channel), *rest))
    return facts, {number: tuple(some) for number, some in lines.items()}


def _row(facts: dict[str, Any]) -> ReadingRow:
    values = {name: facts[name] for name in ReadingRow.__dataclass_fields__}
    return ReadingRow(
        **{**values, "channel": Channel(values["channel"]), "state": State(values["state"])}
    )


def _sum(lines: Iterable[Line]) -> int:
    """The CRC-32 of lines: a stray part has no other checksum that a reader can know."""
    rows = [
        [line.channel, float(line.start_s), float(line.end_s), line.text, line.language,
         float(line.confidence)]
        for line in lines
    ]  # fmt: skip
    return zlib.crc32(json.dumps(rows).encode())


def with_number(reading: VideoLines) -> VideoLines:
    """The same reading under a new number."""
    return replace(reading, row=replace(reading.row, number=new_number()))
