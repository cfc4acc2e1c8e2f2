"""Addresses that name what is not there: each says so, in the visitor's language, with a way on."""

from __future__ import annotations

import re

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visit, go

pytestmark = pytest.mark.browser
ADDRESSES = {
    "video?v=99999": ("Dieses Video gibt es nicht", "In der Bibliothek suchen"),
    "review?case=99999": ("Einen Fall 99999 gibt es nicht.", "Zeigen, was wartet"),
    "review?case=first": ("Einen Fall first gibt es nicht.", "Zeigen, was wartet"),
    "annotate?set=nothing": ("keinen Satz von Labels namens „nothing“", "Satz anlegen"),
    "history?who=nobody": ("Niemand heißt hier „nobody“", "Sehen, wer da ist"),
    "for-you?who=nobody": ("Niemand heißt hier „nobody“", "Sehen, wer da ist"),
    "library?view=folders&folder=none": ("Kein Ordner dieser Bibliothek", "Alle Ordner"),
    # What the server itself says of them, in English, comes in the words of the page.
    "?folder=nowhere": ("kein Ordner der Bibliothek heißt 'nowhere'", "Filter"),
    "?q=car&tag=nothing": ("kein Video hat das Schlagwort 'nothing'", "Filter"),
    "?q=car&where=colour%3Dred": ("Nichts heißt 'colour'; gelernt ist: none yet", "Filter"),
    "?like=99999": ("kein Video der Bibliothek heißt '99999'", "Filter"),
}


def test_what_is_not_there_is_said_with_a_way_on(visit: Visit, server: Server) -> None:
    visitor = visit(language="de-DE")
    page = visitor.page
    page.goto(server.url)
    page.get_by_role("heading", name="Was suchst du?").wait_for()
    for address, (told, way_on) in ADDRESSES.items():
        go(page, f"/{address}")
        page.get_by_role("main").get_by_text(told).wait_for()
        name = re.compile(re.escape(way_on))
        on = page.get_by_role("main").get_by_role("link", name=name)
        on.or_(page.get_by_role("main").get_by_role("button", name=name)).first.wait_for()
    assert visitor.faults == []
