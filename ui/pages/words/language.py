"""The words of the pages: a folder for each language, a file for each group, with plural forms.

Components get theirs as data, so that a language is a folder of JSON files and nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Codes and names, as its speakers write them; the first is for everybody else."""
COOKIE = "reelwise_language"
"""What a person chose on this device."""

SERVER = "server."
"""Begins the keys of what the server itself says, in English, of which a page may tell."""

Form = str | dict[str, str]
"""A text, or one for each plural category (`one`, `other`) of its value `n`."""


@dataclass(frozen=True)
class Words:
    """The words of one language."""

    code: str
    """As in `LANGUAGES`."""
    forms: dict[str, Form]
    """By key: `search.nothing`."""

    def say(self, key: str, **values: object) -> str:
        """The text of a key with its values; numbers are written as the language does.

        Raises:
            KeyError: There is no such key.
        """
        form = self.forms[key]
        if not isinstance(form, str):
            form = form["one" if values["n"] == 1 else "other"]
        return form.format(**{name: self.shown(value) for name, value in values.items()})

    def part(self, *groups: str) -> dict[str, Form]:
        """The words of some groups (`card` has `card.more`), for a component."""
        return {key: form for key, form in self.forms.items() if key.partition(".")[0] in groups}

    def of_server(self) -> dict[str, str]:
        """The sentences of the server, each under what it says; none in its own language.

        `shared/words.js` puts them in their place.
        """
        first = words_of(next(iter(LANGUAGES)))
        if self.code == first.code:
            return {}
        keys = [key for key in first.forms if key.startswith(SERVER)]
        return {str(first.forms[key]): str(self.forms[key]) for key in keys}

    def shown(self, value: object) -> str:
        """A value as the language writes it: 1,234 and 0.5, or 1.234 and 0,5."""
        if isinstance(value, float):
            return f"{value:g}".replace(".", "," if self.code == "de" else ".")
        if isinstance(value, int):
            return f"{value:,}".replace(",", "." if self.code == "de" else ",")
        return str(value)


@cache
def words_of(code: str) -> Words:
    """The words of a language."""
    forms: dict[str, Form] = {}
    for file in sorted(Path(__file__).with_name(code).glob("*.json")):
        forms |= json.loads(file.read_text(encoding="utf-8"))
    return Words(code, forms)


def chosen(cookie: str | None, browser: str | None) -> str:
    """Which language to speak: what was chosen, else the browser's, else the first.

    Args:
        cookie: The code that a person chose.
        browser: What the browser asks for, most wanted first: `de-AT` or `de-AT,de;q=0.9`.
    """
    for wanted in (cookie or "", re.split("[-,;]", browser or "")[0].lower()):
        if wanted in LANGUAGES:
            return wanted
    return next(iter(LANGUAGES))
