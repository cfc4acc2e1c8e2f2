"""Reasons of problems as parts that a page says in its own language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SAID: dict[str, str] = {
    "decoded": r"(?P<decoded>[\d.]+) s of (?P<whole>[\d.]+) s could be decoded$",
    "text": r"not a video: plain text$",
    "playlist": r"not a video: a playlist \(plain text\)$",
    "zeros": r"not a video: begins with nothing but zeros$",
    "unknown": r"not a video: no known container begins like this$",
    "a_picture": r"not a video: a (?P<format>\w+) picture$",
    "sound": r"has sound but no picture \((?P<format>\w+)\)$",
    "index": r"cut off: its index \(moov\) is missing$",
    "gif": r"cut off: the end of the GIF is missing$",
    "empty": r"the file is empty \(0 bytes\)$",
}
"""By the name of what is said, the reasons that say it, with their values, as `re` finds them."""
_BEFORE = r"(?:damaged: |cut off: )?"


@dataclass(frozen=True)
class Said:
    """A reason in parts."""

    name: str
    """What is said: `decoded`, `text`, `playlist`, ..."""
    values: dict[str, float | str] = field(default_factory=dict)
    """Its values by name: seconds as numbers, formats as texts."""


def said_of(reason: str) -> Said | None:
    """The parts of a reason; None where there are no words for it but its own."""
    for name, pattern in _SAID.items():
        if found := re.match(_BEFORE + pattern, reason):
            return Said(name, {key: _value(text) for key, text in found.groupdict().items()})
    return None


def _value(text: str) -> float | str:
    return float(text) if text[0].isdigit() else text
