"""From the cues of a subtitle to lines: without markup, empty texts, and what captions repeat."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from data.lines.line import Channel, Line

ROLLS_WITHIN_S = 0.5
"""A cue that begins later than this after the end of the one before repeats nothing of it."""

LONGEST_CHARS = 2000
"""Longest text of one line; more is no caption."""

_DRAWING = re.compile(r"\{[^}]*\\p[1-9]")
_OVERRIDE = re.compile(r"\{[^{}]*\}")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>")
_BREAK = re.compile(r"\\[Nn]|<br\s*/?>|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", re.IGNORECASE)
_SPACE = re.compile(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\x00-\x1f]+|\\h")


@dataclass(frozen=True)
class Cue:
    """A text as a subtitle has it, with its time."""

    start_s: float
    """Start, in seconds on the clock of the video's frames."""
    end_s: float
    """End, not included."""
    text: str
    """Several rows, with markup."""


def rows_of(text: str) -> list[str]:
    """The rows of a cue as a person reads them: no markup, no empty row."""
    if _DRAWING.search(text):
        return []
    plain = html.unescape(_TAG.sub("", _OVERRIDE.sub("", _BREAK.sub("\n", text))))
    rows = (_SPACE.sub(" ", row).strip() for row in plain.split("\n"))
    return [row for row in rows if any(char.isalnum() for char in row)]


def lines_of(cues: Iterable[Cue], language: str = "") -> Iterator[Line]:
    """The subtitle lines of cues, by start; a cue is one line.

    Rolling captions show each row again above the next one: a row is taken where it first appears,
    and stands as long as it is shown alone or repeated whole.
    """
    line: Line | None = None
    before: list[str] = []
    for cue in sorted(cues, key=lambda each: (each.start_s, each.end_s)):
        start_s = max(cue.start_s, 0.0)
        rows = rows_of(cue.text)
        if not rows or not start_s <= cue.end_s < float("inf"):
            continue
        fresh = rows
        if line is not None and start_s <= line.end_s + ROLLS_WITHIN_S:
            fresh = rows[_repeated(before, rows) :]
        before = rows
        if line is not None and not fresh:
            line = replace(line, end_s=max(line.end_s, cue.end_s))
            continue
        if line is not None:
            yield line
        text = " ".join(fresh)[:LONGEST_CHARS].strip()
        line = Line(Channel.SUBTITLE, start_s, cue.end_s, text, language)
    if line is not None:
        yield line


def _repeated(before: list[str], rows: list[str]) -> int:
    """How many of the first rows are the last ones of the cue before."""
    most = min(len(before), len(rows))
    return next((n for n in range(most, 0, -1) if before[-n:] == rows[:n]), 0)
