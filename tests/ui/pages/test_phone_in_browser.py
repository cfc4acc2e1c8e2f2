"""Pages under a thumb: nothing reaches over the edge or is covered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import PHONE_PX, go, phone_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
UNDO = """async text => {
  const all = performance.getEntriesByType("resource");
  const ours = all.find(each => each.name.endsWith("shared/undo.js"));
  (await import(ours.name)).offerUndo(text, "Undo", () => {});
}"""
LONG = "Removed from the history, and told in words that take more than a single line."
TO_END = "() => { const e = document.querySelector('[data-testid=stMain]'); e.scrollTop = 1e9; }"

IS_CHOSEN_SHOWN = """row => {
  const [outer, inner] = [row, row.querySelector("[aria-current=page]")].map(each => each.getBoundingClientRect());
  return outer.left <= inner.left && inner.right <= outer.right + 1;
}"""  # noqa: E501
WIDEN = """async row => {
  for (const each of row.children) each.style.padding = "0 40px";
  for (let n = 0; n < 2; n += 1) await new Promise(requestAnimationFrame);
  return row.scrollWidth > row.clientWidth;
}"""


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    with phone_at(browser, server) as page:
        yield page


def box(place: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    found = place.bounding_box()
    assert found is not None
    left, top = found["x"], found["y"]
    return left, top, left + found["width"], top + found["height"]


def test_a_phone_shows_what_is_chosen_and_covers_nothing(phone: Page, server: Server) -> None:
    phone.goto(f"{server.url}/library?view=health")
    phone.get_by_role("heading", name="What it holds").wait_for()
    tabs = phone.locator(".tabs")
    assert tabs.evaluate(IS_CHOSEN_SHOWN)
    # Letters that come later may be wider.
    assert tabs.evaluate(WIDEN)
    assert tabs.evaluate(IS_CHOSEN_SHOWN)
    # What ended is folded: what the view is about stands above the fold.
    phone.locator(".ended-jobs summary").wait_for()
    assert not phone.locator(".ended").first.is_visible()
    phone.locator(".ended-jobs summary").tap()
    phone.locator(".ended").first.wait_for()

    go(phone, "/library")
    phone.locator(".wall .card[data-video-id]").first.wait_for()
    for card in phone.locator(".wall .card").all()[:2]:
        card.locator(".more").tap()
        left, _, right, _ = box(phone.get_by_role("menu"))
        assert 0 <= left < right <= PHONE_PX
        phone.keyboard.press("Escape")

    go(phone, "/history")
    forget = phone.get_by_role("button", name="Forget me")
    forget.wait_for()
    phone.evaluate(UNDO, LONG)
    phone.evaluate(TO_END)
    assert box(forget)[3] <= box(phone.locator("#reelwise-undo"))[1]
