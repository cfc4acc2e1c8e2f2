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
SAYS = ("data", "embeddings", "indexer", "recommender", "ui/api", "ui/library", "ui/server")
"""Rooms and folders of which sentences come to a page."""
OF_THE_SYSTEM = {"No such file or directory", "Permission denied"}
"""Sentences of the operating system."""
PUT_TOGETHER: dict[str, tuple[str, ...]] = {
    "labels_head_cannot_tell": ("cannot tell {} clips of {} videos", "{}, which are left out: {}"),
    "labels_is_no_label": ("{} is {}, which is no {}", "label"),
    "labels_videos_called": ("{} videos are called",),
    "library_toons_only": ("knows only the cartoons that reelwise draws, and {} of {} videos",),
    "library_has_no_problem": ("{} has no problem", "{}: nothing to try again"),
    "library_no_file_problem": ("no file has a problem", "{}: nothing to try again"),
    "library_job_one_problem": ("1 problem: ",),
    "library_job_problems": ("{} problems; the first: ",),
    "search_appealed_already": ("case {} {}", "is appealed already"),
    "search_nobody_decided": ("case {} {}", "is {}: nobody decided"),
    "search_beyond_end": ("{} is {} s long; {}-{} s reaches beyond its end",),
    "search_case_of_already": ("it is a case of {} already", "{}; other rules: {}"),
    "search_no_other_rule": ("no rule is called {}", "{}; other rules: {}"),
    "search_part_blocked": ("this part of the video is {}: case {}, {}", "blocked"),
    "search_part_hidden": ("this part of the video is {}: case {}, {}", "hidden until somebody"),
}
"""Sentences that the code puts together, with the parts that it has of them."""


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
    return re.sub(r"\{\w+\}", "{}", "\n".join(found))


def _parts(key: str, form: str) -> tuple[str, ...]:
    whole = re.sub(r"\{\w+\}", "{}", form).removeprefix("the condition {}: ")
    return PUT_TOGETHER.get(key.removeprefix(SERVER), (whole,))


def test_every_sentence_that_has_words_is_one_that_the_server_says() -> None:
    unsaid = [
        key
        for key, form in english().items()
        if form not in OF_THE_SYSTEM
        and not all(part in said_by_the_code() for part in _parts(key, form))
    ]
    assert unsaid == []


def test_commands_are_no_part_of_what_a_page_says() -> None:
    for form in english().values():
        assert advice_of(form).text == form
        assert "reelwise " not in form


def test_there_are_sentences_in_german_and_none_in_english() -> None:
    german = words_of("de").of_server()
    assert german["no video passes the filters"] == "kein Video genügt den Filtern"
    assert set(get_args(Phase)) <= set(german)
    assert words_of("en").of_server() == {}
    assert not any(key.startswith(SERVER) for key in words_of("de").part("undo"))
