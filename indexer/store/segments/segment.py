"""One segment: the clips of some videos, their vectors, and what finds the nearest of them.

    index/segments/seg-<number>/
      video_ids.npy ...    which clips of which videos it holds (`columns`)
      clips.f16            clip vectors
      means.f16            a vector for each video: the mean of its clips by length, of unit length
      nearest.faiss        what its index kind adds to the vectors; not of every kind
      manifest.json        what it was made from, and the checksum of each file

A segment never changes. Generations name those that they consist of, and share them; one that no
generation names is removed by the next writer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.arrays import Ids
from data.errors import ReelwiseError
from data.home import Home
from data.sealed import MANIFEST_FILE, FileSum, unseal
from indexer.store.array_files import array_of
from indexer.store.checked_files import LARGE_BYTES, CheckedFiles
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import INDEX_KINDS
from indexer.store.rows.row_index import Parameters, RowIndex
from indexer.store.segments.columns import Columns, column_names
from indexer.store.vectors import VideoClips

SEGMENTS_FOLDER = "segments"
SEGMENT_PREFIX = "seg-"

CLIPS_FILE = "clips.f16"
MEANS_FILE = "means.f16"
NEAREST_FILE = "nearest.faiss"

SEGMENT_FORMAT = 1
"""Version of a segment's folder."""


@dataclass(frozen=True)
class SegmentFacts:
    """What a segment was made from."""

    format: int
    """Version of its layout."""
    name: str
    """Name of its folder, which no other segment has or will have."""
    encoder_id: str
    """Whose vectors it holds."""
    dim: int
    """Their length."""
    videos: int
    """Videos in it."""
    clips: int
    """Clips in it."""
    parts: tuple[str, ...]
    """The vector parts that it was made from."""
    index_kind: str
    """Kind of its index, see `indexer.store.rows.kinds`."""
    parameters: Parameters
    """How thoroughly that searches."""
    recall_at_10: float
    """Share of the true ten nearest that it returns, measured at build."""
    asked_kind: str
    """The kind that was asked for, which may be one that suits the number of clips."""
    target_recall: float
    """What that was to be at least."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""


@dataclass(frozen=True)
class Segment:
    """An opened segment; threads may share it."""

    columns: Columns
    """Which clips it holds."""
    part_names: tuple[str, ...]
    """The vector parts that its `part_numbers` mean."""
    index: RowIndex
    """Clip vectors by row."""
    means: HalfMatrix
    """(v, d) a unit vector for each video."""
    facts: SegmentFacts | None = None
    """Of its folder; None for one in memory."""

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def name(self) -> str | None:
        """Name of its folder; None for one in memory."""
        return None if self.facts is None else self.facts.name

    @property
    def vectors(self) -> HalfMatrix:
        """(n, d) clip vectors."""
        return self.index.matrix

    @cached_property
    def part_places(self) -> dict[str, int]:
        """Parts to their numbers."""
        return {name: number for number, name in enumerate(self.part_names)}

    def videos(self, places: NDArray[np.intp]) -> Iterator[VideoClips]:
        """The clips of the videos at some places."""
        columns = self.columns
        for place in places.tolist():
            mine = slice(int(columns.firsts[place]), int(columns.firsts[place + 1]))
            yield VideoClips(
                int(columns.video_ids[place]),
                self.part_names[int(columns.part_numbers[place])],
                columns.clip_ids[mine],
                columns.spans[mine],
                self.vectors.half[mine],
            )

    @cached_property
    def sampled_rows(self) -> Ids:
        """Rows in the order of a random number that belongs to each clip: the first some."""
        keys = sample_keys(self.columns.clip_ids)
        if len(keys) > SAMPLED_ROWS:
            chosen = np.argpartition(keys, SAMPLED_ROWS)[:SAMPLED_ROWS]
            return np.asarray(chosen[np.argsort(keys[chosen])], np.int64)
        return np.asarray(np.argsort(keys), np.int64)


SAMPLED_ROWS = 3 * 4096
"""Rows that are kept for samples of a segment."""


def sample_keys(clip_ids: Ids) -> NDArray[np.uint64]:
    """(m,) a number for each clip, as good as random, and always the same.

    The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    """
    keys = clip_ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(keys ^ (keys >> np.uint64(31)), np.uint64)


def memory_of(facts: SegmentFacts) -> tuple[int, int]:
    """Bytes of a segment's files that are held in memory, and that are mapped from the disk."""
    held = INDEX_KINDS[facts.index_kind].is_held
    mapped = sum(
        known.size_bytes
        for name, known in facts.files.items()
        if known.size_bytes > LARGE_BYTES and not (held and name == NEAREST_FILE)
    )
    return sum(known.size_bytes for known in facts.files.values()) - mapped, mapped


