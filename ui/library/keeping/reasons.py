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
_LEFT_OUT: dict[str, str] = {
    "unknown_video": r"no indexed video is called (?P<quote>['\"])(?P<video>.*)(?P=quote)$",
    "several_videos": r"(?P<n>\d+) videos are called (?P<quote>['\"])(?P<video>.*)(?P=quote)$",
    "no_video": r"it names no video$",
    "no_label": r"(?:it has no label|no label is given|its category is none of the file's)$",
    "beyond": r"its stretch begins at (?P<start>[\d.]+) s, and the video ends at "
    r"(?P<end>[\d.]+) s$",
    "no_stretch": r"(?:the interval is |the stretch is |start_s and end_s must be seconds|"
    r"its start and end are no seconds)",
    "one_label": r"(?:\w+ has \d+ labels, not one|a stretch has one )",
    "no_number": r"(?:\w+ is )?(?P<quote>['\"])(?P<value>.*)(?P=quote)(?:, which)? is no number",
}
"""The same for rows of a file of labels that were left out."""


_NAMES = ("video", "value")
"""Values that are texts, also where they are digits."""


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


def left_out(reason: str) -> Said | None:
    """The parts of why a row of labels was left out; None as of `said_of`."""
    for name, pattern in _LEFT_OUT.items():
        if found := re.match(pattern, reason, re.DOTALL):
            values = {key: text for key, text in found.groupdict().items() if key != "quote"}
            return Said(name, {k: v if k in _NAMES else _value(v) for k, v in values.items()})
    return None


def _value(text: str) -> float | str:
    return float(text) if text[0].isdigit() else text
