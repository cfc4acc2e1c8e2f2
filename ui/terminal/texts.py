"""Figures of texts and videos as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.printable import printable
from ui.terminal.answer import TROUBLES_SHOWN
from ui.terminal.text import columns, count, length

if TYPE_CHECKING:
    from indexer.texts.evaluate import MeasuredTexts
    from indexer.texts.known import UnusedVideo

_NAMES = {
    "recall_at_1": "R@1",
    "recall_at_5": "R@5",
    "recall_at_10": "R@10",
    "mrr": "MRR",
    "median_rank": "median rank",
    "rank_at_1": "rank@1",
    "rank_at_5": "rank@5",
    "miou": "mIoU",
}


def text_lines(measured: MeasuredTexts) -> list[str]:
    """A table for the tasks that have the same figures, one after the other."""
    lines = [
        f"{measured.texts.protocol}: {count(measured.n_videos, 'video')} of "
        f"{len(measured.texts.videos):,}, {length(measured.seconds)}"
    ]
    tables: dict[tuple[str, ...], list[list[str]]] = {}
    for task, figures in measured.figures.items():
        names = tuple(figures)
        named = [_NAMES.get(name, name.replace("_", " ")) for name in names]
        rows = tables.setdefault(names, [["", *named]])
        rows.append([task.replace("_", " "), *map(_shown, figures.values())])
    for rows in tables.values():
        lines += columns(rows)
    if measured.partial:
        lines.append(
            f"{count(len(measured.partial), 'video was', 'videos were')} decoded only in part, the "
            f"first {printable(measured.partial[0])}"
        )
    return lines


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def unused_texts_notice(unused: Sequence[UnusedVideo], *, counted: bool) -> str:
    """The first videos that could not be used, and how many more; empty where there are none."""
    if not unused:
        return ""
    missing = sum(each.is_missing for each in unused)
    how = "count as not found" if counted else "are not in the figures"
    lines = [
        f"{count(len(unused), 'video')} of the set could not be used; questions about them {how}: "
        f"{missing:,} missing, {len(unused) - missing:,} broken or not indexed:"
    ]
    lines += [printable(f"  {each.name}: {each.reason}") for each in unused[:TROUBLES_SHOWN]]
    more = len(unused) - TROUBLES_SHOWN
    return "\n".join(lines + ([f"  and {more:,} more; --json lists them all"] if more > 0 else []))
