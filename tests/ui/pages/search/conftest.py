"""The Search page with what a query finds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def first_card(page: Page) -> Locator:
    return page.locator(".grid > .card").first


@pytest.fixture
def results(visitor: Visitor, server: Server, query: dict[str, str]) -> Page:
    """The page of `visitor`, with the pictures that `query` finds."""
    visitor.page.goto(f"{server.url}/?q={quote(query['query'])}")
    first_card(visitor.page).wait_for()
    return visitor.page
