"""Words of the pages: each language has all of them, and each that is used is there."""

import json
import re
from pathlib import Path

import pytest

from ui.pages.words.language import LANGUAGES, chosen, words_of

PAGES = Path(__file__).parents[3] / "ui" / "pages"
KEY = re.compile(r"""\bsay\(\s*["']([a-z_.]+)["']""")


def forms(code: str, key: str) -> list[str]:
    form = words_of(code).forms[key]
    return [form] if isinstance(form, str) else list(form.values())


def used_keys() -> set[str]:
    sources = [*PAGES.rglob("*.py"), *PAGES.rglob("*.js")]
    return {key for file in sources for key in KEY.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_the_same_with_the_same_values(code: str) -> None:
    assert list(words_of(code).forms) == list(words_of("en").forms)
    for key in words_of(code).forms:
        values = [set(re.findall(r"\{(\w+)\}", text)) for text in forms(code, key)]
        assert set.union(*values) == set.union(
            *(set(re.findall(r"\{(\w+)\}", text)) for text in forms("en", key))
        ), key
        assert all(text.strip() for text in forms(code, key)), key


def test_every_key_that_is_used_has_words() -> None:
    used = used_keys()
    assert len(used) > 10
    assert used <= set(words_of("en").forms)


def test_a_plural_and_a_large_number_are_said_in_the_language() -> None:
    assert words_of("en").say("card.more", n=1) == "+1 more moment"
    assert words_of("en").say("card.more", n=1234) == "+1,234 more moments"
    assert words_of("de").say("card.more", n=1234) == "+1.234 weitere Stellen"
    assert words_of("en").say("filter.within_chip", s=2.5) == "within 2.5 s"
    assert words_of("de").say("filter.within_chip", s=2.5) == "binnen 2,5 s"
    assert words_of("de").say("filter.within_chip", s=30.0) == "binnen 30 s"


def test_scripts_write_numbers_for_people_as_the_language_does() -> None:
    """`toFixed` always writes a point; in addresses and styles that is wanted, in words not."""
    said = re.compile(
        r"say\([^()]*(?:\([^()]*\)[^()]*)*toFixed|\$\{[^{}]*toFixed[^{}]*\} (?:s|%|Mbit)"
    )
    for file in PAGES.rglob("*.js"):
        if file.name != "save.js":  # the name of a file is the same in every language
            assert said.findall(file.read_text(encoding="utf-8")) == [], file


def test_a_language_is_chosen_by_the_person_then_by_the_browser() -> None:
    assert chosen("de", "en-GB") == "de"
    assert chosen(None, "de-AT") == "de"
    assert chosen("xx", "fr") == "en"
    assert chosen(None, None) == "en"


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_file_holds_the_keys_of_its_own_group(code: str) -> None:
    files = sorted((PAGES / "words" / code).glob("*.json"))
    assert [file.name for file in files] == [
        file.name for file in sorted((PAGES / "words" / "en").glob("*.json"))
    ]
    for file in files:
        keys = [*json.loads(file.read_text(encoding="utf-8"))]
        assert {key.partition(".")[0] for key in keys} == {file.stem}
