"""Labels from a file into a set: each row is added, known already, or refused by its line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.annotations.annotations import Annotations, Said, holding
from data.annotations.records import NoSuchSet, checked_labels, checked_stretch
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.rows import LabelFile, LabelRow, LabelWish, read_labels
from data.labels.trouble import RowTrouble

LEAST_INSIDE_S = 0.01
"""A stretch that begins nearer to the end of its video than this is about nothing."""


@dataclass(frozen=True)
class Imported:
    """What became of the rows of a file."""

    added: int
    """Rows that are kept now."""
    changed: int
    """Of these, rows whose stretch had other labels."""
    known: int
    """Rows that say what the set, or an earlier row, says already."""
    troubles: list[RowTrouble]
    """Rows that were left out, by line."""


def import_labels(
    catalogue: Catalogue,
    name: str,
    file: Path,
    *,
    by: str,
    task: Task | None = None,
    column: str | None = None,
) -> Imported:
    """Add the labels of a file to a set, which is made where there is none.

    All good rows are kept in one transaction; importing a file again changes nothing.

    Args:
        catalogue: The library.
        name: The set.
        file: CSV, Parquet or JSON, as `data.labels` reads it.
        by: Whose labels they are.
        task: What a new set, or one that is empty, is of; None finds it out.
        column: The column of labels; None for the only one.

    Raises:
        ReelwiseError: The file cannot be read, no row can be used, or the set is of another task.
    """
    annotations = Annotations(catalogue)
    try:
        known = annotations.get(name)
        rows = holding(annotations.rows(name))
    except NoSuchSet:
        known, rows = None, []
    if known is not None and (known.labels or annotations.rows(name)):
        task = task or known.task
    read = read_labels(file, LabelWish(task, () if column is None else (column,)))
    target, task = _target(read)
    said, troubles = _said(catalogue, read, target, task)
    before = {each.stretch: each.labels for each in rows}
    new = [each for each in said if before.get(_stretch(each)) != each.labels]
    if not said:
        raise ReelwiseError(
            f"no row of {file} can be used; line {troubles[0].line}: {troubles[0].reason}",
            fix="name videos by path, file name or id as this library has them; --home DIR names "
            "another library",
        )
    if new:
        offered = () if task is Task.NUMBER else read.offered
        annotations.say_all(name, new, by=by, source="import", task=task, offered=offered)
    changed = sum(bool(before.get(_stretch(each))) for each in new)
    doubled = read.doubled + len(said) - len(new)
    return Imported(len(new), changed, doubled, troubles)


def _target(read: LabelFile) -> tuple[str, Task]:
    if len(read.tasks) > 1:
        raise ReelwiseError(
            f"{read.path} has several columns of labels: {', '.join(read.tasks)}",
            fix="name one of them: --label-column NAME",
        )
    target, found = next(iter(read.tasks.items()))
    return target, found.task


def _said(
    catalogue: Catalogue, read: LabelFile, target: str, task: Task
) -> tuple[list[Said], list[RowTrouble]]:
    """The rows with their videos, the last one of each stretch, and those that are about none."""
    names, troubles = catalogue.video_names(), list(read.troubles)
    found: dict[str, list[int]] = {}
    for ref in {row.video for row in read.rows}:
        only = names.only(ref)
        found[ref] = names.find(ref) if only is None else [only]
    ids = {ids[0] for ids in found.values() if len(ids) == 1}
    ends_s = {key: video.duration_s for key, video in catalogue.videos_by_id(ids).items()}
    by_stretch: dict[tuple[int, float, float], Said] = {}
    for row in read.rows:
        try:
            video_id = _video(row, found[row.video])
            said = _checked(row, video_id, ends_s.get(video_id) or 0.0, target, task)
            by_stretch[_stretch(said)] = said
        except ReelwiseError as error:
            troubles.append(RowTrouble(row.line, error.problem))
    return list(by_stretch.values()), sorted(troubles, key=lambda each: each.line)


def _video(row: LabelRow, ids: Sequence[int]) -> int:
    if len(ids) == 1:
        return ids[0]
    what = f"{len(ids)} videos are called" if ids else "no indexed video is called"
    raise ReelwiseError(f"{what} {row.video[:200]!r}", fix="give its path")


def _checked(row: LabelRow, video_id: int, duration_s: float, target: str, task: Task) -> Said:
    end_s = row.end_s
    if math.isinf(end_s) and not duration_s:
        raise ReelwiseError("the length of its video is not known", fix="give end_s")
    if math.isinf(end_s):
        end_s = max(duration_s, row.start_s + LEAST_INSIDE_S)
    if duration_s and row.start_s > duration_s - LEAST_INSIDE_S:
        raise ReelwiseError(
            f"its stretch begins at {row.start_s:g} s, and the video ends at {duration_s:g} s",
            fix="give a stretch inside",
        )
    stretch = checked_stretch(video_id, row.start_s, end_s)
    return Said(*stretch, checked_labels(task, row.labels[target]))


def _stretch(said: Said) -> tuple[int, float, float]:
    return said.video_id, round(said.start_s, 3), round(said.end_s, 3)
