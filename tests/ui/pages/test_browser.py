"""For you and Library in a real headless Chromium: choose a person, click, look."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home
from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def _watch_as(page: "Page", server: Server, name: str) -> None:
    """Open the page and say who is watching."""
    page.goto(f"{server.url}/for-you")
    box = page.get_by_role("combobox", name="Who is watching?")
    box.wait_for()
    assert page.locator("video").count() == 0
    assert box.input_value() == ""
    box.fill(name)
    box.press("Enter")
    page.locator('.rw-card[data-rank="12"]').wait_for()


def test_for_you_asks_who_watches_and_a_click_changes_its_card_alone(
    visitor: Visitor, server: Server, home: Path
) -> None:
    page = visitor.page
    _watch_as(page, server, "a new visitor")
    assert page.locator(".rw-why").first.inner_text().strip()
    assert "user=a+new+visitor" in page.url
    before = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    page.get_by_role("button", name="Not for me").first.click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    now = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    assert now == before
    assert "dislike" in _kinds_of(home, "a new visitor")
    undo.click()
    undo.wait_for(state="detached")
    assert _kinds_of(home, "a new visitor") == []
    page.get_by_role("button", name="Not for me").first.click()
    undo.wait_for()
    # The person is still the same after another page and a reload; then the list is new.
    page.get_by_role("link", name="Library").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.get_by_role("link", name="For you").click()
    page.get_by_text("For a new visitor").wait_for()
    page.locator(f"video[data-video-id='{before[0]}']").wait_for(state="detached")
    page.reload()
    page.get_by_text("For a new visitor").wait_for()
    assert visitor.failed_answers == []


def _kinds_of(home: Path, user: str) -> list[str]:
    with Catalogue(Home(home)) as catalogue:
        return [event.kind for event in History(catalogue).events(user)]


def test_for_you_goes_on_from_the_video_that_was_chosen(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    _watch_as(page, server, "another visitor")
    chosen = page.locator("video").first.get_attribute("data-video-id")
    page.get_by_role("button", name="More of this").first.click()
    enough = page.get_by_role("button", name="Back to everything")
    enough.wait_for()
    page.locator(".rw-why", has_text="goes with").first.wait_for()
    # Cards of the page before stay until the last new one has come.
    page.locator(f"video[data-video-id='{chosen}']").wait_for(state="detached")
    shown = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    assert chosen not in shown
    enough.click()
    enough.wait_for(state="detached")
    page.locator(f"video[data-video-id='{chosen}']").wait_for(state="attached")
    assert visitor.failed_answers == []


def test_the_library_tells_what_is_indexed(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.goto(f"{server.url}/library")
    page.locator(".rw-figures").wait_for()
    told = page.locator(".rw-figures div").all_inner_texts()
    assert any("12" in each for each in told)
    for width_px in (1280, 390):
        page.set_viewport_size({"width": width_px, "height": 900})
        edges = "e => { const r = e.getBoundingClientRect(); return [r.left, r.right]; }"
        first = page.locator(".rw-figures div").first.evaluate(edges)[0]
        left, right = page.locator(".rw-figures").evaluate(edges)
        assert first == left == page.locator(".rw-head").evaluate(edges)[0]
        assert right <= width_px
    page.get_by_test_id("stDataFrame").first.wait_for()
    assert page.get_by_text("Every file was read completely").is_visible()
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []
