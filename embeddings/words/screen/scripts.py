"""Which writing systems are kept: a reader guesses what it does not know, so that is left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from embeddings.words.screen.settings import (
    FLOOR,
    FLOOR_SHORT,
    LEAST_CHARACTERS,
    LEAST_DIFFERENT,
    SHORT,
)

_FOREIGN_LATIN = frozenset("ƏəƎǝƆɔɅʌ")
"""Letters that the reader finds in mirrored text; no language of Europe has them."""


def _latin(character: str) -> bool:
    return _name(character).startswith("LATIN") and character not in _FOREIGN_LATIN


def _han(character: str) -> bool:
    return _name(character).startswith("CJK UNIFIED")


def _kana(character: str) -> bool:
    return _name(character).startswith(("HIRAGANA", "KATAKANA"))


SCRIPTS: dict[str, Callable[[str], bool]] = {
    "latin": _latin,
    "han": _han,
    "kana": _kana,
}
"""The scripts of the languages that the networks of the wheel read, by their publisher's list.

Greek is not among them: its letters are known, those with an accent are not, and half of the others
are read as Latin ones.
"""
DEFAULT_SCRIPTS = ("latin",)


def scripts_of(engine_id: str) -> tuple[str, ...]:
    """The scripts that an engine reads, by its id; empty where the id names none."""
    return tuple(part for part in engine_id.split("-") if part in SCRIPTS)


@lru_cache(maxsize=4096)
def _name(character: str) -> str:
    return unicodedata.name(character, "")


def is_kept(text: str, confidence: float, scripts: Sequence[str]) -> bool:
    """Whether what was read is believed: certain enough, and wholly in the chosen scripts.

    One character that is repeated is a pattern: wheels are read as "00", beads as "SS"; and so are
    two in a long number, windows as "20000". Digits alone need the certainty of short lines, as no
    letter confirms them.
    """
    letters = [c for c in text if c.isalpha()]
    counted = [c for c in text.casefold() if c.isalnum()]
    if len(counted) < LEAST_CHARACTERS or len(counted) * 2 < len(text.replace(" ", "")):
        return False
    is_long_number = not letters and len(counted) >= SHORT
    if len(set(counted)) < LEAST_DIFFERENT + is_long_number:
        return False
    if not all(any(SCRIPTS[script](c) for script in scripts) for c in letters):
        return False
    is_short = len(counted) < SHORT or not letters
    return confidence >= (FLOOR_SHORT if is_short else FLOOR)


def language_of(text: str) -> str:
    """ISO 639 code where the script alone says it; empty for Latin and Chinese characters."""
    return "ja" if any(_kana(c) for c in text) else ""
