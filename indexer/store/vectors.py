"""Vectors on disk, from which every index is built.

A part is one Parquet file, written once and never changed, with a row per video: times and vectors
of its frames, ids, spans and vectors of its clips, and what it was made from, so that a catalogue
that lost the video can take its vectors in again. Vectors are float16; a unit vector rounded to it
keeps every inner product to 5e-4.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from data.catalogue import Part, new_part_name
from data.durable import crash_point, make_dir, write_atomic
from data.errors import ReelwiseError
from data.home import Home
from data.video.clips.rule import USUAL_RULE
from data.video.small_frames import SMALL_SIZE
from data.video.types import Ending, VideoInfo
from indexer.store.columns import column, flat, lists, lists_or_none, matrix
from indexer.store.columns import texts as texts_column
from indexer.store.part_formats import FORMAT_2, FORMAT_3, PART_FORMAT, READABLE_FORMATS

UNIT_TOLERANCE = 0.02
"""Most that the length of a stored vector may differ from 1; float16 moves it by 5e-4."""

TOUCHING_S = 1e-6
"""Clips no further apart than this have one border."""

Half = npt.NDArray[np.float16]


@dataclass(frozen=True)
class VideoVectors:
    """All vectors of one video by one encoder."""

    video_id: int
    """The video's permanent id."""
    frame_times_s: npt.NDArray[np.float64]
    """(n,) presentation times of the sampled frames, ascending."""
    frames: Half
    """(n, d) unit rows, one per frame."""
    clip_ids: npt.NDArray[np.int64]
    """(m,) permanent clip ids; zeros before the video is stored."""
    clip_spans: npt.NDArray[np.float64]
    """(m, 2) start_s and end_s of each clip."""
    clips: Half
    """(m, d) unit rows, one per clip."""
    clip_rule: str = USUAL_RULE.text
    """The rule by which the clips were cut."""
    cuts_s: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Hard cuts between the frames, ascending."""
    keyframes_s: npt.NDArray[np.float64] | None = None
    """Key frames of the file, ascending; None where nobody looked for them."""
    small_frames: npt.NDArray[np.uint8] | None = None
    """(n, 256) small pictures of the frames (`data.video.small_frames`); None in older parts."""


@dataclass(frozen=True)
class VideoClips:
    """The clips of one video by one encoder, without its frames."""

    video_id: int
    """The video's permanent id."""
    part: str
    """Name of the vector part in which they lie."""
    ids: npt.NDArray[np.int64]
    """(m,) permanent clip ids."""
    spans: npt.NDArray[np.float64]
    """(m, 2) start_s and end_s of each."""
    vectors: Half
    """(m, d) unit rows."""


@dataclass(frozen=True)
class Origin:
    """What the vectors of one video were made from."""

    content_key: str
    """The identity of the video's content."""
    ending: Ending
    """How decoding it ended."""


class DamagedPart(ReelwiseError):
    """A vector part is missing, or its bytes are not those that were written."""


