"""Captions files: what is said of which stretch of which video, and what is held out."""

from __future__ import annotations

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
    """What a captions file holds."""

    rows: list[CaptionRow]
    """Lines that can be used."""
    troubles: list[Trouble]
    """Lines that cannot."""


def read_captions(
    path: Path, find: FindVideo, *, words: Sequence[str] = ("caption",), timed: bool = True
) -> CaptionFile:
    """Read a CSV with the columns `video,start_s,end_s,caption`.

    Where there is a column `backward_caption`, it says what a stretch shows played backwards
    (empty: nothing about time), and `wrong_caption` what is true of it neither way; without them,
    rules for English words say so.

    Args:
        path: The file.
        find: The file of a video as a line names it; None where there is none.
        words: Columns that may hold the caption; the first that is there is read.
        timed: Whether every line must say both times; if not, a line without them is about the
            whole video.

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
    """Give the caption of a line; raises ValueError with what is wrong with it."""
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


def split_captions(
    rows: Sequence[CaptionRow], *, seed: int
) -> tuple[list[CaptionRow], list[CaptionRow], list[CaptionRow]]:
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
    names = {video: 0 if i >= held else 1 + i % 2 for i, video in enumerate(videos)}
    train, stop, final = ([r for r in rows if names[r.stretch.path] == part] for part in range(3))
    return train, stop, final


def halve_captions(
    rows: Sequence[CaptionRow], *, seed: int
) -> tuple[list[CaptionRow], list[CaptionRow]]:
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
    first = set(videos[::2])
    return (
        [row for row in rows if row.stretch.path in first],
        [row for row in rows if row.stretch.path not in first],
    )


def _shuffled_videos(rows: Sequence[CaptionRow], seed: int) -> list[Path]:
    videos = sorted({row.stretch.path for row in rows})
    order = np.random.default_rng([seed, 13]).permutation(len(videos))
    return [videos[i] for i in order]
