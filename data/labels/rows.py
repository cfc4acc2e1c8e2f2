"""From the rows of a file to what is labelled: videos, stretches, labels, times, columns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.dates import first_instant
from data.errors import ReelwiseError
from data.interval_table import TableRow
from data.labels.kinds import (
    SEPARATOR,
    ColumnKind,
    Task,
    TaskFound,
    column_kind,
    find_task,
    is_missing,
)
from data.labels.table import LabelTable, read_label_table
from data.labels.trouble import RowTrouble
from data.numbers import number_of

OWN_COLUMNS = ("video", "start_s", "end_s", "time")
"""Columns that say what a row is about, and when it was."""
LABEL = "label"
"""The column of labels; several are called `label_action`, `label_place`."""


@dataclass(frozen=True)
class LabelRow:
    """One labelled stretch."""

    line: int
    """Its line in the file."""
    video: str
    """The video, as the file calls it."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """End of it; infinite for the end of the video."""
    labels: Mapping[str, tuple[str, ...]]
    """By label column; none where the row has none of that column."""
    columns: Mapping[str, str]
    """Values of the further columns; empty where there is none."""
    at_s: float | None = None
    """When it was, seconds; None where the file has no times."""

    @property
    def key(self) -> tuple[object, ...]:
        """What the row is about, whatever its labels."""
        values = tuple(sorted(self.columns.items()))
        return (self.video, self.start_s, self.end_s, self.at_s, values)


@dataclass(frozen=True)
class LabelWish:
    """What is known of a file beforehand."""

    task: Task | None = None
    """What its labels ask for; None finds it out."""
    label_columns: tuple[str, ...] = ()
    """The columns of labels; empty for `label` and those that begin with `label_`."""
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)
    """Kinds of further columns, by name; others are found out."""
    labelled: bool = True
    """Rows need a label; else labels are not looked at."""


@dataclass(frozen=True)
class LabelFile:
    """What a file of labels says."""

    path: Path
    """The file."""
    sha256: str
    """Fingerprint of its bytes."""
    rows: list[LabelRow]
    """Usable rows; several rows of one stretch are one where several labels are asked for."""
    tasks: Mapping[str, TaskFound]
    """What each label column asks for."""
    kinds: Mapping[str, ColumnKind]
    """Kinds of the further columns."""
    troubles: list[RowTrouble]
    """Rows that cannot be used."""
    doubled: int
    """Rows that say what an earlier one says; they count once."""
    people: frozenset[str] = frozenset()
    """Who said so, where it is known: no column, so nothing that a head could learn from."""
    offered: tuple[str, ...] = ()
    """Labels that the file lists, in order, whether a row has them or not."""

    @property
    def has_times(self) -> bool:
        """Whether the rows have times."""
        return bool(self.rows) and self.rows[0].at_s is not None


def read_labels(path: Path, wish: LabelWish | None = None) -> LabelFile:
    """Read a file of labels.

    Raises:
        ReelwiseError: The file cannot be read, lacks a column, or has no usable row.
    """
    wish = wish or LabelWish()
    table = read_label_table(path)
    targets = _label_columns(table, wish) if wish.labelled else ()
    others = [
        name
        for name in table.columns
        if name and name not in OWN_COLUMNS and name not in targets and not _is_label(name)
    ]
    kinds = _kinds(table, others, wish)
    used = [name for name in others if kinds[name] != "ignore"]
    rows, troubles = _read_rows(table, targets, used, kinds)
    troubles += table.troubles
    rows, doubled = _without_doubles(rows)
    tasks = {}
    for name in targets:
        tasks[name] = _task(name, rows, wish, table)
        rows, wrong = _with_values(rows, name, tasks[name].task)
        troubles += wrong
    rows = _joined(rows, tasks)
    if not rows:
        first = min(troubles, key=lambda each: each.line)
        raise ReelwiseError(
            f"no row of {path} can be used; line {first.line}: {first.reason}",
            fix="correct the file; each row needs a video and a label",
        )
    troubles.sort(key=lambda each: each.line)
    return LabelFile(
        path, table.sha256, rows, tasks, kinds, troubles, doubled, offered=table.offered
    )


def _is_label(name: str) -> bool:
    return name == LABEL or name.startswith(f"{LABEL}_")


def _label_columns(table: LabelTable, wish: LabelWish) -> tuple[str, ...]:
    named = tuple(name.strip().lower() for name in wish.label_columns)
    missing = [name for name in named if name not in table.columns]
    found = named or tuple(name for name in table.columns if _is_label(name))
    if missing or not found:
        wanted = ", ".join(missing) or LABEL
        raise ReelwiseError(
            f"{table.path} has no column {wanted}; its columns are {', '.join(table.columns)}",
            fix="name the column of the labels: --label-column NAME",
        )
    return found


def _kinds(table: LabelTable, others: Sequence[str], wish: LabelWish) -> dict[str, ColumnKind]:
    unknown = [name for name in wish.kinds if name not in others]
    if unknown and wish.labelled:
        raise ReelwiseError(
            f"{table.path} has no further column {unknown[0]}; these are {', '.join(others)}",
            fix="name one of them: --column NAME=number|category|person|text|ignore",
        )
    found = {name: column_kind(name, [row[name] for row in table.rows]) for name in others}
    return found | {name: kind for name, kind in wish.kinds.items() if name in found}


def _read_rows(
    table: LabelTable, targets: Sequence[str], used: Sequence[str], kinds: Mapping[str, ColumnKind]
) -> tuple[list[LabelRow], list[RowTrouble]]:
    rows, troubles = [], []
    numbers = [name for name in used if kinds[name] == "number"]
    for row in table.rows:
        try:
            made = _row(row, targets, used, has_times="time" in table.columns)
            for name in numbers:
                if made.columns[name] and number_of(made.columns[name]) is None:
                    raise ValueError(f"{name} is {row[name]!r}, which is no number")
            rows.append(made)
        except ValueError as error:
            troubles.append(RowTrouble(row.line, str(error)))
    return rows, troubles


def _row(
    row: TableRow, targets: Sequence[str], used: Sequence[str], *, has_times: bool
) -> LabelRow:
    if not row["video"]:
        raise ValueError("it names no video")
    start_s, end_s = row.interval(optional=True)
    labels = {name: _parts(row[name]) for name in targets}
    if targets and not any(labels.values()):
        raise ValueError("it has no label")
    at_s = _time(row["time"]) if has_times else None
    columns = {name: row[name] for name in used}
    return LabelRow(row.line, row["video"], start_s, end_s, labels, columns, at_s)


def _parts(text: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in text.split(SEPARATOR))
    return tuple(dict.fromkeys(part for part in parts if part))


def _time(text: str) -> float:
    number = number_of(text)
    if number is not None:
        return number
    try:
        return first_instant(text).timestamp()
    except ReelwiseError as error:
        raise ValueError(f"its time is {text!r}, neither a date nor a number") from error


def _without_doubles(rows: Sequence[LabelRow]) -> tuple[list[LabelRow], int]:
    seen: dict[object, LabelRow] = {}
    for row in rows:
        seen.setdefault((row.key, tuple(row.labels.items())), row)
    return list(seen.values()), len(rows) - len(seen)


def _task(name: str, rows: Sequence[LabelRow], wish: LabelWish, table: LabelTable) -> TaskFound:
    if wish.task is not None:
        return TaskFound(wish.task, "as asked for")
    if table.task is not None:
        return TaskFound(table.task, "as the file says")
    keys = [row.key for row in rows if row.labels[name]]
    labels = [row.labels[name] for row in rows if row.labels[name]]
    return find_task(name, labels, repeated=len(set(keys)) < len(keys))


def _with_values(
    rows: Sequence[LabelRow], name: str, task: Task
) -> tuple[list[LabelRow], list[RowTrouble]]:
    """The rows without labels that are no values, and those that then have none."""
    kept, troubles = [], []
    for row in rows:
        labels = row.labels[name]
        good = tuple(each for each in labels if not is_missing(each, task))
        if task is not Task.SEVERAL and len(good) > 1:
            troubles.append(RowTrouble(row.line, f"{name} has {len(good)} labels, not one"))
            good = ()
        elif len(good) < len(labels):
            what = "number" if task is Task.NUMBER else "label"
            bad = next(each for each in labels if is_missing(each, task))
            troubles.append(RowTrouble(row.line, f"{name} is {bad[:40]!r}, which is no {what}"))
        row = replace(row, labels={**row.labels, name: good})
        if any(row.labels.values()):
            kept.append(row)
    return kept, troubles


def _joined(rows: Sequence[LabelRow], tasks: Mapping[str, TaskFound]) -> list[LabelRow]:
    """Rows of one stretch as one row, where a column asks for several labels."""
    if not any(found.task is Task.SEVERAL for found in tasks.values()):
        return list(rows)
    by_key: dict[object, LabelRow] = {}
    for row in rows:
        known = by_key.setdefault(row.key, row)
        labels = {
            name: tuple(dict.fromkeys((*known.labels[name], *row.labels[name])))
            if found.task is Task.SEVERAL
            else known.labels[name] or row.labels[name]
            for name, found in tasks.items()
        }
        by_key[row.key] = replace(known, labels=labels)
    return list(by_key.values())


def end_of(row: LabelRow, duration_s: float) -> float:
    """Where the stretch of a row ends in a video of this length."""
    return duration_s if math.isinf(row.end_s) else row.end_s
