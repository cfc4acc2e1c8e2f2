"""Heads as a person reads them: what they predict, and how well, beside the simplest guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.terminal.text import columns, count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.heads.head import Head

SHOWN = {
    "classes": ("accuracy", "precision_macro", "recall_macro", "f1_macro", "auc"),
    "several": ("accuracy", "precision_macro", "recall_macro", "f1_macro", "auc"),
    "number": ("mae", "rmse", "r2"),
}
"""Figures of a table, by task."""
ALSO = ("average_precision", "calibration_error", "log_loss")
"""Figures that are shown below it."""
NUMBER = "a number"
MOST_SHOWN = 12
"""Labels of a confusion matrix that is written as text at most."""


def what(head: Head) -> str:
    """What it predicts: its labels, or a number."""
    return NUMBER if not head.classes else ", ".join(head.classes)


def main_figure(head: Head) -> str:
    """The one figure that stands for all."""
    name = "r2" if head.task == "number" else "f1_macro"
    value = head.record.figures.get(name)
    return "" if value is None else f"{name} {value:.3f}"


def head_lines(head: Head) -> list[str]:
    """A head and its held-out figures, always beside the simplest guesses."""
    record = head.record
    lines = [
        f"{head.name}: {head.model.family}, {head.task} ({record.task_why}): {what(head)}",
        f"fitted on {count(record.rows, 'row')} of {count(record.videos, 'video')}; judged on "
        f"{count(record.figures['n'], 'row')} that it was not fitted on: {record.judged}",
    ]
    if head.needed:
        lines.append(f"needs the columns {', '.join(head.needed)}: reelwise predict {head.name}")
    lines += _table(head) + _beside(head) + _classes(head) + _confusion(head)
    return lines


def _table(head: Head) -> list[str]:
    names = SHOWN[str(head.task)]
    rows = [["", "loss", *names]]
    for at, tried in enumerate(head.record.tried):
        mark = "  <- chosen" if at == 0 else ""
        rows.append([str(tried["name"]), *_cells(tried, ("loss", *names)), mark])
    for name, values in head.record.baselines.items():
        loss = values.get("log_loss", values.get("rmse"))
        rows.append([f"({name})", *_cells({**values, "loss": loss}, ("loss", *names))])
    width = max(map(len, rows))
    return columns([[*row, *[""] * (width - len(row))] for row in rows])


def _cells(values: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    return ["" if values.get(name) is None else f"{values[name]:.3f}" for name in names]


def _beside(head: Head) -> list[str]:
    values = head.record.figures
    told = [f"{name.replace('_', ' ')} {values[name]:.3f}" for name in ALSO if name in values]
    return [", ".join(told)] if told else []


def _classes(head: Head) -> list[str]:
    rows = [["label", "precision", "recall", "f1", "rows"]]
    for each in head.record.figures["classes"]:
        figures = [f"{each[name]:.3f}" for name in ("precision", "recall", "f1")]
        rows.append([each["label"], *figures, str(each["rows"])])
    return columns(rows) if len(rows) > 1 else []


def _confusion(head: Head) -> list[str]:
    matrix = head.record.figures["confusion"]
    if not matrix or len(matrix) > MOST_SHOWN:
        return []
    names = [name[:12] for name in head.classes]
    rows = [["so \\ predicted", *names]]
    rows += [[name, *map(str, counts)] for name, counts in zip(head.classes, matrix, strict=True)]
    return columns(rows)
