"""Captions files: captions of stretches of videos, and which of them are held out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table
from embeddings.training.reverse_captions import backward_caption, swapped_caption

TIMES = ("start_s", "end_s")
HEADER = "video,start_s,end_s,caption"
BACKWARD, WRONG = "backward_caption", "wrong_caption"
EVALUATION_SHARE = 0.25
"""Share of the videos that is held out: half for early stopping, half for the evaluation."""

FindVideo = Callable[[str], Path | None]


@dataclass(frozen=True)
class Stretch:
    """A part of a video file."""

    path: Path
    """The file."""
    start_s: float
    """Where it begins."""
    end_s: float
    """Where it ends, not included; infinite for the end of the video."""


@dataclass(frozen=True)
class CaptionRow:
    """One line of a captions file."""

    stretch: Stretch
    """What it is about."""
    text: str
    """The caption."""
    backward: str | None
    """What the stretch shows played backwards; None where nothing is said about time."""
    wrong: str | None
    """True of the stretch neither forwards nor backwards; None where there is none."""


@dataclass(frozen=True)
class Trouble:
    """A line or a video that could not be used."""

    where: str
    """The line of the file, or the video."""
    reason: str
    """What is wrong with it."""


@dataclass(frozen=True)
class CaptionFile:
    """The content of a captions file."""

    rows: list[CaptionRow]
    """Usable lines."""
    troubles: list[Trouble]
    """Other lines."""


def read_captions(
    path: Path, find: FindVideo, *, words: Sequence[str] = ("caption",), timed: bool = True
) -> CaptionFile:
    """Read a CSV with the columns `video,start_s,end_s,caption`.

    A column `backward_caption` says what a stretch shows played backwards (empty where the caption
    says nothing about time), a column `wrong_caption` what is wrong for it both ways. Without these
    columns, rules for English words give both.

    Args:
        path: The file.
        find: The file of a video by its name in a line; None where there is none.
        words: Columns that may hold the caption; the first existing one is read.
        timed: Whether every line needs both times; if not, a line without them is about the whole
            video.

    Raises:
        ReelwiseError: It cannot be read, lacks a column, or has no line that can be used.
    """
    times = TIMES if timed else ()
    table = read_table(path, ["video", *times, "|".join(words)], header=HEADER)
    text = next(name for name in words if name in table.columns)
    captions = CaptionFile([], [])
    for line in table.rows:
        try:
            captions.rows.append(_caption(line, text, table.columns, find, timed=timed))
        except ValueError as error:
            captions.troubles.append(Trouble(f"{path.name} line {line.line}", str(error)))
    if not captions.rows:
        why = captions.troubles[0].reason if captions.troubles else "it has no line after the first"
        raise ReelwiseError(
            f"{path} has no caption that can be used: {why}",
            fix="check the videos' paths (relative ones start at the captions file) and the times",
        )
    return captions


def _caption(
    line: TableRow, column: str, columns: Sequence[str], find: FindVideo, *, timed: bool
) -> CaptionRow:
    """The caption of a line; raises ValueError with what is wrong with it."""
    text, name = line[column], line["video"]
    if not text or not name:
        raise ValueError("it has no caption" if name else "it names no video")
    start_s, end_s = line.interval(optional=not timed)
    path = find(name)
    if path is None:
        raise ValueError(f"there is no video {name}, neither as a file nor in the library")
    backward = line[BACKWARD] or None if BACKWARD in columns else backward_caption(text)
    wrong = line[WRONG] or None if WRONG in columns else swapped_caption(text)
    if BACKWARD in columns and WRONG not in columns and backward is None:
        wrong = None
    return CaptionRow(Stretch(path, start_s, end_s), text, backward, wrong)


def find_beside(captions: Path, *, videos: Path | None = None) -> FindVideo:
    """Finds videos by absolute paths, or relative to `videos`, the file or the working folder."""
    folders = [*([videos.absolute()] if videos else []), captions.absolute().parent, Path.cwd()]

    def find(name: str) -> Path | None:
        tried = (folder / Path(name).expanduser() for folder in folders)
        return next((path for path in tried if path.is_file()), None)

    return find


def split_captions(rows: Sequence[CaptionRow], *, seed: int) -> list[list[CaptionRow]]:
    """Split by video: for training, early stopping and evaluation.

    Raises:
        ReelwiseError: There are fewer than four videos.
    """
    videos = _shuffled_videos(rows, seed)
    if len(videos) < 4:
        raise ReelwiseError(
            f"the captions are about {len(videos)} videos, and two of them must be held out",
            fix="caption four videos or more, or name others with --validation FILE",
        )
    held = max(2, round(len(videos) * EVALUATION_SHARE))
    return _rows_of(rows, videos[held:], videos[:held:2], videos[1:held:2])


def halve_captions(rows: Sequence[CaptionRow], *, seed: int) -> list[list[CaptionRow]]:
    """Split a validation file by video: for early stopping and evaluation.

    Raises:
        ReelwiseError: It is about a single video.
    """
    videos = _shuffled_videos(rows, seed)
    if len(videos) < 2:
        raise ReelwiseError(
            "the validation captions are about one video: one for early stopping and one for the "
            "evaluation are needed",
            fix="caption two videos or more for --validation",
        )
    return _rows_of(rows, videos[::2], videos[1::2])


def _rows_of(rows: Sequence[CaptionRow], *parts: list[Path]) -> list[list[CaptionRow]]:
    """The rows about each list of videos."""
    return [[row for row in rows if row.stretch.path in videos] for videos in map(set, parts)]


def _shuffled_videos(rows: Sequence[CaptionRow], seed: int) -> list[Path]:
    videos = sorted({row.stretch.path for row in rows})
    order = np.random.default_rng([seed, 13]).permutation(len(videos))
    return [videos[i] for i in order]
