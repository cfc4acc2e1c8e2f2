"""Every page in Chromium as axe sees it: nothing serious, whatever its width and colours."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visitor
from ui.pages import PAGES
from ui.pages.watcher import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RUN = "() => axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa']})"
SHADES = ((390, True), (1280, False))
"""Width decides where things stand, the scheme their colours: each pair once."""
ADDRESSES = ("", "?q=a+red+car&all=1", *(f"{page}{'?v=1' * (page == 'video')}" for page in PAGES))


def serious(page: Page) -> list[str]:
    """What axe finds in the page, shadow roots included."""
    found: dict[str, Any] = page.evaluate(RUN)
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize(("width_px", "is_dark"), SHADES)
@pytest.mark.parametrize(
    ("address", "person"), [*((each, "ben") for each in ADDRESSES), ("for-you", "")]
)
def test_axe_finds_nothing_serious(
    visit: Callable[..., Visitor],
    server: Server,
    address: str,
    person: str,
    width_px: int,
    is_dark: bool,
) -> None:
    page = visit(width_px, is_dark=is_dark).page
    if person:
        page.context.add_cookies([{"name": COOKIE, "value": person, "url": server.url}])
    page.goto(f"{server.url}/{address}")
    page.get_by_role("main").locator("h1, h2").first.wait_for()
    page.evaluate(AXE)
    assert serious(page) == []
