"""For you, people and history in a real Chromium: nobody's click lands in another's history."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home
from data.people import People
from tests.ui.conftest import PATIENCE_S, Server
from tests.ui.pages.conftest import Visitor, focused

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.long(28)]
Visit = Callable[..., Visitor]


def kinds_of(home: Path, user: str) -> list[str]:
    with Catalogue(Home(home)) as catalogue:
        return [event.kind for event in History(catalogue).events(user)]


def is_recorded(home: Path, user: str) -> bool:
    with Catalogue(Home(home)) as catalogue:
        return People(catalogue).get(user).records


def somebody_new(page: Page, name: str) -> None:
    """Say on the page that asks that a new person is watching."""
    page.get_by_role("button", name="Someone new").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Go on").click()


def for_you(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/for-you")
    page.get_by_role("heading", name="Who is watching?").wait_for()
    assert page.locator(".card").count() == 0
    somebody_new(page, name)
    page.get_by_role("heading", name=f"For {name}").wait_for()


def shown(page: Page) -> list[str]:
    found: list[str] = page.locator(".card").evaluate_all("all => all.map(c => c.dataset.videoId)")
    return found


def card(page: Page, at: int) -> Locator:
    return page.locator(".card").nth(at)


def press(card: Locator, name: str) -> None:
    """Click, and wait until the server knows."""
    with card.page.expect_response(lambda answer: "/events" in answer.url):
        card.get_by_role("button", name=name, exact=True).click()


def test_two_people_on_one_device_write_to_their_own_history_only(
    visit: Visit, server: Server, home: Path
) -> None:
    visitor = visit()
    page = visitor.page
    for_you(page, server, "Ada")
    press(card(page, 0), "Like")
    page.get_by_role("button", name="Ada, person menu").click()
    page.get_by_role("menuitem", name="Switch person").click()
    page.get_by_role("heading", name="People", exact=True).wait_for()
    somebody_new(page, "Bo")
    page.get_by_role("button", name="Bo, person menu").wait_for()
    page.get_by_role("link", name="For you").first.click()
    page.get_by_role("heading", name="For Bo").wait_for()
    press(card(page, 0), "Not for me")
    assert kinds_of(home, "Ada") == ["like"]
    assert kinds_of(home, "Bo") == ["dislike"]
    page.reload()
    page.get_by_role("heading", name="For Bo").wait_for()
    # Another's page is only shown.
    page.goto(f"{server.url}/for-you?who=Ada")
    page.get_by_text("You see Ada's page as Bo. Nothing is recorded here.").wait_for()
    card(page, 0).wait_for()
    assert page.get_by_role("button", name="Like", exact=True).count() == 0
    page.get_by_role("button", name="Watch as Ada").click()
    page.get_by_role("button", name="Ada, person menu").wait_for()
    press(card(page, 1), "Seen it")
    assert kinds_of(home, "Ada") == ["like", "view"]
    assert kinds_of(home, "Bo") == ["dislike"]
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []
    assert visitor.faults == []


def test_a_click_marks_its_card_alone_and_undo_leaves_nothing(
    visit: Visit, server: Server, home: Path
) -> None:
    visitor = visit()
    page = visitor.page
    for_you(page, server, "Cy")
    before = shown(page)
    press(card(page, 0), "Like")
    like = card(page, 0).get_by_role("button", name="Like", exact=True)
    assert like.get_attribute("aria-pressed") == "true"
    bar = page.get_by_role("status").filter(has_text="Liked")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        bar.get_by_role("button", name="Undo").click()
    assert kinds_of(home, "Cy") == []
    assert focused(page) == "Like"
    assert like.get_attribute("aria-pressed") == "false"

    edges = "e => { const r = e.getBoundingClientRect(); return [r.width, r.height]; }"
    size = card(page, 1).locator(".picture").evaluate(edges)
    refresh = page.get_by_role("button", name="New suggestions")
    press(card(page, 1), "Not for me")
    assert card(page, 1).locator(".folded").evaluate(edges) == pytest.approx(size, abs=1)
    press(card(page, 2), "Seen it")
    assert refresh.is_hidden()
    press(card(page, 3), "Like")
    assert shown(page) == before
    assert sorted(kinds_of(home, "Cy")) == ["dislike", "like", "view"]
    # What was said is still marked after another page; then a new list has none of it.
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("heading", name="Library").first.wait_for()
    page.go_back()
    page.get_by_role("heading", name="For Cy").wait_for()
    assert shown(page) == before
    assert card(page, 1).locator(".folded").is_visible()
    press(card(page, 1), "Undo")
    refresh.wait_for(state="hidden")
    press(card(page, 4), "Like")
    refresh.click()
    page.locator(f"[data-video-id='{before[2]}']").wait_for(state="detached")
    assert focused(page) != "nothing"
    assert visitor.failed_answers == []
    assert visitor.faults == []


@pytest.mark.parametrize(("width_px", "is_dark"), [(390, True), (1280, False)])
def test_by_keyboard_alone_at_any_width(
    visit: Visit, server: Server, home: Path, width_px: int, is_dark: bool
) -> None:
    name = f"Di {width_px}"
    visitor = visit(width_px, is_dark=is_dark)
    page = visitor.page
    page.goto(f"{server.url}/for-you")
    new = page.get_by_role("button", name="Someone new")
    new.focus()
    page.keyboard.press("Enter")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"For {name}").wait_for()
    card(page, 0).locator(".picture").focus()
    page.keyboard.press("ArrowRight")
    focused_at = "document.activeElement.shadowRoot?.activeElement ?? document.activeElement"
    at = "e => e.closest('.card')?.dataset.videoId"
    assert page.evaluate(f"({at})(({deepest(focused_at)}))") == shown(page)[1]
    page.keyboard.press(".")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    with page.expect_response(lambda answer: "/events" in answer.url):
        page.keyboard.press("Enter")
    assert kinds_of(home, name) == ["hide"]
    undo = card(page, 1).get_by_role("button", name="Undo")
    undo.focus()
    with page.expect_response(lambda answer: "/events" in answer.url):
        page.keyboard.press("Enter")
    assert kinds_of(home, name) == []
    assert page.evaluate(f"({at})(({deepest(focused_at)}))") == shown(page)[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert visitor.faults == []


def deepest(start: str) -> str:
    """JavaScript for the focused element, through all shadow roots."""
    loop = "while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
    return f"(() => {{ let e = {start}; {loop} return e; }})()"


def test_a_guest_leaves_nothing(visit: Visit, server: Server, home: Path) -> None:
    page = visit().page
    page.goto(f"{server.url}/for-you")
    page.get_by_role("button", name="Guest: record nothing").click()
    page.get_by_text("Nothing is recorded for a guest.").wait_for()
    card(page, 0).wait_for()
    assert page.get_by_role("button", name="Like", exact=True).count() == 0
    page.reload()
    page.get_by_text("Nothing is recorded for a guest.").wait_for()
    assert kinds_of(home, "-") == []


def test_a_history_can_be_corrected_exported_and_forgotten(
    visit: Visit, server: Server, home: Path
) -> None:
    visitor = visit()
    page = visitor.page
    for_you(page, server, "Eve")
    press(card(page, 0), "Like")
    press(card(page, 1), "Seen it")
    page.get_by_role("link", name="History").first.click()
    rows = page.locator(".row")
    rows.nth(1).wait_for()
    assert "marked as seen" in rows.nth(0).inner_text()
    assert "on the page" in rows.nth(0).inner_text()

    change(page, rows.nth(0), "It was: not for me")
    assert kinds_of(home, "Eve") == ["like", "dislike"]
    assert focused(page).startswith("Menu of")
    change(page, rows.nth(1), "Remove from my history")
    assert kinds_of(home, "Eve") == ["dislike"]
    rows.nth(1).get_by_text("Removed from the history.").wait_for()
    assert focused(page) == "Undo"
    with page.expect_response(lambda answer: "/events" in answer.url):
        rows.nth(1).get_by_role("button", name="Undo").click()
    assert kinds_of(home, "Eve") == ["like", "dislike"]
    rows.nth(1).get_by_role("button", name="Menu of").wait_for()
    assert focused(page) != "nothing"

    page.get_by_role("link", name="Hidden").click()
    page.get_by_text("Nothing is recorded here yet.").wait_for()
    assert "kind=hidden" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    assert "Eve" in download.value.path().read_text(encoding="utf-8")
    page.get_by_label("Type").fill("Eve")
    page.get_by_role("button", name="Forget me").click()
    page.get_by_text("Eve is forgotten: 2 events were deleted.").wait_for()
    assert kinds_of(home, "Eve") == []
    page.wait_for_function("!document.cookie.includes('reelwise_person')")
    page.reload()
    page.get_by_role("heading", name="Who is watching?").wait_for()
    assert visitor.failed_answers == []
    assert visitor.faults == []


def test_who_was_chosen_is_watching_on_a_page_that_is_opened_at_once(
    visit: Visit, server: Server
) -> None:
    visitor = visit()
    page = visitor.page
    at_once = f"button => {{ button.click(); location.href = '{server.url}/history'; }}"
    page.goto(f"{server.url}/for-you")
    tile = page.locator(".tile .name").first
    name = tile.inner_text()
    tile.evaluate(at_once.replace("button.click", "button.parentElement.click"))
    page.wait_for_url(f"{server.url}/history")
    page.get_by_role("button", name=f"{name}, person menu").wait_for()
    page.goto(f"{server.url}/people")
    page.get_by_role("button", name="Someone new").click()
    page.get_by_label("Name", exact=True).fill("Gus")
    page.get_by_role("button", name="Go on").evaluate(at_once)
    page.wait_for_url(f"{server.url}/history")
    page.get_by_role("button", name="Gus, person menu").wait_for()
    assert page.get_by_role("button", name=f"{name}, person menu").count() == 0
    assert visitor.faults == []


def test_recording_is_switched_in_two_places(visit: Visit, server: Server, home: Path) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}/history")
    page.get_by_role("heading", name="Who is watching?").wait_for()
    somebody_new(page, "Flo")
    box = page.get_by_label("Record what I watch")
    for _ in range(2):  # one place does not know what the other one last said
        box.click()
        from_menu(page, "Flo", "Record what I watch")
        page.locator("input[name=records]:checked").wait_for()
        assert is_recorded(home, "Flo")
    from_menu(page, "Flo", "Do not record what I watch")
    page.locator("input[name=records]:not(:checked)").wait_for()
    assert not is_recorded(home, "Flo")
    assert visitor.faults == []


def from_menu(page: Page, name: str, item: str) -> None:
    """Choose an item of the person's menu, as soon as the head of the page has it."""
    wanted = page.get_by_role("menuitem", name=item, exact=True)
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        page.get_by_role("button", name=f"{name}, person menu").click()
        if wanted.count():
            wanted.click()
            return
        page.keyboard.press("Escape")
    pytest.fail(f"the menu never had {item!r}")


def change(page: Page, row: Locator, item: str) -> None:
    row.get_by_role("button", name="Menu of").click()
    with page.expect_response(lambda answer: "/events" in answer.url):
        row.get_by_role("menuitem", name=item).click()
