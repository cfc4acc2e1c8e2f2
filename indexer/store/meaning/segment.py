"""One segment of meanings: the lines of some readings, their sentence vectors, their texts.

    index/meanings/seg-<number>/
      numbers.npy ...      which lines of which readings it holds (`columns`)
      lines.arrow          times, language and text of each line
      lines.f16            the vector of each line
      best_places.npy ...  how high it scores for unrelated captions (`best_readings`)
      manifest.json        what it was made from, and the checksum of each file

A segment never changes. Generations name those that they consist of, and share them; one that no
generation names is removed by the next writer. The number of a reading is random and given out
once, so what counts in a segment are the readings that the catalogue knows: nothing is struck out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.errors import ReelwiseError
from data.home import Home
from data.lines import Line
from data.sealed import MANIFEST_FILE, FileSum, unseal
from indexer.store.array_files import array_of
from indexer.store.checked_files import LARGE_OF_LINES, CheckedFiles
from indexer.store.lines import Numbers
from indexer.store.meaning.best_readings import BestReadings
from indexer.store.meaning.columns import CHANNELS, MeantLines, ReadingColumns
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import FlatRows

MEANINGS_FOLDER = "meanings"
MEANING_PREFIX = "seg-"
VECTORS_FILE = "lines.f16"
TEXTS_FILE = "lines.arrow"
BEST_FILES = {"places": "best_places.npy", "scores": "best_scores.npy"}
"""Files of `BestReadings` by field."""

MEANING_FORMAT = 1
"""Version of a segment's folder."""


@dataclass(frozen=True)
class MeaningFacts:
    """What a segment was made from."""

    format: int
    """Version of its layout."""
    name: str
    """Name of its folder, which no other segment has or will have."""
    form: str
    """The sentence encoder, how its vectors become those of lines, and the captions that they were
    compared with: segments of different forms are not searched together."""
    dim: int
    """Length of a vector."""
    readings: int
    """Readings in it."""
    lines: int
    """Lines in it."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""


@dataclass(frozen=True)
class MeaningSegment:
    """An opened segment; threads may share it."""

    columns: ReadingColumns
    """Which lines of which readings."""
    texts: pa.Table
    """Times, language and text of each line, by row."""
    index: FlatRows
    """Vectors by row."""
    best: BestReadings
    """How high it scores for unrelated captions."""
    facts: MeaningFacts | None = None
    """Of its folder; None for one in memory."""

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def name(self) -> str:
        """Name of its folder; empty for one in memory."""
        return "" if self.facts is None else self.facts.name

    @property
    def lines(self) -> MeantLines:
        """All that it holds, to be copied."""
        return MeantLines(self.columns, self.texts, self.index.matrix.half)

    def line(self, row: int) -> Line:
        """The line of a row; its confidence is not kept here."""
        values = self.texts.slice(row, 1).to_pylist()[0]
        channel = self.columns.channels[self.columns.place_of(row)]
        times = (values["start_s"], values["end_s"])
        return Line(CHANNELS[channel], *times, values["text"], values["language"])


def column_files() -> dict[str, str]:
    """The files of the columns by field."""
    return {field.name: f"{field.name}.npy" for field in fields(ReadingColumns)}


def meaning_folder(home: Home, name: str) -> Path:
    """The folder of a segment."""
    return home.index / MEANINGS_FOLDER / name


def meaning_names(home: Home) -> list[str]:
    """Names of the whole segments, whether or not a generation names them."""
    folder = home.index / MEANINGS_FOLDER
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if each.name.startswith(MEANING_PREFIX))


def check_meaning(home: Home, name: str, *, anew: bool = False) -> MeaningFacts:
    """Compare the files of a segment with their checksums; see `CheckedFiles.check`.

    Raises:
        ReelwiseError: A file is missing, or not as it was written.
    """
    folder, facts = meaning_folder(home, name), read_meaning_facts(home, name)
    checks = CheckedFiles(home, LARGE_OF_LINES)
    try:
        for file, expected in facts.files.items():
            checks.check(folder, file, expected, anew=anew)
    except ReelwiseError as error:
        raise _unusable(name, error.problem) from error
    return facts


def open_meaning(home: Home, name: str) -> MeaningSegment:
    """Open a segment; what is small is read and verified, what is large is mapped.

    Raises:
        ReelwiseError: A file is missing, or not as it was written.
    """
    facts = read_meaning_facts(home, name)
    checks, folder = CheckedFiles(home, LARGE_OF_LINES), meaning_folder(home, name)
    try:
        content = {file: checks.content(folder, file, sum_) for file, sum_ in facts.files.items()}
        arrays = {name: array_of(content[file]) for name, file in column_files().items()}
        best = {name: array_of(content[file]) for name, file in BEST_FILES.items()}
        return MeaningSegment(
            ReadingColumns(**arrays),
            pa.ipc.open_file(pa.py_buffer(content[TEXTS_FILE])).read_all(),
            FlatRows(HalfMatrix(content[VECTORS_FILE], dim=facts.dim, n=facts.lines)),
            BestReadings(**best),
            facts,
        )
    except ReelwiseError as error:
        raise _unusable(name, error.problem) from error
    except (KeyError, ValueError, pa.ArrowException) as error:
        raise _unusable(name, str(error)) from error


def numbers_in(
    home: Home, names: Iterable[str], is_wanted: Callable[[MeaningFacts], bool]
) -> Numbers:
    """(r,) numbers of the readings in those segments that are wanted and whole, ascending.

    Their vectors and texts are not read.
    """
    numbers = [np.zeros(0, np.uint64)]
    for name in names:
        try:
            facts = check_meaning(home, name)
        except ReelwiseError:
            continue
        if is_wanted(facts):
            file = column_files()["numbers"]
            content = CheckedFiles(home).content(
                meaning_folder(home, name), file, facts.files[file]
            )
            numbers.append(array_of(content))
    return np.unique(np.concatenate(numbers))


def read_meaning_facts(home: Home, name: str) -> MeaningFacts:
    """Read and verify the manifest of a segment alone.

    Raises:
        ReelwiseError: It is missing, changed, or of another version.
    """
    path = meaning_folder(home, name) / MANIFEST_FILE
    try:
        values = unseal(path.read_bytes())
    except OSError as error:
        raise _unusable(name, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    except ValueError as error:
        problem = f"{MANIFEST_FILE} is not as it was written (wrong checksum)"
        raise _unusable(name, problem) from error
    known = {field.name for field in fields(MeaningFacts)}
    if (values.get("format"), values.get("name")) != (MEANING_FORMAT, name) or known != set(values):
        raise _unusable(name, f"{MANIFEST_FILE} has another format or belongs elsewhere")
    values["files"] = {file: FileSum(**known) for file, known in values["files"].items()}
    return MeaningFacts(**values)


def _unusable(name: str, why: str) -> ReelwiseError:
    return ReelwiseError(
        f"the segment {name} of what lines mean is damaged: {why}", fix="run reelwise rebuild"
    )
