"""Codes: texts like `slp 07` or `IMG_1234`, which name something and say nothing of it.

A sentence encoder gives a code a vector as well, of the pieces that it cuts the letters into, and
so a code lies near to whatever those pieces are near to.
"""

import re
from collections.abc import Callable

LEAST_LETTERS = 3
"""Fewer Latin letters beside a number are no word: `WA0001`, `S01E02`."""
SURE_LETTERS = 5
"""So many letters may be a word that the encoder does not know whole: `Geburtstag 2019`."""
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[1-9]\d{0,3}")


def is_code(text: str, knows: Callable[[str], bool]) -> bool:
    """Whether a text has digits and no word.

    Args:
        text: A title, or any line.
        knows: Whether the encoder knows a word whole, in lower case.
    """
    if not any(each.isdigit() for each in text) or _NUMBER.fullmatch(text.strip()):
        return False  # a year alone may be what something is about
    return not any(_is_word(each, knows) for each in _LETTERS.findall(text))


def _is_word(letters: str, knows: Callable[[str], bool]) -> bool:
    if not letters.isascii():
        return True  # other scripts write whole words in a sign or two
    if len(letters) >= SURE_LETTERS:
        return any(each in "aeiouy" for each in letters.lower())
    return len(letters) >= LEAST_LETTERS and knows(letters.lower())
