"""The rows of the catalogue as its readers see them."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.lines.line import Channel
from data.video.clips.rule import USUAL_RULE
from data.video.types import Ending


class State(StrEnum):
    """How far one video, or one file, has come."""

    DONE = "done"
    """Every promised second was decoded and embedded."""
    PARTIAL = "partial"
    """Embedded and searchable, but less was decoded than the file promised."""
    FAILED = "failed"
    """Nothing usable came out; after `MAX_ATTEMPTS` tries it is tried again only on request."""


SEARCHABLE = f"state IN ('{State.DONE}', '{State.PARTIAL}')"
"""SQL: the embedding is served."""

INCOMPLETE = f"state IN ('{State.PARTIAL}', '{State.FAILED}')"
"""SQL: of the embedding or reading something is missing, or all of it."""

IS_LIVE = (
    f"e.encoder_id = :encoder AND e.{SEARCHABLE}"
    " AND EXISTS (SELECT 1 FROM files WHERE video_id = e.video_id)"
)
"""SQL: the embedding `e` is served, and its video has a file."""

IS_FOUND = (
    f"r.{SEARCHABLE} AND EXISTS (SELECT 1 FROM files WHERE video_id = r.video_id)"
    " AND EXISTS (SELECT 1 FROM meta WHERE key = 'engine_' || r.channel AND value = r.engine_id)"
)
"""SQL: the lines of reading `r` are searched: its engine serves the channel, the video is live."""

FIRST_FILES = (
    "(SELECT video_id, MIN(id) AS file_id FROM files WHERE video_id IS NOT NULL GROUP BY video_id)"
)
"""SQL: the file of each video that was known first stands for it."""

MAX_ATTEMPTS = 3
"""Recorded failures after which a video is tried again only on request."""


NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of what has none."""


@dataclass(frozen=True)
class Video:
    """One live video: some content that at least one known file holds and some encoder embedded."""

    id: int
    """Permanent number, never used again for other content."""
    path: Path
    """The file that was known first among those with this content, absolute."""
    title: str
    """Name to show."""
    duration_s: float
    """Length as probed; 0 when unknown."""
    width_px: int
    """Width as shown; 0 when unknown."""
    height_px: int
    """Height as shown; 0 when unknown."""
    fps: float
    """Frames per second on average; 0 when unknown."""
    codec: str
    """Name of the picture codec; empty when unknown."""
    content_key: str
    """Identity of the bytes, from `data.video.content.content_key`."""
    added_at: datetime
    """When this content was first seen, UTC."""
    recorded_at: datetime = NEVER
    """When it was recorded, as its container says, else when its file was last changed; UTC."""


@dataclass(frozen=True)
class ClipTable:
    """Clips of one encoder as columns, ordered by id: cheap for millions."""

    ids: npt.NDArray[np.int64]
    """(m,) permanent clip ids, ascending."""
    video_ids: npt.NDArray[np.int64]
    """(m,) the video of each."""
    starts_s: npt.NDArray[np.float64]
    """(m,) first instants."""
    ends_s: npt.NDArray[np.float64]
    """(m,) first instants after each."""

    def __len__(self) -> int:
        return len(self.ids)


DOUBTFUL = -(2**63)
"""Time stamp of a file that changed and kept its own: the next scan reads all of its bytes."""


@dataclass(frozen=True)
class FileRecord:
    """One file of the library as it was last seen."""

    path: Path
    """Absolute path."""
    size_bytes: int
    """Size when last seen."""
    mtime_ns: int
    """Time of the last change when last seen, nanoseconds."""
    inode: int
    """File number in its file system when last seen."""
    content_key: str | None = None
    """Identity of the bytes, see `data.video.scan`; None when the file could not be read."""
    video_id: int | None = None
    """The video with this content; None when the file could not become one."""
    reason: str | None = None
    """Why the file could not become a video; None for a good file."""
    content_hash: str | None = None
    """SHA-256 of all bytes of its video; None where they were never read in full."""
    title: str | None = None
    """Title for the video where it is new or its title changed; not read back."""


@dataclass(frozen=True)
class Pending:
    """A live video that an encoder has yet to embed."""

    video_id: int
    """The video."""
    path: Path
    """A file that holds it, absolute."""
    size_bytes: int
    """Size of that file."""
    attempts: int
    """Failures recorded so far."""


@dataclass(frozen=True)
class Failure:
    """A file or video that is not, or not wholly, searchable."""

    path: Path
    """Where it lies."""
    state: str
    """One of `State`, never `done`."""
    reason: str
    """What a person should read."""
    attempts: int
    """Failures recorded so far."""


@dataclass(frozen=True)
class Part:
    """A vector part that the catalogue vouches for."""

    name: str
    """File name in the encoder's folder."""
    sha256: str
    """Checksum of the whole file, hex."""
    size_bytes: int
    """Size of the file."""
    video_ids: frozenset[int]
    """The videos whose valid vectors lie in it; its rows of other videos are out of date."""


@dataclass(frozen=True)
class EmbeddingRow:
    """How one video was embedded, for the catalogue; its clips' ids come from `reserve`."""

    video_id: int
    """The video."""
    ending: Ending
    """How decoding ended: done or partial; its info, if any, replaces what is known."""
    clip_ids: tuple[int, ...]
    """Reserved ids, in order of time."""
    clip_spans: tuple[tuple[float, float], ...]
    """(start_s, end_s) of each clip."""
    clip_rule: str = USUAL_RULE.text
    """The rule by which they were cut."""


@dataclass(frozen=True)
class ReadingRow:
    """How one channel of one video was read by one engine."""

    video_id: int
    """The video."""
    channel: Channel
    """What was read."""
    number: int
    """A random number of 62 bits, which no other reading has or will have."""
    n_lines: int
    """Lines of it."""
    state: State = State.DONE
    """done or partial."""
    reason: str = ""
    """Why there are no lines, or not all; or empty."""
    source: str = ""
    """What it was read from, where that is more than the video's content: names, files beside."""


@dataclass(frozen=True)
class LinePart:
    """A line part, with the readings that count in it."""

    name: str
    """File name in the engine's folder."""
    engine_id: str
    """The engine that read its lines."""
    sha256: str
    """Checksum of the whole file, hex."""
    size_bytes: int
    """Size of the file."""
    readings: tuple[ReadingRow, ...]
    """What counts; other rows of it are out of date."""


@dataclass(frozen=True)
class Unread:
    """A live video of which an engine has yet to read a channel."""

    video_id: int
    """The video."""
    path: Path
    """A file that holds it, absolute."""
    size_bytes: int
    """Size of that file."""
    attempts: int
    """Failures recorded so far."""
    duration_s: float
    """Length of the video; 0 when unknown."""
    fps: float
    """Frames per second on average; 0 when unknown."""


@dataclass(frozen=True)
class ChannelCounts:
    """How far an engine has come with a channel, in live videos."""

    channel: Channel
    """The channel."""
    engine_id: str
    """The engine that is searched."""
    done: int
    """Videos read whole, those without a line included."""
    partial: int
    """Videos read in part."""
    failed: int
    """Videos of which nothing could be read."""
    pending: int
    """Videos not tried yet."""
    lines: int
    """Lines that can be found."""


def new_part_name() -> str:
    """A name that no other part has or will have."""
    return f"part-{uuid.uuid4()}.parquet"
