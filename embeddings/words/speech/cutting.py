"""Words as lines: a sentence, or some twelve words of one.

A line ends where a sentence or a pause does. A longer one is cut in halves at the widest pause or
comma near its middle, so that a search finds the second of what it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from embeddings.words.speech.settings import Settings
from embeddings.words.speech.words import Word

_SENTENCE_END = re.compile("[.!?\u2026\u3002\uff01\uff1f\u0964\u061f][\"'\u201d\u00bb)\\]]*$")
_COMMA = re.compile("[,;:\u3001\uff0c\u060c\u2014]$")
_NO_END = re.compile(r"\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|St|vs|etc|No|Prof)\.$")
"""Initials and titles, whose dot ends no sentence."""
SIGN_WORDS = 0.5
"""A sign of a script without spaces counts as this many words."""
SHORT_WORDS = 4
"""Sentences below this length are joined with the next."""
SLACK_WORDS = 3
"""A line may be this much longer than what is aimed at."""
COMMA_S = 0.4
"""A comma cuts as well as a pause of this length."""


def lines_of(words: Sequence[Word], settings: Settings) -> list[tuple[Word, ...]]:
    """The words of each line, in order of time; no word is lost."""
    lines: list[tuple[Word, ...]] = []
    for sentence in _sentences(words, settings):
        before = lines[-1] if lines else ()
        if before and _joins(before, sentence, settings):
            lines[-1] = (*before, *sentence)
        else:
            lines += _halved(sentence, settings)
    return lines


def length_words(words: Sequence[Word]) -> float:
    """Length of a line in words."""
    return sum(1.0 if word.text[:1].isspace() else SIGN_WORDS for word in words[1:]) + bool(words)


def _sentences(words: Sequence[Word], settings: Settings) -> Iterator[tuple[Word, ...]]:
    first = 0
    for at in range(1, len(words)):
        if _ends(words[at - 1], words[at], settings):
            yield tuple(words[first:at])
            first = at
    if len(words) > first:
        yield tuple(words[first:])


def _ends(word: Word, after: Word, settings: Settings) -> bool:
    """Whether a line ends between two words."""
    if after.start_s - word.end_s >= settings.break_s:
        return True
    text = word.text.strip()
    if _SENTENCE_END.search(text) is None or _NO_END.search(text):
        return False
    begins = after.text.strip()[:1]
    return not begins.islower() and not (text.endswith(".") and begins.isdigit())


def _joins(before: Sequence[Word], sentence: Sequence[Word], settings: Settings) -> bool:
    """Whether a sentence goes on the line before it."""
    is_near = sentence[0].start_s - before[-1].end_s < settings.break_s
    is_short = min(length_words(before), length_words(sentence)) < SHORT_WORDS
    both = length_words(before) + length_words(sentence)
    return is_near and is_short and both <= settings.longest_words


def _halved(words: tuple[Word, ...], settings: Settings) -> list[tuple[Word, ...]]:
    if length_words(words) <= settings.longest_words + SLACK_WORDS or len(words) < 3:
        return [words]
    least, most = len(words) // 3, max(len(words) // 3 + 1, len(words) * 2 // 3)
    middle = len(words) / 2

    def worth(at: int) -> tuple[float, float]:
        pause_s = words[at].start_s - words[at - 1].end_s
        comma_s = COMMA_S if _COMMA.search(words[at - 1].text) else 0.0
        return round(max(pause_s, 0.0) + comma_s, 1), -abs(at - middle)

    at = max(range(max(1, least), most + 1), key=worth)
    return [*_halved(words[:at], settings), *_halved(words[at:], settings)]
