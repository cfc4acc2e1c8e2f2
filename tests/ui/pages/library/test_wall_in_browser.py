"""The wall of a hundred thousand videos in a real Chromium: any place is one scroll away."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from benchmarks.page.page_steps import card_in_sight, scroll_to
from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.home import Home
from tests.ui.conftest import Server, serving
from tests.ui.pages.conftest import Visit
from tests.ui.pages.library.conftest import cards

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.long(30)]
N_MADE = 100_000
RECORD_PLACES = """() => {
  const hosts = [...document.querySelectorAll(".st-key-content *")];
  const wall = hosts.map(each => each.shadowRoot?.querySelector(".wall")).find(Boolean);
  const box = document.querySelector('[data-testid="stMain"]');
  window.placesOfWall = [];
  const look = () => {
    if (!wall.isConnected) return;
    window.placesOfWall.push(box.scrollTop);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def large(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A library with `N_MADE` videos more, which exist on paper."""
    large = shutil.copytree(bare, tmp_path_factory.mktemp("large") / "home")
    with Catalogue(Home(large)) as catalogue, catalogue.writing("made") as connection:
        many = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {N_MADE})"
        connection.execute(
            sql(
                "INSERT INTO videos (id, content_key, size_bytes, duration_s, width_px, height_px,"
                " fps, codec, recorded_at, title, added_at)"
                f" {many} SELECT 1000000 + i, 'made ' || i, 9, 5.0 + i % 60, 64, 48, 25.0, 'h264',"
                " (1100000000 + 6000 * i) * 1000000, 'Made ' || i, i FROM n"
            )
        )
        connection.execute(
            sql(
                "INSERT INTO files (path, name_key, video_id, size_bytes, mtime_ns, inode, state,"
                f" attempts) {many} SELECT '/made/' || i || '.mp4', i || '.mp4', 1000000 + i, 9,"
                " 1, i, 'done', 0 FROM n"
            )
        )
        connection.execute(
            sql(
                "INSERT INTO embeddings (video_id, encoder_id, state, attempts, n_clips)"
                f" {many} SELECT 1000000 + i,"
                " (SELECT value FROM meta WHERE key = 'encoder_id'), 'done', 0, 0 FROM n"
            )
        )
    with serving(large, "--refit-every", "off") as server:
        yield server


@pytest.mark.parametrize(("width_px", "is_dark"), [(1280, False), (390, True)])
def test_any_place_of_a_hundred_thousand_is_one_scroll_away(
    visit: Visit, large: Server, width_px: int, is_dark: bool
) -> None:
    visitor = visit(width_px, is_dark=is_dark)
    page = visitor.page
    page.goto(f"{large.url}/library?sort=old")
    page.locator(".wall h3", has_text=re.compile(r"^Made 1$")).wait_for()
    most = 0
    for share, expected in ((0.5, N_MADE // 2), (0.999, N_MADE), (0.02, N_MADE // 50)):
        scroll_to(page, share)
        card = _card_in_sight(page)
        assert abs(card - expected) < N_MADE / 40
        most = max(most, page.locator(".wall li").count())
    assert 4 <= most <= 70
    assert _is_inside(page)
    # The place is kept: a video is opened, and Back leads to where one was.
    place = _card_in_sight(page)
    # Playwright's own click would scroll.
    opened = cards(page).nth(2).locator("a.picture")
    opened.evaluate("link => { link.focus({ preventScroll: true }); link.click(); }")
    page.locator(".wall").wait_for(state="detached")
    assert "/video" in page.url
    page.go_back()
    assert _card_in_sight(page, place) == place
    assert visitor.faults == []


def test_years_keys_words_and_the_order_lead_through_many(visit: Visit, large: Server) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{large.url}/library")
    cards(page).first.wait_for()
    years = page.get_by_role("navigation", name="Years")
    years.get_by_role("button", name="2010").click()
    page.get_by_role("heading", name="2010").first.wait_for()
    assert "year=2010" in page.url
    # Arrows walk, also past what is in the page; x and Shift select.
    start = cards(page).nth(8).locator("a.picture")
    start.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("x")
    page.get_by_text("1 selected").wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+X")
    page.get_by_text("3 selected").wait_for()
    page.get_by_role("button", name="Select none").click()
    field = page.get_by_label("Filter by name")
    field.fill("made 12345")
    page.locator(".wall h3", has_text=re.compile("^Made 12345$")).wait_for()
    # The words are a part of the address: they stay with another order, and a reload.
    page.get_by_label("Order").select_option("title")
    page.wait_for_url(re.compile("text=made\\+12345&sort=title"))
    page.reload()
    expect(page.locator(".wall h3")).to_have_text(["Made 12345"])
    expect(field).to_have_value("made 12345")
    field.fill("")
    page.locator(".wall h3", has_text=re.compile(r"^Made 1$")).wait_for()
    assert "text=" not in page.url
    assert visitor.faults == []


def test_back_shows_the_list_before_the_server_answers_and_then_what_is_new(
    visit: Visit, large: Server
) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{large.url}/library?sort=old")
    page.locator(".wall h3", has_text=re.compile(r"^Made 1$")).wait_for()
    scroll_to(page, 0.4)
    place = _card_in_sight(page)
    page.evaluate(RECORD_PLACES)
    left: list[str] = []
    page.on("request", lambda request: left.append(request.url))
    _open(page, place)
    # The list stays where it was until the video is there, and asks for nothing more.
    assert min(page.evaluate("() => window.placesOfWall")) > 0
    assert [url for url in left if "offset=" in url] == []
    held: list[Route] = []
    page.route(re.compile(r"/api/v1/videos[/?]"), lambda route: held.append(route))
    page.go_back()
    assert _card_in_sight(page, place) == place
    with page.expect_request(re.compile("/months")):
        pass
    page.wait_for_timeout(200)
    asked = [route.request.url for route in held]
    assert any(
        "/months?" in url for url in asked
    )  # the list, and of its videos those in sight alone
    offsets = [int(found[1]) for url in asked if (found := re.search(r"offset=(\d+)", url))]
    assert offsets
    assert all(abs(offset - place) < 150 for offset in offsets), (place, asked)
    # What the server says then is shown: a title that is another now, a list that is longer.
    for route in held:
        answer = route.fetch().text()
        if "/months?" in route.request.url:
            told = json.loads(answer)
            told["items"][0]["videos"] += 1
            answer = json.dumps(told)
        route.fulfill(
            body=answer.replace(f'"Made {place}"', '"Another name"'),
            content_type="application/json",
        )
    page.locator(".wall h3", has_text="Another name").wait_for()
    page.get_by_text("The library has changed.").wait_for()
    assert visitor.faults == []


def test_pictures_of_what_was_passed_by_are_not_waited_for(visit: Visit, large: Server) -> None:
    visitor = visit()
    page = visitor.page
    held: list[str] = []
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.goto(f"{large.url}/library?sort=old")
    page.locator(".wall h3", has_text=re.compile(r"^Made 1$")).wait_for()
    page.route("**/api/v1/thumbs/**", lambda route: held.append(route.request.url))
    with page.expect_request(re.compile("/thumbs/")):
        scroll_to(page, 0.6)
    _card_in_sight(page)
    scroll_to(page, 0.3)
    _card_in_sight(page)
    page.wait_for_timeout(200)
    assert set(given_up) & set(held)
    assert visitor.faults == []


def test_jobs_that_are_told_late_do_not_move_the_list(visit: Visit, large: Server) -> None:
    visitor = visit()
    page = visitor.page
    held: list[Route] = []
    page.route("**/api/v1/jobs", lambda route: held.append(route))
    page.goto(f"{large.url}/library")
    cards(page).first.wait_for()
    before = page.locator(".wall").bounding_box()
    for route in held:
        route.continue_()
    page.locator(".ended-jobs").wait_for()
    assert page.locator(".wall").bounding_box() == before
    assert visitor.faults == []


def _open(page: Page, number: int) -> None:
    """Open the video of a card where it stands: Playwright's own click would scroll."""
    card = page.locator(
        ".wall .card[data-video-id]", has_text=re.compile(rf"Made {number}\b")
    ).first
    card.locator("a.picture").evaluate(
        "link => { link.focus({ preventScroll: true }); link.click(); }"
    )
    page.locator(".wall").wait_for(state="detached")


def _card_in_sight(page: Page, wanted: int | None = None) -> int:
    """The number of a made video in the middle of the screen, once it (or any) has come there."""
    title = card_in_sight(page, None if wanted is None else f"Made {wanted}")
    return int(title.removeprefix("Made "))


def _is_inside(page: Page) -> bool:
    """Nothing makes the page scroll sideways."""
    return bool(
        page.evaluate(
            "() => { const e = document.querySelector('[data-testid=\"stMain\"]');"
            " return e.scrollWidth <= e.clientWidth; }"
        )
    )
