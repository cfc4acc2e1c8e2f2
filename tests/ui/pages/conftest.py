"""Pages run by Streamlit's own test runner, and in a real headless Chromium."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data.annotations.annotations import Annotations
from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.toons.library import ToonLibrary
from tests.ui.conftest import PATIENCE_S, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, ViewportSize


@dataclass
class Visitor:
    """A fresh visitor; requests to other hosts and failed answers are noted."""

    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    failed_answers: list[tuple[int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Errors of our scripts that nothing caught."""


Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def device(browser: Browser) -> Iterator[BrowserContext]:
    """One device of all visitors of a file: it fetches our scripts and styles only once."""
    context = browser.new_context(locale="en-US", reduced_motion="no-preference")
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, device: BrowserContext, server: Server) -> Iterator[Visit]:
    """Open the page as a visitor of whom the device knows nothing: `visit(390, is_dark=True)`."""
    _forget(device, server)
    opened: list[Page] = []
    others: list[BrowserContext] = []

    def visiting(width_px: int = 1280, *, is_dark: bool = False, language: str = "") -> Visitor:
        if language:
            others.append(browser.new_context(locale=language))
        page = (others[-1] if language else device).new_page()
        opened.append(page)
        show_as(page, width_px, is_dark=is_dark)
        return _watched(page, server)

    yield visiting
    for each in [*opened, *others]:
        each.close()


PHONE_PX = 390
"""Width of its window."""


@contextmanager
def phone_at(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone, on which ben watches."""
    window: ViewportSize = {"width": PHONE_PX, "height": 844}
    context = browser.new_context(locale="en-US", is_mobile=True, has_touch=True, viewport=window)
    context.add_cookies([{"name": "reelwise_person", "value": "ben", "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    yield page
    context.close()


def show_as(page: Page, width_px: int, *, is_dark: bool) -> None:
    """Give the window this width and the system these colours."""
    page.set_viewport_size({"width": width_px, "height": 844 if width_px < 500 else 900})
    page.emulate_media(color_scheme="dark" if is_dark else "light")


def go(page: Page, href: str) -> None:
    """Go to another address within the open page, as its links do."""
    ours = "performance.getEntriesByType('resource').find(e => e.name.endsWith('shared/go.js'))"
    page.evaluate(f"async href => (await import({ours}.name)).go(href)", href)


FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at === document.body ? "nothing" : at.getAttribute("aria-label") || at.textContent.trim();
}"""


def focused(page: Page) -> str:
    """The name of what has the focus, also within shadow roots; "nothing" where it is lost."""
    return str(page.evaluate(FOCUSED))


def _forget(device: BrowserContext, server: Server) -> None:
    """Clear what a device keeps of its visitors; what it fetched may stay."""
    device.clear_cookies()
    page = device.new_page()
    device.new_cdp_session(page).send(
        "Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": "local_storage"}
    )
    page.close()


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """A fresh visitor with a window of usual size."""
    return visit()


def _watched(page: Page, server: Server) -> Visitor:
    page.set_default_timeout(1000 * PATIENCE_S)
    visitor = Visitor(page)

    def note_request(request: Request) -> None:
        if not request.url.startswith(
            (server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:")
        ):
            visitor.foreign_requests.append(request.url)

    def note_answer(answer: Response) -> None:
        if answer.status >= 500 or ("/api/" in answer.url and answer.status >= 400):
            visitor.failed_answers.append((answer.status, answer.url))

    page.on("request", note_request)
    page.on("response", note_answer)
    page.on("pageerror", lambda error: visitor.faults.append(str(error)))
    return visitor


@pytest.fixture(scope="session")
def query(toons: ToonLibrary) -> dict[str, str]:
    """The first query that turns on a direction, and where its moment is."""
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return next(row for row in rows if " left" in row["query"] or " right" in row["query"])


def id_of(home: Path, name: str) -> str:
    """The id of a video by its file name."""
    with Catalogue(Home(home)) as catalogue:
        return str(catalogue.video(name).id)


@pytest.fixture
def moves(home: Path) -> Iterator[str]:
    """A set of labels of the library that is served; it is gone afterwards."""
    with Catalogue(Home(home)) as catalogue:
        made = Annotations(catalogue)
        made.make("moves", labels=["left", "right"])
        yield "moves"
        made.remove("moves")


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put it back: processes that later tests spawn would run a page as their main module."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
