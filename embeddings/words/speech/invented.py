"""Text that nobody said: what Whisper models write on silence, noise and music.

They were trained on subtitles of the web, so they invent those: thanks for watching, credits of
subtitlers, one phrase again and again. Each rule here costs some true lines and is therefore bound
to a low confidence, except where no voice could have said it.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from embeddings.words.speech.settings import Settings
from embeddings.words.speech.words import Heard, Word

PHRASES_FILE = Path(__file__).parent / "phrases.json"
LEAST_PROBABILITY = 0.01
"""Of a word; less says no more."""
TIMES = 4
"""A phrase that fills a line by being said this many times is a loop of the model."""
SHORTEST_S = 0.2
"""Word times are no finer: a line is taken to last this long at least."""
_LOOP = re.compile(rf"(?P<phrase>\S.*?)(?: (?P=phrase)){{{TIMES - 1},}}")


def confidence_of(words: Sequence[Word]) -> float:
    """Geometric mean of the words' probabilities, 0 to 1: one wild guess spoils a line."""
    logs = [math.log(max(LEAST_PROBABILITY, word.probability)) for word in words]
    return math.exp(sum(logs) / len(logs)) if logs else 0.0


def is_invented(words: Sequence[Word], heard: Heard, settings: Settings) -> bool:
    """Whether a line is better left out.

    Args:
        words: Of the line.
        heard: What was heard in its window.
        settings: The limits.
    """
    text = "".join(word.text for word in words)
    plain = plain_text(text)
    confidence = confidence_of(words)
    return (
        not plain
        or confidence < settings.least_confidence
        or heard.repeats > settings.most_repeated
        or heard.log_prob < settings.least_log_prob
        or (heard.no_speech > settings.no_speech and confidence < settings.sure)
        or (plain in _phrases()[0] and confidence < settings.sure)
        or any(credit in text.casefold() for credit in _phrases()[1])
        or is_loop(plain)
        or _letters_hz(plain, words) > settings.most_letters_hz
    )


def is_loop(plain: str) -> bool:
    """Whether a text is one phrase several times."""
    return _LOOP.fullmatch(plain) is not None


def plain_text(text: str) -> str:
    """Letters and digits in lower case, words parted by one space; marks of music are gone."""
    kept = "".join(
        c if c.isspace() or c == "-" or unicodedata.category(c)[0] in "LNM" else ""
        for c in text.casefold()
    )
    return " ".join(kept.replace("-", " ").split())


def _letters_hz(plain: str, words: Sequence[Word]) -> float:
    return len(plain) / max(SHORTEST_S, words[-1].end_s - words[0].start_s)


@cache
def _phrases() -> tuple[frozenset[str], tuple[str, ...]]:
    """Phrases that models write on silence, and parts of credits, which nobody speaks."""
    kept = json.loads(PHRASES_FILE.read_text(encoding="utf-8"))
    return frozenset(plain_text(each) for each in kept["silence"]), tuple(kept["credits"])
