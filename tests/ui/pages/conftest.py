"""Pages run by Streamlit's own test runner, and in a real headless Chromium."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.chromium import CHROMIUM, open_chromium
from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.toons.library import ToonLibrary
from tests.ui.conftest import PATIENCE_S, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request, Response


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it these tests are skipped, or fail where REELWISE_REQUIRE_BROWSER=1.

    Ends with its file: while it is open, this process can run no event loop of another test.
    """
    required = os.environ.get("REELWISE_REQUIRE_BROWSER") == "1"
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (REELWISE_CHROMIUM names another)"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    with open_chromium() as browser:
        yield browser


@dataclass
class Visitor:
    """A fresh visitor; requests to other hosts and failed answers are noted."""

    page: Page
    foreign_requests: list[str] = field(default_factory=list)
    failed_answers: list[tuple[int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Errors of our scripts that nothing caught."""


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[..., Visitor]]:
    """Open the page as a fresh visitor: `visit(width_px=390, is_dark=True)`."""
    contexts: list[BrowserContext] = []

    def opened(width_px: int = 1280, *, is_dark: bool = False, language: str = "en-US") -> Visitor:
        context = browser.new_context(
            viewport={"width": width_px, "height": 844 if width_px < 500 else 900},
            color_scheme="dark" if is_dark else "light",
            locale=language,
            reduced_motion="no-preference",
        )
        contexts.append(context)
        return _watched(context.new_page(), server)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
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


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put it back: processes that later tests spawn would run a page as their main module."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
