"""Whoever leaves a page gets the next one, whatever was reported of the page before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import PATIENCE_S, Server
from tests.ui.pages.conftest import Visit, go

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.long(9)]
LIKES_AND_GOES = """async ([href, wait_ms]) => {
  const file = performance.getEntriesByType("resource").find(e => e.name.endsWith("shared/go.js"));
  const { go } = await import(file.name);
  const roots = [document];
  for (const root of roots)
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) roots.push(each.shadowRoot);
  const buttons = roots.flatMap(each => [...each.querySelectorAll("button")]);
  buttons.find(each => each.textContent.trim() === "Like").click();
  if (wait_ms !== null) await new Promise(done => setTimeout(done, wait_ms));
  go(href);
}"""
"""A visitor of whom nobody knows who it is likes a video, which the server is told, and goes on."""
WAITS_MS = (None, 0, 5, 10, 15, 20, 30)
"""The report is sent a task later; its run begins some milliseconds after that. None: at once."""


def test_a_page_that_was_left_does_not_come_back(visit: Visit, server: Server) -> None:
    page = visit().page
    page.goto(f"{server.url}/video?v=1")
    entries = page.evaluate("() => history.length")
    for wait_ms in WAITS_MS:
        _shown(page, "toon-0001")
        page.get_by_role("button", name="Like", exact=True).first.wait_for()
        page.evaluate(LIKES_AND_GOES, ["/library", wait_ms])
        _shown(page, "Library")
        go(page, "/video?v=1")
    _shown(page, "toon-0001")
    assert page.evaluate("() => history.length") == entries + 2 * len(WAITS_MS)


def _shown(page: Page, heading: str) -> None:
    main = page.get_by_role("main")
    main.get_by_role("heading", name=heading).first.wait_for(timeout=1000 * PATIENCE_S)
