"""Filters of the Search page in a real Chromium: made in plain words, kept in the address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visitor, focused, id_of
from tests.ui.pages.search.conftest import first_card

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def test_the_filter_dialog_writes_the_address_once(visitor: Visitor, results: Page) -> None:
    page = results
    page.get_by_role("button", name="+ Filter").click()
    dialog = page.get_by_role("dialog", name="Filter")
    dialog.get_by_role("group", name="Folder").get_by_role("checkbox").first.check()
    dialog.get_by_label("Length").select_option("-60")
    dialog.get_by_label("what is seen").check()
    _make_conditions(dialog)
    dialog.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Under 1 min: take this filter away").wait_for()
    assert focused(page) == "+ Filter"
    now = parse_qs(urlsplit(page.url).query)
    assert (now["len"], now["in"], len(now["folder"])) == (["-60"], ["seen"], 1)
    assert now["where"] == ["size<90000000", "date>=2001-02-03"]
    page.get_by_role("button", name="Recorded: since 2001-02-03: take this filter away").wait_for()
    page.get_by_role("button", name="File size: less than 90 MB: take this filter away").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query)["where"] == now["where"][1:])
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_url(lambda url: not {"len", "folder", "where"} & {*parse_qs(url)})
    page.go_back()
    page.get_by_role("button", name="Under 1 min: take this filter away").wait_for()
    assert visitor.failed_answers == []
    assert visitor.faults == []


def _make_conditions(dialog: Locator) -> None:
    """One by a press, one that is taken back, and one that "Apply" finds ready."""
    about, how = dialog.get_by_label("What", exact=True), dialog.get_by_label("How", exact=True)
    value = dialog.get_by_label("Value", exact=True)
    about.select_option(label="File size")
    how.select_option("less than")
    dialog.get_by_role("button", name="Add", exact=True).click()
    dialog.get_by_text("A condition needs a value.").wait_for()
    value.fill("90")
    value.press("Enter")
    about.select_option(label="Title")
    value.fill("no such title")
    dialog.get_by_role("button", name="Add", exact=True).click()
    dialog.get_by_role("button", name="Title: no such title: take this filter away").click()
    about.select_option(label="Recorded")
    value.fill("2001-02-03")


def test_filters_alone_show_their_videos(visitor: Visitor, server: Server, home: Path) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?folder=toons&where=duration%3E%3D1&sort=title")
    page.get_by_role("status").filter(has_text="videos").wait_for()
    assert first_card(page).get_attribute("data-video-id") == id_of(home, "toon-0001.mp4")
    assert page.get_by_role("combobox", name="Order").input_value() == "title"
    page.get_by_role("button", name="Length: at least 1 s: take this filter away").click()
    page.wait_for_url(lambda url: "where" not in url)
    page.get_by_role("button", name="Folder: toons: take this filter away").click()
    page.get_by_role("heading", name="What are you looking for?").wait_for()
    assert visitor.failed_answers == []
    assert visitor.faults == []
