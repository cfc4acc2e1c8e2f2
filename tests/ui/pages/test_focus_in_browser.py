"""The focus after a part of the page is drawn anew, in a page of its own without a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.pages.conftest import focused
from ui.pages.components.files import WEB

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

GROUP = """n => `<section data-key="${n}"><h2>Group ${n}</h2><button>Keep</button></section>`"""
DRAWS = f"""async ([before, after]) => {{
  const {{ keepFocus }} = await import("/shared/focus.js");
  const root = document.querySelector(".root");
  const group = {GROUP};
  const draw = all => {{ root.innerHTML = all.map(each => each.html ?? group(each)).join(""); }};
  draw(before);
  root.querySelector("[data-key='2'] button").focus();
  keepFocus(() => draw(after));
  return document.activeElement.closest("[data-key]")?.dataset.key ?? "";
}}"""
"""Groups as the page of duplicates has them; the button of the second one has the focus."""


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    def answer(route: Route) -> None:
        file = WEB / route.request.url.removeprefix("http://page.test/")
        if file.is_file():
            route.fulfill(path=file, content_type="text/javascript")
        else:
            route.fulfill(body="<div class='root'></div>", content_type="text/html")

    page = browser.new_page()
    page.route("http://page.test/**", answer)
    page.goto("http://page.test/")
    yield page
    page.close()


def test_it_stays_on_the_same_control_of_the_same_item(blank: Page) -> None:
    assert blank.evaluate(DRAWS, [[1, 2, 3], [4, 1, 2, 3]]) == "2"
    assert focused(blank) == "Keep"


def test_where_the_item_is_gone_the_next_one_has_it_and_else_the_one_before(blank: Page) -> None:
    assert blank.evaluate(DRAWS, [[1, 2, 3], [1, 3]]) == "3"
    assert blank.evaluate(DRAWS, [[1, 2], [1]]) == "1"


def test_an_item_without_controls_keeps_it_on_its_heading(blank: Page) -> None:
    bare = {"html": "<section data-key='2'><h2>It stops</h2></section>"}
    assert blank.evaluate(DRAWS, [[1, 2, 3], [1, bare, 3]]) == "2"
    assert focused(blank) == "It stops"


def test_where_nothing_is_left_but_a_heading_that_has_it(blank: Page) -> None:
    blank.evaluate(DRAWS, [[2], [{"html": "<h1>Nothing here</h1>"}]])
    assert focused(blank) == "Nothing here"
