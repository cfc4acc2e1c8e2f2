"""Sets of labels, proposals, doubts and learning curves as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.printable import printable
from ui.terminal.text import columns, count, short_path, span

if TYPE_CHECKING:
    from ui.library.documents import Document

BAR = 40
"""Characters of a bar of a curve."""
MOST_COUNTS = 12
"""Labels whose counts are told."""


def set_lines(sets: Sequence[Document]) -> list[str]:
    """Each set with how far it has come."""
    rows = []
    for each in sets:
        counts = [f"{label} {n}" for label, n in list(each["counts"].items())[:MOST_COUNTS]]
        if each["numbers"]:
            counts = [numbers_line(each["numbers"])]
        rows.append(
            [
                each["name"],
                each["task"],
                count(each["labelled"], "stretch", "stretches"),
                count(each["videos"], "video"),
                f"{each['skipped']} skipped" if each["skipped"] else "",
                ", ".join(counts),
            ]
        )
    return columns(rows, indent="")


def numbers_line(numbers: Document) -> str:
    """The numbers of a set in short."""
    least, mean, most = numbers["least"], numbers["mean"], numbers["most"]
    return f"{least:.6g} to {most:.6g}, mean {mean:.4g}"


def proposal_lines(each: Document, number: int) -> list[str]:
    """A proposal: where it is, what is known of it, and a link that plays it."""
    guesses = ", ".join(f"{one['label']} {one['chance']:.2f}" for one in each["guesses"])
    head = f"{number}. {each['title']}  {span(each['start_s'], each['end_s'])}"
    lines = [printable(head)]
    if each["keywords"]:
        lines.append(printable(f"   key words: {', '.join(each['keywords'])}"))
    if guesses:
        lines.append(printable(f"   it may be: {guesses}"))
    if each["number"] is not None:
        differ = "" if each["spread"] is None else f", give or take {each['spread']:.2g}"
        lines.append(f"   it may be: {each['number']:.4g}{differ}")
    if each["path"] is not None:
        part = f"{each['start_s']:g},{each['end_s']:g}"
        lines.append(printable(f"   {Path(each['path']).absolute().as_uri()}#t={part}"))
    if each.get("picture"):
        lines.append(printable(f"   {each['picture']}"))
    return lines


def doubt_lines(doubts: Sequence[Document], checked: int) -> list[str]:
    """Labels that may be wrong, beside what is likely."""
    first = f"{count(len(doubts), 'label')} of {checked:,} may be wrong"
    rows = [
        [
            str(each["id"]),
            each["title"],
            span(each["start_s"], each["end_s"]),
            *_doubt_cells(each),
            "withheld by moderation" if each["effect"] == "withheld" else "",
            "" if each["path"] is None else short_path(each["path"]),
        ]
        for each in doubts
    ]
    return [first, *columns(rows)]


def _doubt_cells(each: Document) -> tuple[str, str]:
    if each["times_usual"] is not None:
        away = f"{each['times_usual']:.1f} times the usual error away"
        return each["given"], f"likely {each['likely']}, {away}"
    likely = f"likely {each['likely']} {each['likely_chance']:.2f}"
    return f"{each['given']} {each['chance']:.2f}", likely


def curve_lines(points: Sequence[Document]) -> list[str]:
    """A learning curve as bars; of numbers a full bar is the error of their mean."""
    if any(each["mae"] is not None for each in points):
        return columns(
            [["labels", "error on other videos", "of the mean", ""], *map(_error, points)]
        )
    rows = [
        [str(each["labels"]), f"{each['f1_macro']:.3f}", "#" * round(BAR * each["f1_macro"])]
        for each in points
    ]
    return columns([["labels", "F1 on other videos", ""], *rows])


def _error(point: Document) -> list[str]:
    error, of_mean = point["mae"], point["mae_of_mean"]
    share = min(1.0, error / of_mean) if of_mean else 1.0
    return [str(point["labels"]), f"{error:.4g}", f"{of_mean:.4g}", "#" * round(BAR * share)]


def log_lines(rows: Sequence[Document]) -> list[str]:
    """What was said, in order."""
    return columns(
        [
            [
                f"{each['at']:%Y-%m-%d %H:%M:%S}",
                each["who"],
                each["source"],
                _said(each),
                each["title"] or f"video {each['video_id']}",
                span(each["start_s"], each["end_s"]),
            ]
            for each in rows
        ]
    )


def _said(each: Document) -> str:
    if each["kind"] == "undo":
        return f"takes back {each['undoes']}"
    return f"{each['id']}: {'|'.join(each['labels']) or 'skipped'}"
