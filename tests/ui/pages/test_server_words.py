"""What the server says in English, as pages in another language say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from indexer.build.progress import Phase
from ui.library.keeping.advice import advice_of
from ui.pages.words.language import SERVER, words_of

ROOT = Path(__file__).parents[3]
SAYS = (
    *("embeddings/opening/choice.py", "indexer/search", "indexer/build/progress.py"),
    *("indexer/review/learning.py", "indexer/store/generations.py", "data/catalogue"),
    *("data/people", "data/annotations", "data/review", "data/jobs", "data/video"),
    *("ui/api", "ui/library", "ui/server/media"),
)
"""Files and folders of which sentences come to a page."""


def english() -> dict[str, str]:
    forms = words_of("en").forms
    return {key: str(form) for key, form in forms.items() if key.startswith(SERVER)}


def _files() -> Iterator[Path]:
    for name in SAYS:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


@cache
def said_by_the_code() -> str:
    """All texts of the code, a value in them as {}."""
    found = []
    for file in _files():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def test_every_sentence_that_has_words_is_one_that_the_server_says() -> None:
    # Parts that are put together elsewhere: the problem of a condition stands before its reason.
    unsaid = [
        key
        for key, form in english().items()
        if re.sub(r"\{\w+\}", "{}", form).removeprefix("the condition {}: ")
        not in said_by_the_code()
    ]
    assert unsaid == []


def test_commands_are_no_part_of_what_a_page_says() -> None:
    for form in english().values():
        assert advice_of(form).text == form
        assert "reelwise " not in form


def test_a_page_in_german_gets_the_sentences_and_one_in_english_none() -> None:
    german = words_of("de").part("undo")
    sentence = "no video passes the filters"
    assert german[f"{SERVER}{sentence}"] == "kein Video genügt den Filtern"
    assert not any(key.startswith(SERVER) for key in words_of("en").part("undo"))
    assert {f"{SERVER}{phase}" for phase in get_args(Phase)} <= set(german)