class VectorStore:
    """The parts of one encoder; vectors of different encoders never share a folder."""

    def __init__(self, home: Home, encoder_id: str) -> None:
        self.home = home
        self.encoder_id = encoder_id
        self.folder = home.vectors(encoder_id)

    def write_part(
        self,
        rows: Sequence[VideoVectors],
        *,
        name: str | None = None,
        origins: Mapping[int, Origin] | None = None,
    ) -> Part:
        """Write a new part of at least one video; when this returns, it survives a power cut.

        `origins` gives what each video's vectors were made from, by its id.

        Raises:
            ValueError: A vector is not finite or not of unit length, or shapes do not fit together.
        """
        content = _encode(rows, self.encoder_id, origins or {})
        name = name or new_part_name()
        make_dir(self.folder, private=True)
        write_atomic(self.folder / name, content, point="part")
        crash_point("part.written")
        video_ids = frozenset(row.video_id for row in rows)
        return Part(name, hashlib.sha256(content).hexdigest(), len(content), video_ids)

    def read_part(
        self, name: str, sha256: str, video_ids: Set[int] | None = None
    ) -> list[VideoVectors]:
        """Read videos of a part, its checksum verified before the bytes are parsed.

        Args:
            name: The part.
            sha256: Its checksum.
            video_ids: Those that are wanted; None for all.

        Raises:
            DamagedPart: The part is missing, or its bytes are not those that were written.
        """
        table = self._open(name, sha256).read(use_threads=False)
        if video_ids is not None:
            numbers = np.array(table["video_id"].to_pylist(), np.int64)
            rows = np.flatnonzero(np.isin(numbers, list(video_ids)))
            table = table.take(column(rows))
        return list(_rows(table))

    def read_with_origins(self, name: str, sha256: str) -> list[tuple[VideoVectors, Origin | None]]:
        """Read every video of a part with what it was made from; parts of format 1 do not say.

        Raises:
            DamagedPart: As `read_part`.
        """
        table = self._open(name, sha256).read(use_threads=False)
        texts = table["origin"].to_pylist() if "origin" in table.column_names else []
        known = [None if text == "null" else _origin(json.loads(text)) for text in texts]
        rows = list(_rows(table))
        return list(zip(rows, known or [None] * len(rows), strict=True))

    def read_clips(self, name: str, sha256: str, video_ids: frozenset[int]) -> list[VideoClips]:
        """Read only the clips of some videos of a part.

        Raises:
            DamagedPart: As `read_part`.
        """
        columns = ["video_id", "clip_ids", "clip_spans", "clips"]
        table = self._open(name, sha256).read(columns=columns, use_threads=False)
        clips, counts = matrix(table["clips"], np.float16)
        spans, _ = matrix(table["clip_spans"], np.float64)
        ids, ends = flat(table["clip_ids"]), np.cumsum(counts)
        videos = []
        for row, video_id in enumerate(table["video_id"].to_pylist()):
            if video_id in video_ids:
                mine = slice(ends[row] - counts[row], ends[row])
                videos.append(VideoClips(video_id, name, ids[mine], spans[mine], clips[mine]))
        return videos

    def read_clip_ids(self, name: str, sha256: str) -> dict[int, list[int]]:
        """Read which clips of which videos a part holds, without their vectors.

        Raises:
            DamagedPart: As `read_part`.
        """
        table = self._open(name, sha256).read(columns=["video_id", "clip_ids"], use_threads=False)
        ids: list[list[int]] = table["clip_ids"].to_pylist()
        return dict(zip(table["video_id"].to_pylist(), ids, strict=True))

    def read_pictureless(self, name: str, sha256: str) -> dict[int, int]:
        """Read how many clips those videos of a part have that have no small frames.

        Raises:
            DamagedPart: As `read_part`.
        """
        part = self._open(name, sha256)
        wanted = {"video_id", "clip_ids", "small_frames"} & set(part.schema_arrow.names)
        table = part.read(columns=sorted(wanted), use_threads=False)
        known = zip(table["video_id"].to_pylist(), table["clip_ids"], strict=True)
        small = _small_frames(table)
        return {
            key: len(ids) for (key, ids), seen in zip(known, small, strict=True) if seen is None
        }

    def read_stray(self, name: str) -> list[tuple[Origin, VideoVectors] | None]:
        """Read a part that the catalogue does not know: each video with its origin.

        None stands for a video whose bytes are not those that were written.

        Raises:
            DamagedPart: It cannot be read, is of another encoder, or of format 1.
        """
        path = self.path(name)
        try:
            part = pq.ParquetFile(pa.BufferReader(path.read_bytes()))
            facts = part.schema_arrow.metadata or {}
            row_sum = _ROW_SUMS.get(facts.get(b"format", b"none").decode())
            if row_sum is None:
                raise _broken(f"the vector part {path} does not say what it was made from")
            if facts.get(b"encoder_id") != self.encoder_id.encode():
                raise _broken(f"the vector part {path} is of another encoder")
            table = part.read(use_threads=False)
            rows = zip(
                table["origin"].to_pylist(), _rows(table), table["row_sum"].to_pylist(), strict=True
            )
            return [
                (_origin(json.loads(text)), row) if row_sum(row, text) == known else None
                for text, row, known in rows
            ]
        except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
            raise _broken(f"the vector part {path} cannot be read: {error}") from error

    def path(self, name: str) -> Path:
        """The file of a part."""
        return self.folder / name

    def _open(self, name: str, sha256: str) -> pq.ParquetFile:
        path = self.path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise _broken(f"the vector part {path} is missing") from error
        except OSError as error:
            raise _broken(f"the vector part {path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _broken(f"the vector part {path} is not as it was written (wrong checksum)")
        part = pq.ParquetFile(pa.BufferReader(content))
        written = (part.schema_arrow.metadata or {}).get(b"format", b"none").decode()
        if written not in READABLE_FORMATS:
            raise _broken(f"the vector part {path} has format {written!r}, not {PART_FORMAT!r}")
        return part


def _broken(problem: str) -> DamagedPart:
    return DamagedPart(problem, fix="run reelwise verify --repair, then reelwise index")


def _encode(rows: Sequence[VideoVectors], encoder_id: str, origins: Mapping[int, Origin]) -> bytes:
    if not rows:
        raise ValueError("a part needs at least one video, got none")
    dim = rows[0].clips.shape[1]
    for row in rows:
        _check(row, dim)
    columns = {"video_id": column(np.array([row.video_id for row in rows], dtype=np.int64))}
    for name in ("frame_times_s", "frames", "clip_ids", "clip_spans", "clips"):
        columns[name] = lists([getattr(row, name) for row in rows])
    known = [origins.get(row.video_id) for row in rows]
    texts = [json.dumps(asdict(each)) if each else "null" for each in known]
    sums = [_row_sum(row, text) for row, text in zip(rows, texts, strict=True)]
    columns["clip_rule"] = texts_column([row.clip_rule for row in rows])
    columns["cuts_s"] = lists([row.cuts_s for row in rows])
    columns["keyframes_s"] = lists_or_none([row.keyframes_s for row in rows])
    columns["small_frames"] = lists([_small(row) for row in rows])
    columns["origin"] = texts_column(texts)
    columns["row_sum"] = column(np.array(sums, dtype=np.int64))
    table = pa.table(columns).replace_schema_metadata(
        {"format": PART_FORMAT, "encoder_id": encoder_id, "dim": str(dim)}
    )
    sink = pa.BufferOutputStream()
    # Vectors neither compress nor repeat, and plain pages read three times as fast.
    pq.write_table(table, sink, compression="none", use_dictionary=False, write_statistics=False)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _row_sum(row: VideoVectors, origin: str) -> int:
    """The CRC-32 of all that a row holds: a stray part has no other checksum."""
    return zlib.crc32(_small(row).tobytes(), _row_sum_3(row, origin))


def _small(row: VideoVectors) -> npt.NDArray[np.uint8]:
    """Its small frames; no row where there are none."""
    none = np.zeros((0, SMALL_SIZE), np.uint8)
    return none if row.small_frames is None else np.ascontiguousarray(row.small_frames)


def _row_sum_3(row: VideoVectors, origin: str) -> int:
    """The same of a part of format 3."""
    keys = "none" if row.keyframes_s is None else row.keyframes_s.tolist()
    of_clips = json.dumps([row.clip_rule, row.cuts_s.tolist(), keys])
    return zlib.crc32(of_clips.encode(), _old_row_sum(row, origin))


def _old_row_sum(row: VideoVectors, origin: str) -> int:
    """The same of a part of format 2."""
    arrays = (row.frame_times_s, row.frames, row.clip_ids, row.clip_spans, row.clips)
    numbers = b"".join(np.ascontiguousarray(each).tobytes() for each in arrays)
    return zlib.crc32(origin.encode(), zlib.crc32(numbers))


_ROW_SUMS = {PART_FORMAT: _row_sum, FORMAT_3: _row_sum_3, FORMAT_2: _old_row_sum}
"""By format."""


def _origin(values: dict[str, Any] | None) -> Origin:
    if values is None:
        raise ValueError("it does not say what it was made from")
    ending = values["ending"]
    info = None if ending["info"] is None else VideoInfo(**ending["info"])
    return Origin(values["content_key"], Ending(**{**ending, "info": info}))


def _check(row: VideoVectors, dim: int) -> None:
    n, m = len(row.frame_times_s), len(row.clip_ids)
    shapes = (row.frames.shape, row.clips.shape, row.clip_spans.shape)
    if m == 0 or shapes != ((n, dim), (m, dim), (m, 2)):
        raise ValueError(
            f"video {row.video_id}: {n} frame times and {m} clip ids need frames ({n}, {dim}), "
            f"clips ({m} > 0, {dim}) and spans ({m}, 2), got {shapes}"
        )
    if row.small_frames is not None and row.small_frames.shape != (n, SMALL_SIZE):
        raise ValueError(
            f"video {row.video_id}: {n} frames need small frames ({n}, {SMALL_SIZE}), "
            f"got {row.small_frames.shape}"
        )
    for name, vectors in (("frame", row.frames), ("clip", row.clips)):
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        # Written so that NaN fails as well.
        if not np.all(np.abs(lengths - 1) <= UNIT_TOLERANCE):
            raise ValueError(f"video {row.video_id}: a {name} vector is not of unit length")


def _rows(table: pa.Table) -> Iterator[VideoVectors]:
    frames, n_frames = matrix(table["frames"], np.float16)
    clips, n_clips = matrix(table["clips"], np.float16)
    spans, _ = matrix(table["clip_spans"], np.float64)
    times, ids = flat(table["frame_times_s"]), flat(table["clip_ids"])
    frame_ends, clip_ends = np.cumsum(n_frames), np.cumsum(n_clips)
    cut = _how_cut(table)
    small = _small_frames(table)
    for row, video_id in enumerate(table["video_id"].to_pylist()):
        of_frames = slice(frame_ends[row] - n_frames[row], frame_ends[row])
        of_clips = slice(clip_ends[row] - n_clips[row], clip_ends[row])
        vectors = VideoVectors(
            video_id,
            times[of_frames],
            frames[of_frames],
            ids[of_clips],
            spans[of_clips],
            clips[of_clips],
            small_frames=small[row],
        )
        if cut is None:
            yield replace(vectors, cuts_s=cuts_between(vectors.clip_spans))
            continue
        rule, cuts_s, keys_s = cut[row]
        yield replace(
            vectors,
            clip_rule=rule,
            cuts_s=np.array(cuts_s, np.float64),
            keyframes_s=None if keys_s is None else np.array(keys_s, np.float64),
        )


def _how_cut(table: pa.Table) -> list[tuple[str, list[float], list[float] | None]] | None:
    """The clip rule, cuts and key frames of each row; None for a part older than they are."""
    if "clip_rule" not in table.column_names:
        return None
    names = ("clip_rule", "cuts_s", "keyframes_s")
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def _small_frames(table: pa.Table) -> list[npt.NDArray[np.uint8] | None]:
    """The small frames of each row; None for one that has none."""
    if "small_frames" not in table.column_names:
        return [None] * len(table)
    rows, counts = matrix(table["small_frames"], np.uint8)
    ends = np.cumsum(counts)
    return [rows[end - n : end] if n else None for end, n in zip(ends, counts, strict=True)]


def cuts_between(clip_spans: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The cuts in clips (m, 2) of the usual rule: clips of one shot overlap, others adjoin.

    Within a picture that stands longer than a clip there may be one more: nothing is shown there.
    """
    return clip_spans[1:, 0][clip_spans[1:, 0] >= clip_spans[:-1, 1] - TOUCHING_S]
