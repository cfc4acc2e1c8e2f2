"""The options of the search page narrow the search that is asked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from data.catalogue import UsedTag
from indexer.search.query import Filters, Query
from indexer.search.result import SearchResult
from ui.pages import served


class TaggedLibrary:
    """A library that finds nothing, and notes the filters that it is asked with."""

    def __init__(self, *tags: str) -> None:
        self.tags = list(tags)
        self.asked: list[Filters] = []
        self.changes = 0
        self.home = SimpleNamespace(cache=Path("/nowhere"))
        self.catalogue = SimpleNamespace(
            encoder="fake",
            tags=SimpleNamespace(all=lambda: [UsedTag(name, 1) for name in self.tags]),
            videos_by_id=lambda _: {},
            counts=lambda: {"videos": 3, "clips": 9},
        )

    @property
    def last_tags(self) -> list[str]:
        return list(self.asked[-1].tags)

    @property
    def searcher(self) -> SimpleNamespace:
        return SimpleNamespace(view=SimpleNamespace(current="gen-000001", changes=self.changes))

    def find(self, _query: Query, *, k: int, filters: Filters) -> SearchResult:
        self.asked.append(filters)
        return SearchResult([], 1.0, False, 1, "fake")


def page() -> None:
    """What the script of the site does for this page."""
    from ui.pages.search_page import show_search

    show_search()


def searched(app: AppTest) -> AppTest:
    app.text_input(key="text").set_value("a kite").run()
    assert not app.exception
    return app


def test_only_videos_with_the_chosen_tags_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    library = TaggedLibrary("kite", "sea")
    monkeypatch.setattr(served, "library", lambda: library)
    app = searched(AppTest.from_function(page).run())
    assert library.last_tags == []
    app.multiselect(key="tags").select("sea").run()
    assert library.last_tags == ["sea"]
    # The tag is taken from its last video while the page is open.
    library.tags, library.changes = ["kite"], 1
    app.run()
    assert not app.exception
    assert library.last_tags == []


def test_a_library_without_tags_has_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    library = TaggedLibrary()
    monkeypatch.setattr(served, "library", lambda: library)
    app = searched(AppTest.from_function(page).run())
    assert app.multiselect(key="tags").disabled
    assert library.asked[-1] == Filters()
