"""Figures of action recognition as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.printable import printable
from ui.terminal.answer import TROUBLES_SHOWN
from ui.terminal.text import columns, count, length

if TYPE_CHECKING:
    from indexer.actions.evaluate import MeasuredActions
    from indexer.actions.stored import UnusedVideo

_SHOWN = {
    "top_1": "top-1",
    "top_5": "top-5",
    "mean_class_accuracy": "mean class",
    "precision_macro": "precision",
    "recall_macro": "recall",
    "f1_macro": "F1",
}
_WAYS = {
    "zero_shot": "names of classes (zero-shot)",
    "head": "head on clip vectors",
    "head_on_frames": "head on frames in order",
    "most_frequent": "most frequent class",
}


def action_lines(measured: MeasuredActions, *, per_class: bool) -> list[str]:
    """The table of ways, then what stands beside it."""
    stored = measured.stored
    n_train = 0 if stored.train is None else len(stored.train.videos)
    fitted = f"fitted on {count(n_train, 'video')}" if n_train else "nothing was fitted"
    lines = [
        f"{measured.actions.protocol}: {count(len(stored.test.videos), 'video')} of "
        f"{count(len(measured.actions.classes), 'class', 'classes')} judged, {fitted}, "
        f"{length(measured.seconds)}"
    ]
    table = [["", *_SHOWN.values(), ""]]
    for way, figures in measured.ways.items():
        cells = [f"{figures.values[name]:.4f}" for name in _SHOWN]
        table.append([_WAYS[way], *cells, measured.models.get(way, "")])
    lines += columns(table)
    if stored.in_both:
        lines.append(
            f"{count(stored.in_both, 'training video')} left out: the same bytes are judged"
        )
    if stored.partial:
        lines.append(
            f"{count(len(stored.partial), 'video was', 'videos were')} decoded only in part, the "
            f"first {printable(stored.partial[0])}"
        )
    return lines + (_per_class(measured) if per_class else [])


def _per_class(measured: MeasuredActions) -> list[str]:
    lines = []
    for way, figures in measured.ways.items():
        rows = [["class", "precision", "recall", "F1", "videos"]]
        for each in figures.classes:
            values = [f"{value:.3f}" for value in (each.precision, each.recall, each.f1)]
            rows.append([each.label, *values, str(each.rows)])
        lines += [_WAYS[way], *columns(rows)]
    return lines


def unused_notice(unused: Sequence[UnusedVideo]) -> str:
    """The first videos that could not be used, and how many more; empty where there are none."""
    if not unused:
        return ""
    missing = sum(each.is_missing for each in unused)
    lines = [
        f"{count(len(unused), 'video')} of the set could not be used and "
        f"{'is' if len(unused) == 1 else 'are'} not in the figures: "
        f"{missing:,} missing, {len(unused) - missing:,} broken or not indexed:"
    ]
    lines += [
        printable(f"  {each.name} ({each.part}): {each.reason}") for each in unused[:TROUBLES_SHOWN]
    ]
    more = len(unused) - TROUBLES_SHOWN
    return "\n".join(lines + ([f"  and {more:,} more; --json lists them all"] if more > 0 else []))
