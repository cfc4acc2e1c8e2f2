"""Which writing systems are kept: a reader guesses what it does not know, so that is left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from embeddings.words.screen.settings import FLOOR, FLOOR_SHORT, LEAST_CHARACTERS, SHORT

_FOREIGN_LATIN = frozenset("ƏəƎǝƆɔɅʌ")
"""Letters that the reader finds in mirrored text; no language of Europe has them."""


def _latin(character: str) -> bool:
    return _name(character).startswith("LATIN") and character not in _FOREIGN_LATIN


def _han(character: str) -> bool:
    return _name(character).startswith("CJK UNIFIED")


def _kana(character: str) -> bool:
    return _name(character).startswith(("HIRAGANA", "KATAKANA"))


def _greek(character: str) -> bool:
    return _name(character).startswith("GREEK")


SCRIPTS: dict[str, Callable[[str], bool]] = {
    "latin": _latin,
    "han": _han,
    "kana": _kana,
    "greek": _greek,
}
"""The scripts that the networks of the wheel read. Cyrillic, Arabic and others they do not."""


@lru_cache(maxsize=4096)
def _name(character: str) -> str:
    return unicodedata.name(character, "")


def is_kept(text: str, confidence: float, scripts: Sequence[str]) -> bool:
    """Whether what was read is believed: certain enough, and wholly in the chosen scripts."""
    letters = [c for c in text if c.isalpha()]
    count = sum(c.isalnum() for c in text)
    if count < LEAST_CHARACTERS or count * 2 < len(text.replace(" ", "")):
        return False
    if not all(any(SCRIPTS[script](c) for script in scripts) for c in letters):
        return False
    return confidence >= (FLOOR if count >= SHORT else FLOOR_SHORT)


def language_of(text: str) -> str:
    """ISO 639 code where the script alone says it; empty for Latin and Chinese characters."""
    letters = [c for c in text if c.isalpha()]
    if any(_kana(c) for c in letters):
        return "ja"
    return "el" if letters and all(_greek(c) for c in letters) else ""
