"""How tests play a video on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.ui.conftest import Server
    from tests.ui.pages.conftest import Visitor

IS_THERE = "v => new Promise(done => { const look = () => v.readyState >= 2 ? done() : setTimeout(look, 20); look(); })"  # fmt: skip # noqa: E501
UNTIL = """([v, at]) => new Promise(done => { const look = () => v.currentTime >= at || v.ended
  ? done() : setTimeout(look, 10); look(); })"""


def opened(visitor: Visitor, server: Server, address: str, person: str = "") -> Locator:
    """The video element of a page, ready to play."""
    page = visitor.page
    if person:
        page.context.add_cookies([{"name": "reelwise_person", "value": person, "url": server.url}])
    page.goto(f"{server.url}/video?{address}")
    video = page.locator("video").first
    video.wait_for()
    video.evaluate(IS_THERE)
    return video


def play_until(page: Page, video: Locator, at_s: float) -> None:
    """Play, without sound, up to this second."""
    video.evaluate("v => { v.muted = true; return v.play(); }")
    page.evaluate(UNTIL, [video.element_handle(), at_s])


def views_of(home: Path, person: str) -> list[float | None]:
    """The watched seconds of each view that is recorded of somebody."""
    with Catalogue(Home(home)) as catalogue:
        return [each.watched_s for each in History(catalogue).events(person)]
