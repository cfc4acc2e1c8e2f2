"""The Search page in a real Chromium: the address is the state, pictures first, keys work."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.toons.library import ToonLibrary
from data.video.transcode import Change, transcode
from tests.ui.conftest import PATIENCE_S, Server
from tests.ui.pages.conftest import FOCUSED, Visitor, focused, go, id_of
from tests.ui.pages.search.conftest import first_card

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

pytestmark = pytest.mark.browser


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search the library")


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_s
        time.sleep(0.02)


def ask(page: Page, text: str) -> None:
    field(page).fill(text)
    field(page).press("Enter")


def test_a_query_finds_its_toon_and_stands_in_the_address(
    visitor: Visitor, server: Server, home: Path, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(server.url)
    page.get_by_text("What are you looking for?").wait_for()
    ask(page, query["query"])
    page.get_by_role("heading", name="Results").wait_for()
    wanted = page.locator(f'.card[data-video-id="{id_of(home, query["video"])}"]')
    wanted.first.wait_for()
    assert first_card(page).get_attribute("data-video-id") == id_of(home, query["video"])
    assert f"q={quote(query['query'], safe='').replace('%20', '+')}" in page.url
    title = f"{query['query']} - reelwise"
    page.wait_for_function("title => document.title === title", arg=title)
    # A picture, no player; every picture comes.
    assert page.locator("video").count() == 0
    first_card(page).locator("img").first.evaluate(
        "img => img.complete || new Promise(done => img.addEventListener('load', done))"
    )
    assert first_card(page).locator("img").first.evaluate("img => img.naturalWidth") == 480
    # Reload, and the same address in another tab, are the same page.
    page.reload()
    wanted.first.wait_for()
    assert field(page).input_value() == query["query"]
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []
    assert visitor.faults == []


def test_back_returns_to_what_was_asked_before(results: Page, query: dict[str, str]) -> None:
    page = results
    chosen = first_card(page).get_attribute("data-video-id")
    first_card(page).locator(".picture").first.focus()
    page.keyboard.press("s")  # more like this
    page.locator(".card .your").wait_for()
    assert f"like={chosen}%40" in page.url
    others = page.locator(".grid > .card:not(:has(.your))")
    assert chosen not in others.evaluate_all("all => all.map(c => c.dataset.videoId)")
    page.go_back()
    page.locator(".card .your").wait_for(state="detached")
    assert first_card(page).get_attribute("data-video-id") == chosen
    assert field(page).input_value() == query["query"]
    page.go_forward()
    page.locator(".card .your").wait_for()


def test_keys_lead_to_the_field_through_the_pictures_and_to_a_menu(
    visitor: Visitor, server: Server, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?q={quote(query['query'])}&all=1")
    first_card(page).wait_for()
    page.keyboard.press("/")
    assert field(page).evaluate("field => field.getRootNode().activeElement === field")
    page.keyboard.press("Escape")
    links = page.locator(".card > .picture")
    focused = "link => link.getRootNode().activeElement === link"
    links.nth(0).focus()
    for key, n in (("ArrowRight", 1), ("ArrowDown", 5), ("ArrowLeft", 4), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert links.nth(n).evaluate(focused), key
    page.keyboard.press(".")
    menu = page.get_by_role("menu")
    menu.wait_for()
    page.keyboard.press("Escape")
    menu.wait_for(state="detached")


def test_nothing_good_is_said_and_filters_are_chips(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?q=quantum+accountancy&len=0-600&sort=best")
    page.get_by_role("heading", name='Nothing here matches "quantum accountancy" well').wait_for()
    assert page.locator(".grid > .card").count() == 3
    assert page.get_by_text("sort=best means nothing here").is_visible()
    page.get_by_role("button", name="Under 10 min: take this filter away").click()
    page.wait_for_url(lambda url: "len=" not in url)
    page.get_by_role("button", name="Show them anyway").click()
    page.locator(".grid > .card").nth(3).wait_for()
    assert "all=1" in page.url
    assert focused(page) != "nothing"
    order = page.get_by_role("combobox", name="Order")
    order.focus()
    order.select_option("title")
    page.wait_for_url("**sort=title**")
    page.wait_for_function(f"() => ({FOCUSED})() !== 'nothing'")


def test_a_filter_that_hides_everything_is_named_and_taken_away(
    visitor: Visitor, server: Server
) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?q=a+dog&len=0-0.5&all=1")
    page.get_by_role("button", name='Without "Length"').click()
    first_card(page).wait_for()
    assert "len=" not in page.url


@pytest.mark.parametrize(("width_px", "across"), [(390, 2), (1280, 4), (2560, 6)])
def test_the_grid_fits_the_window(
    visit: Callable[..., Visitor], server: Server, width_px: int, across: int
) -> None:
    page = visit(width_px, is_dark=width_px == 2560).page
    page.goto(server.url)
    page.locator(".grid > .card").nth(across).wait_for()
    tops = page.locator(".grid > .card").evaluate_all(
        "all => all.map(card => Math.round(card.getBoundingClientRect().top))"
    )
    assert tops.count(tops[0]) == across
    wide = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    dark = page.evaluate("() => getComputedStyle(document.body).getPropertyValue('--rw-bg')")
    assert dark == ("#0f1514" if width_px == 2560 else "#ffffff")


def test_the_page_speaks_the_language_of_the_browser(
    visit: Callable[..., Visitor], server: Server
) -> None:
    page = visit(language="de-DE").page
    page.goto(server.url)
    page.get_by_role("heading", name="Was suchst du?").wait_for()
    page.get_by_role("link", name="Bibliothek").first.click()
    # What a job has come to as well: one of them has read the library within a day.
    page.locator(".ended", has_text=re.compile(r"Fertig: \d+ gefunden, \d+ neu")).wait_for()
    assert page.locator("html").get_attribute("lang") == "de"


def test_a_moment_moves_under_the_pointer_and_stops_after(results: Page) -> None:
    page = results
    first_card(page).locator(".picture").first.hover()
    video = page.locator(".picture video.shown")
    video.wait_for()
    assert video.evaluate("video => video.muted && !video.controls")
    field(page).hover()
    page.locator(".picture video").wait_for(state="detached")


def give(page: Page, server: Server, example: Path) -> None:
    page.goto(server.url)
    page.get_by_text("What are you looking for?").wait_for()
    page.locator('input[type="file"]').set_input_files(str(example))


def test_a_given_clip_finds_its_source_and_its_part_can_be_chosen(
    visitor: Visitor, server: Server, home: Path, toons: ToonLibrary, tmp_path: Path
) -> None:
    page = visitor.page
    name, story = toons.videos[-1]
    example = tmp_path / "example.mp4"
    length_s = story.ends_s[-1]
    change = Change(start_s=length_s / 3, end_s=2 * length_s / 3, scale=0.5, crf=34)
    transcode(toons.folder / name, example, change)
    give(page, server, example)
    page.wait_for_url("**like=x-**")
    page.get_by_text("your example").wait_for()
    assert first_card(page).get_attribute("data-video-id") == id_of(home, name)
    page.get_by_label("from second").fill("0")
    page.get_by_label("to second").fill("0.5")
    page.get_by_role("button", name="Use this part").click()
    page.wait_for_url("**like=x-*%400-0.5**")
    first_card(page).wait_for()
    assert visitor.failed_answers == []


def test_a_file_that_is_no_video_is_said_to_be_none(
    visitor: Visitor, server: Server, tmp_path: Path
) -> None:
    page = visitor.page
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is not a video" * 100)
    give(page, server, broken)
    alert = page.get_by_role("alert").filter(has_text="broken.mp4")
    alert.wait_for()
    assert "is plain text, not a video or a picture" in alert.inner_text()


def test_a_tag_can_be_given_and_taken_back(results: Page, home: Path) -> None:
    page = results
    first_card(page).locator(".more").click()
    page.get_by_role("menuitem", name="Add a tag").click()
    page.get_by_role("textbox", name="Add a tag").fill("seen by the test")
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    with Catalogue(Home(home)) as catalogue:
        assert [used.name for used in catalogue.tags.all()] == ["seen by the test"]
    undo.click()
    page.locator("#reelwise-undo").wait_for(state="detached")
    with Catalogue(Home(home)) as catalogue:
        wait_until(lambda: catalogue.tags.all() == [])


def test_letters_suggest_titles_and_the_arrow_keys_choose_one(
    visitor: Visitor, server: Server
) -> None:
    page = visitor.page
    page.goto(server.url)
    field(page).press_sequentially("toon-00")
    options = page.get_by_role("option")
    options.first.wait_for()
    wanted = options.first.locator("span").first.inner_text()
    page.keyboard.press("ArrowDown")
    assert options.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Results").wait_for()
    assert field(page).input_value() == wanted
    assert visitor.faults == []


def test_a_search_is_saved_for_who_is_watching_and_found_on_the_start_page(
    visitor: Visitor, server: Server, home: Path, query: dict[str, str]
) -> None:
    page = visitor.page
    page.context.add_cookies([{"name": "reelwise_person", "value": "saver", "url": server.url}])
    page.goto(f"{server.url}/?q={quote(query['query'])}&len=-600")
    page.get_by_role("button", name="Save this search").click()
    page.get_by_role("button", name="Undo").click()
    page.locator("[aria-disabled=false]", has_text="Save this search").wait_for()
    assert focused(page) == "Save this search"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Undo").wait_for()
    assert focused(page) == "Save this search"
    page.get_by_role("link", name="reelwise").click()
    saved = page.get_by_role("list", name="Saved searches").get_by_role("link")
    saved.wait_for()
    assert "Under 10 min" in saved.inner_text()
    saved.click()
    page.get_by_role("button", name="Under 10 min: take this filter away").wait_for()
    assert visitor.failed_answers == []


def test_suggestions_that_come_after_enter_cover_no_answer(
    visitor: Visitor, server: Server
) -> None:
    page = visitor.page
    page.goto(server.url)
    held: list[Route] = []
    page.route("**/api/v1/suggestions**", lambda route: held.append(route))
    with page.expect_request("**/api/v1/suggestions**"):
        field(page).fill("toon")
    field(page).press("Enter")
    page.wait_for_url("**q=toon**")
    body = '{"items": [{"text": "toon 0001", "kind": "title", "address": {"q": "toon 0001"}}]}'
    with page.expect_response("**/api/v1/suggestions**"):
        held[0].fulfill(content_type="application/json", body=body)
    page.evaluate("() => new Promise(done => setTimeout(done, 0))")
    assert field(page).get_attribute("aria-expanded") == "false"
    assert page.get_by_role("listbox").get_by_role("option").count() == 0
    assert visitor.faults == []


def test_a_folder_that_is_suggested_is_looked_at_in_the_library(
    visitor: Visitor, server: Server
) -> None:
    page = visitor.page
    page.goto(server.url)
    field(page).press_sequentially("toons")
    page.get_by_role("option").filter(has_text="folder").first.click()
    page.wait_for_url("**/library?view=folders&folder=*")
    page.locator(".card").first.wait_for()
    assert visitor.failed_answers == []


def test_the_scripts_of_a_video_page_are_there_before_its_card_is_opened(
    visitor: Visitor, server: Server, query: dict[str, str]
) -> None:
    page = visitor.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/?q={quote(query['query'])}")
    first_card(page).wait_for()
    assert page.get_by_role("link", name="Skip to the content").count() == 1
    page.wait_for_function(
        "() => performance.getEntriesByType('resource')"
        ".some(each => each.name.endsWith('.player/player/handles.js') && each.responseEnd)"
    )
    page.wait_for_load_state("networkidle")
    before = len(asked)
    first_card(page).locator("a.picture").click()
    page.locator("video").first.wait_for()
    assert [url for url in asked[before:] if url.endswith(".js")] == []


def test_a_server_that_is_away_is_told_and_the_page_stays(
    visitor: Visitor, server: Server, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?q={quote(query['query'])}")
    first_card(page).wait_for()
    page.route("**/healthz", lambda route: route.abort())
    go(page, f"/?q={quote(query['query'])}&sort=new")
    alert = page.get_by_text("The server does not answer.")
    alert.wait_for()
    assert page.get_by_role("dialog").count() == 0
    field = page.get_by_role("combobox", name="Search the library")
    field.fill("still here")
    page.unroute("**/healthz")
    alert.wait_for(state="hidden")
    assert field.input_value() == "still here"


def test_the_field_keeps_room_beside_all_pages(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.goto(server.url)
    links = page.locator("nav.pages")
    links.wait_for()
    # As where there is a policy and a set of labels.
    links.evaluate("nav => nav.append(...[1, 2].map(() => nav.lastChild.cloneNode(true)))")
    for width_px in (768, 899, 900, 1024, 1100, 1200, 1280, 1440):
        page.set_viewport_size({"width": width_px, "height": 800})
        field = page.locator("form.field").bounding_box()
        person = page.locator("header.frame .person").bounding_box()
        words = page.locator("form.field input[type=search]").bounding_box()
        assert field is not None
        assert person is not None
        assert words is not None
        assert words["width"] >= 170, width_px
        assert field["x"] + field["width"] <= person["x"], width_px
        assert person["x"] + person["width"] <= width_px, width_px
