"""Text of others (file names, titles, names of people) made safe to write to a terminal.

The rule: whatever a name holds, a terminal shows it and never obeys it, and one name never looks
like two lines. Data that programs read (JSON, CSV) keeps every character; in JSON it is escaped.
"""

import json
import re
from datetime import datetime
from pathlib import Path

HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters: ESC, CR, newline, and the 8-bit ones
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # that turn text around or hide
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # bytes of a name that are no UTF-8
    "\U000e0000-\U000e007f]"  # tags: text that no screen shows
)
"""Characters that a terminal obeys or does not show."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""Write what a terminal would obey or hide as escapes: `\n`, `\x1b`, `\u202e`, `\xff`."""
    return HIDDEN.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Make several lines safe, and leave them several lines."""
    return "\n".join(printable(line) for line in text.split("\n"))


def as_json(document: object) -> str:
    """A document as JSON text; paths and times become strings, NaN becomes null.

    What a terminal would obey is escaped as JSON escapes it: programs read the same text.
    """
    text = json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)
    return HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _plain(value: object) -> object:
    """The value in the types that JSON has, numpy's scalars included."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a file name, as Python stands for it
        number -= 0xDC00
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