def segment_folder(home: Home, name: str) -> Path:
    """The folder of a segment."""
    return home.index / SEGMENTS_FOLDER / name


def segment_names(home: Home) -> list[str]:
    """Names of the whole segments, whether or not a generation names them."""
    folder = home.index / SEGMENTS_FOLDER
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if each.name.startswith(SEGMENT_PREFIX))


def check_segment(home: Home, name: str, *, anew: bool = False) -> SegmentFacts:
    """Compare the files of a segment with their checksums; see `CheckedFiles.check`.

    Raises:
        ReelwiseError: A file is missing, or not as it was written.
    """
    folder, facts = segment_folder(home, name), read_facts(home, name)
    checks = CheckedFiles(home)
    try:
        for file, expected in facts.files.items():
            checks.check(folder, file, expected, anew=anew)
    except ReelwiseError as error:
        raise _unusable(name, error.problem) from error
    return facts


def open_segment(home: Home, name: str) -> Segment:
    """Open a segment; what is small is read and verified, what is large is mapped.

    Raises:
        ReelwiseError: A file is missing, or not as it was written.
    """
    folder, facts = segment_folder(home, name), read_facts(home, name)
    checks = CheckedFiles(home)
    try:
        content = {file: checks.content(folder, file, sum_) for file, sum_ in facts.files.items()}
        columns = Columns(**{name: array_of(content[f"{name}.npy"]) for name in column_names()})
        clips = HalfMatrix(content[CLIPS_FILE], dim=facts.dim, n=facts.clips)
        means = HalfMatrix(content[MEANS_FILE], dim=facts.dim, n=facts.videos)
        index = INDEX_KINDS[facts.index_kind].load(content.get(NEAREST_FILE), clips)
    except ReelwiseError as error:
        raise _unusable(name, error.problem) from error
    except (KeyError, ValueError) as error:
        raise _unusable(name, str(error)) from error
    index.parameters = dict(facts.parameters)
    return Segment(columns, facts.parts, index, means, facts)


def read_facts(home: Home, name: str) -> SegmentFacts:
    """Read and verify the manifest of a segment alone.

    Raises:
        ReelwiseError: It is missing, changed, or of another version.
    """
    path = segment_folder(home, name) / MANIFEST_FILE
    try:
        values = unseal(path.read_bytes())
    except OSError as error:
        raise _unusable(name, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    except ValueError as error:
        problem = f"{MANIFEST_FILE} is not as it was written (wrong checksum)"
        raise _unusable(name, problem) from error
    known = {field.name for field in fields(SegmentFacts)}
    if values.get("format") != SEGMENT_FORMAT or values.get("name") != name or known - set(values):
        raise _unusable(name, f"{MANIFEST_FILE} has another format or belongs elsewhere")
    if values["index_kind"] not in INDEX_KINDS:
        raise _unusable(name, f"its index is of the unknown kind {values['index_kind']!r}")
    values["files"] = {file: FileSum(**known) for file, known in values["files"].items()}
    values["parts"] = tuple(values["parts"])
    return SegmentFacts(**values)


def _unusable(name: str, why: str) -> ReelwiseError:
    return ReelwiseError(f"the index segment {name} is damaged: {why}", fix="run reelwise rebuild")
