"""Text of others (file names, titles, names of people) made safe to write to a terminal.

The rule: whatever a name holds, a terminal shows it and never obeys it, and one name never looks
like two lines. Data that programs read (JSON, CSV) keeps every character.
"""

import re

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
