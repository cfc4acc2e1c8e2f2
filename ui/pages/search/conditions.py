"""Conditions of a search in plain words, as their chips say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.catalogue.live.conditions import FIELDS, NUMBERS, TIMES, Condition, parse_condition
from data.errors import DamagedFile, ReelwiseError
from data.labels.vocabulary import TAGS
from data.numbers import number_of
from data.printable import printable
from ui.library.library import Library
from ui.pages.words.language import Words

_NUMBERS = {"=": "is", "!=": "not", ">=": "least", "<=": "most", ">": "more", "<": "less"}
_TIMES = {">=": "since", "<": "before", ">": "after", "<=": "upto"}
_LIKELY = {">=": "likely", ">": "likely", "<": "unlikely", "<=": "unlikely"}
_UNITS = {
    "duration": (1.0, "s"),
    "width": (1.0, "px"),
    "height": (1.0, "px"),
    "resolution": (1.0, "px"),
    "size": (1e6, "MB"),
}
"""How many of its own a shown unit is, by field; `search/conditions.js` has the same."""


def german_tags(library: Library, where: Sequence[str], words: Words) -> dict[str, str]:
    """What the automatic tags of conditions are called in German, for who reads that."""
    if words.code != "de" or not any(each.strip().lower().startswith(TAGS) for each in where):
        return {}
    try:
        seen = library.automatic_tags()
    except DamagedFile:  # said by `verify`; the tags are shown as they are called
        return {}
    return {each.tag: word.german[0] for each, word in seen if word.german}


def condition_told(text: str, words: Words, german: Mapping[str, str] | None = None) -> str:
    """A condition in plain words: "Length: at least 60 s"; as it stands where it is none.

    Args:
        text: As the address has it: `duration>=60`.
        words: The visitor's language.
        german: What automatic tags are called in German.
    """
    try:
        condition = parse_condition(text)
    except ReelwiseError:
        return printable(text)
    called = german or {}
    name, value, operator = condition.name, condition.value, condition.operator
    if name == TAGS and operator == "=":
        return words.say("filter.seen_chip", tag=printable(called.get(value, value)))
    if name in FIELDS or name == TAGS:
        told = words.say(f"filter.field_{name}")
        key = (_TIMES if name in TIMES else _NUMBERS).get(operator, "is")
        shown = _amount(condition, words) if name in NUMBERS else value
        shown = value.rpartition("/")[2] or value if name == "folder" else called.get(value, shown)
        return words.say(f"filter.told_{key}", name=told, value=printable(shown))
    return _of_head(condition, words, called)


def _of_head(condition: Condition, words: Words, called: Mapping[str, str]) -> str:
    """A condition on what a head says: a label, the probability of one, or a number."""
    name, value, operator = condition.name, condition.value, condition.operator
    head, dot, label = name.rpartition(".")
    share = number_of(value)
    if dot and share is not None and operator in _LIKELY:
        title = words.say("filter.field_tags") if head == TAGS else printable(head)
        shown = printable(called.get(label, label) if head == TAGS else label)
        percent = words.shown(round(100 * share, 4))
        return words.say(f"filter.told_{_LIKELY[operator]}", name=title, value=shown, share=percent)
    shown = value if share is None else words.shown(share)
    return words.say(
        f"filter.told_{_NUMBERS[operator]}", name=printable(name), value=printable(shown)
    )


def _amount(condition: Condition, words: Words) -> str:
    number = number_of(condition.value)
    if number is None:
        return condition.value
    per_unit, unit = _UNITS.get(condition.name, (1.0, ""))
    amount = number / per_unit
    return f"{words.shown(int(amount) if amount.is_integer() else amount)} {unit}".strip()
