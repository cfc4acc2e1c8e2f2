"""Captions reversed in time by rules for English words: what a clip shows when played backwards.

Only for training: a caption with the opposite direction or order is a negative that only motion
can tell apart. Such rules make mistakes, so exact captions take their place wherever a captions
file has them.
"""

import json
import re
from functools import lru_cache
from pathlib import Path

_WORDS = json.loads(Path(__file__).with_name("opposites.json").read_text(encoding="utf-8"))
"""`verbs`: opposite verbs in the same forms; `-` for a form with too many other meanings, `_` for a
space; where the second verb has no opposite yet, the first one becomes it. `words`: other
opposites. `phrases`: longer ones, `{}` being each word of `for`. `unchanged`: symmetric in time, or
a place."""
_VERBS = [
    [[form.replace("_", " ") for form in verb.split()] for verb in pair] for pair in _WORDS["verbs"]
]
_BASES = {first[0] for pair in _VERBS for first in pair}
"""First forms of the verbs: many are nouns as well."""

_PLACES = "in|on|at|among|under|deep|inside|outside|near|by|beside|behind|over|through|along|next"
_EDGES = re.compile(
    rf"^(?P<before>(?:{_PLACES})\b[^,]*,\s*)?(?P<core>.*?)(?P<after>,\s*(?:{_PLACES})\b[^,]*)?$",
    re.IGNORECASE | re.DOTALL,
)
_THEN = re.compile(
    r"(?P<comma>,?)\s*(?P<word>\b(?:and then|and afterwards|and after that|then|afterwards|"
    r"after that|followed by)\b),?\s*",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^first,?\s+", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^(?:a|an|the|this|that|some|another|one|two|three|four|several|many|people|it|he|she|they|"
    r"his|her|its|their|someone|somebody)\b",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(r"\b(after|before)\b", re.IGNORECASE)
_OTHER_CONNECTOR = {"after": "before", "before": "after"}
_DETERMINER = re.compile(r"\b(?:a|an|the|his|her|its|their|my|your|of)\s+(?:\w+\s+)?$", re.I)


def backward_caption(text: str) -> str | None:
    """What a clip of this caption shows when it is played backwards.

    Directions and changes become their opposites, and consecutive parts are exchanged:
    "a car drives left, then a ball rises" becomes "a ball falls, then a car drives right".

    Returns:
        None where the caption says nothing about time that these rules know, or says the same.
    """
    reversed_text = _swap_order(_swap_directions(text))
    return None if reversed_text.casefold() == text.casefold() else reversed_text


def swapped_caption(text: str) -> str | None:
    """The caption with its parts in the other order: wrong for the clip forwards and backwards.

    Returns:
        None where it has no consecutive parts, or where that is what the clip shows backwards.
    """
    swapped = _swap_order(text)
    same = swapped.casefold() == text.casefold() or swapped == backward_caption(text)
    return None if same else swapped


def _swap_directions(text: str) -> str:
    table, pattern = _directions()

    def swap(match: re.Match[str]) -> str:
        word = match.group(0)
        if word.lower() in _BASES and _DETERMINER.search(text[: match.start()]):
            return word  # "a tie", "the lift"
        return _in_case_of(word, table[re.sub(r"\s+", " ", word.lower())])

    return pattern.sub(swap, text)


@lru_cache(maxsize=1)
def _directions() -> tuple[dict[str, str], re.Pattern[str]]:
    """Phrases and what they become, and one pattern that matches them, the longest first."""
    pairs = [*_VERBS, *([[one], [other]] for one, other in _WORDS["words"])]
    forms = [form for pair in reversed(pairs) for form in zip(*pair, strict=False)]
    table = {second: first for first, second in forms}
    for word in ("left", "off"):  # a side and a switch far more often than a way of leaving
        table.pop(word)
    table |= dict(forms)
    table = {one: other for one, other in table.items() if "-" not in (one, other)}
    for group in _WORDS["phrases"]:
        for word in group["for"]:
            table |= {a.format(word): b.format(word) for a, b in group["becomes"].items()}
    for group in _WORDS["unchanged"]:
        phrases = [text.format(word) for word in group["for"] for text in group["phrases"]]
        table |= {phrase: phrase for phrase in phrases}
    words = sorted(table, key=len, reverse=True)
    either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return table, re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)


def _swap_order(text: str) -> str:
    """Two consecutive parts in the other order; the same text where there are none."""
    edges = _EDGES.match(text)
    if edges is None:
        return text
    before, core, after = (edges[name] or "" for name in ("before", "core", "after"))
    split = _THEN.search(core)
    if split is None:
        return _CONNECTOR.sub(
            lambda m: _in_case_of(m[0], _OTHER_CONNECTOR[m[0].lower()]), text, count=1
        )
    first, second = core[: split.start()], core[split.end() :].rstrip(" .")
    word = _FIRST.match(first)
    first = _FIRST.sub("", first)
    if not (first.strip() and second):
        return text
    end = "." if core.rstrip().endswith(".") else ""
    if not _SUBJECT.match(second):  # "a man sits and then eats": the second part has no subject
        return f"{before}{first}, but first {second}{end}{after}"
    if first[0].isupper() and word is None and not before:
        first, second = first[0].lower() + first[1:], second[0].upper() + second[1:]
    start = word[0] if word else ""
    return f"{before}{start}{second}{split['comma']} {split['word']} {first}{end}{after}"


def _in_case_of(replaced: str, word: str) -> str:
    """The word in upper or lower case as the one that it replaces."""
    if len(replaced) > 1 and replaced.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if replaced[0].isupper() else word
