"""What the components of Review and Annotate are told alike."""

from __future__ import annotations

import pytest

from ui.pages import watcher
from ui.pages.desk import Desk, desk_data
from ui.pages.words.language import words_of


@pytest.mark.parametrize(("desk", "title"), [("review", "Prüfen"), ("annotate", "Beschriften")])
@pytest.mark.parametrize(
    ("signed_in", "watching", "who"), [("", "", ""), ("", "ann", "ann"), ("ben", "ann", "ben")]
)
def test_they_are_told_who_is_here_and_their_words(
    desk: Desk,
    title: str,
    signed_in: str,
    watching: str,
    who: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watcher, "signed_in", lambda: signed_in)
    monkeypatch.setattr(watcher, "watching", lambda: watching)
    told = desk_data(desk, words_of("de"))
    assert (told["who"], told["signed_in"], told["language"]) == (who, bool(signed_in), "de")
    assert told["words"][f"{desk}.title"] == title
    assert "undo.undo" in told["words"]
    for word in ("name", "name_needed", "you"):
        assert told["words"][f"{desk}.{word}"]
