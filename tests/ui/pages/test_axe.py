"""Every page in Chromium as axe sees it: nothing serious, whatever its width and colours."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visit, go
from ui.pages import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.long(11)]
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RUN = "() => axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa']})"
SHADES = ((390, True), (1280, False))
"""Width decides where things stand, the scheme their colours: each pair once."""
ADDRESSES = {
    "": "What are you looking for?",
    "?q=a+red+car&all=1": "Results",
    "video?v=1": "toon-0001",
    "for-you": "For ben",
    "library": "Library",
    "history": "History",
    "people": "People",
    "review": "Review",
    "annotate": "Annotate",
    "annotate?set=moves": "Annotate: moves",
}
"""Each page, and the heading that says that it is shown."""


def serious(page: Page) -> list[str]:
    """What axe finds in the page, shadow roots included."""
    found: dict[str, Any] = page.evaluate(RUN)
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def test_every_page_is_looked_at() -> None:
    assert {each.partition("?")[0] for each in ADDRESSES} == {"", *PAGES}


@pytest.mark.parametrize(("width_px", "is_dark"), SHADES)
def test_axe_finds_nothing_serious(
    visit: Visit, server: Server, moves: str, width_px: int, is_dark: bool
) -> None:
    page = visit(width_px, is_dark=is_dark).page
    page.goto(f"{server.url}/for-you")
    page.get_by_role("heading", name="Who is watching?").wait_for()
    page.evaluate(AXE)
    assert serious(page) == []
    page.get_by_role("button", name="ben").click()
    page.get_by_role("main").get_by_role("heading", name="For ben").first.wait_for()
    for address, heading in ADDRESSES.items():
        go(page, f"/{address}")
        page.get_by_role("main").get_by_role("heading", name=heading).first.wait_for()
        assert serious(page) == [], address
