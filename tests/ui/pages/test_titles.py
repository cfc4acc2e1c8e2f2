"""Each page is called in the browser's tab by its own word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st

from ui.library.library import Library
from ui.pages import desk, served, watcher
from ui.pages.annotate.page import show_annotate
from ui.pages.library import page as library_page
from ui.pages.review.page import show_review
from ui.pages.words.language import words_of


class QueryParams(dict[str, str]):
    """The parameters of an address without any."""

    def to_dict(self) -> dict[str, str]:
        return {**self}


PAGES = Path(desk.__file__).parent


@pytest.mark.parametrize(
    ("show", "title"),
    [
        (library_page.show_library, "Bibliothek"),
        (show_review, "Prüfen"),
        (show_annotate, "Beschriften"),
    ],
)
def test_a_page_tells_the_tab_its_name(
    show: Callable[[], None], title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for module in (desk, library_page):
        monkeypatch.setattr(module, "mount", lambda name, *_, **__: drawn.append(name))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", QueryParams())
    monkeypatch.setattr(watcher, "words", lambda: words_of("de"))
    monkeypatch.setattr(watcher, "is_owner", lambda: True)
    monkeypatch.setattr(watcher, "signed_in", str)
    monkeypatch.setattr(watcher, "watching", str)
    with Library(tmp_path / "home") as library:
        library.make()
        monkeypatch.setattr(served, "library", lambda: library)
        show()
    assert st.session_state["title"] == title
    assert len(drawn) == 1


def test_no_page_is_without_one() -> None:
    files = [*PAGES.glob("*/page.py")]
    assert len(files) >= 8
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert 'st.session_state["title"]' in text or "show_desk(" in text, file
