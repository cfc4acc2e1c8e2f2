"""The page in a real headless Chromium: type, see, play, upload, choose a person."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home
from data.toons.library import ToonLibrary
from data.video.transcode import Change, transcode
from tests.ui.conftest import PATIENCE_S, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Request, Response

pytestmark = pytest.mark.browser

CHROMIUM = Path(os.environ.get("REELWISE_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium; without it these tests are skipped, or fail where REELWISE_REQUIRE_BROWSER=1."""
    required = os.environ.get("REELWISE_REQUIRE_BROWSER") == "1"
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (REELWISE_CHROMIUM names another)"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A fresh visitor; requests to other hosts and failed answers are noted."""

    page: "Page"
    foreign_requests: list[str] = field(default_factory=list)
    failed_answers: list[tuple[int, str]] = field(default_factory=list)


@pytest.fixture
def visitor(browser: "Browser", server: Server) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    visitor = Visitor(page)

    def note_request(request: "Request") -> None:
        if not request.url.startswith(
            (server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:")
        ):
            visitor.foreign_requests.append(request.url)

    def note_answer(answer: "Response") -> None:
        if answer.status >= 500 or ("/api/" in answer.url and answer.status >= 400):
            visitor.failed_answers.append((answer.status, answer.url))

    page.on("request", note_request)
    page.on("response", note_answer)
    yield visitor
    context.close()


@pytest.fixture(scope="module")
def query(toons: ToonLibrary) -> dict[str, str]:
    """The first query that turns on a direction, and where its moment is."""
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return next(row for row in rows if " left" in row["query"] or " right" in row["query"])


def _id_of(home: Path, name: str) -> str:
    with Catalogue(Home(home)) as catalogue:
        return str(catalogue.video(name).id)


def _first_card(page: "Page") -> "Locator":
    return page.locator('.rw-card[data-rank="1"]')


def _type(page: "Page", text: str) -> None:
    box = page.get_by_label("What happens in it?")
    box.fill(text)
    box.press("Enter")


def test_typing_a_query_shows_the_right_toon_first_and_it_plays(
    visitor: Visitor, server: Server, home: Path, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(server.url)
    page.get_by_text("moments to find").wait_for()
    _type(page, query["query"])
    _first_card(page).wait_for()
    video = _first_card(page).locator("video")
    assert video.get_attribute("data-video-id") == _id_of(home, query["video"])
    source = video.get_attribute("src") or ""
    start_s, end_s = (float(part) for part in source.split("#t=")[1].split(","))
    both = min(end_s, float(query["end_s"])) - max(start_s, float(query["start_s"]))
    either = max(end_s, float(query["end_s"])) - min(start_s, float(query["start_s"]))
    assert both / either >= 0.5

    # Nothing is loaded before it is played; then it starts at the moment, not at the beginning.
    assert video.evaluate("v => v.readyState") == 0
    video.evaluate("v => { v.muted = true; return v.play(); }")
    video.evaluate(
        "(v, start) => new Promise(done => { const look = () => "
        "v.currentTime > start + 0.2 ? done() : setTimeout(look, 20); look(); })",
        start_s,
    )
    now_s, ready, width_px = video.evaluate("v => [v.currentTime, v.readyState, v.videoWidth]")
    assert start_s + 0.2 <= now_s <= end_s + 0.5
    assert ready >= 2
    assert width_px == 320
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []


def test_every_result_has_its_picture(
    visitor: Visitor, server: Server, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(server.url)
    _type(page, query["query"])
    page.locator('.rw-card[data-rank="12"]').wait_for()
    posters = page.locator("video").evaluate_all("all => all.map(v => v.poster)")
    assert len(posters) == 12
    for poster in posters:
        status, headers, body = server.ask(poster.removeprefix(server.url))
        assert (status, headers["content-type"]) == (200, "image/jpeg")
        assert body[:2] == b"\xff\xd8"
        assert len(body) > 2000
    assert visitor.failed_answers == []


def test_more_like_this_shows_others_and_leads_back(
    visitor: Visitor, server: Server, query: dict[str, str]
) -> None:
    page = visitor.page
    page.goto(server.url)
    _type(page, query["query"])
    first = _first_card(page).locator("video")
    first.wait_for()
    chosen = first.get_attribute("data-video-id")
    page.get_by_role("button", name="More like this").first.click()
    back = page.get_by_role("button", name="Back")
    back.wait_for()
    page.wait_for_function(
        "chosen => [...document.querySelectorAll('video')].every(v => v.dataset.videoId != chosen)",
        arg=chosen,
    )
    assert page.locator("video").count() >= 3
    back.click()
    back.wait_for(state="detached")
    page.locator(f'.rw-card[data-rank="1"] video[data-video-id="{chosen}"]').wait_for()


def test_an_uploaded_clip_finds_its_source(
    visitor: Visitor, server: Server, home: Path, toons: ToonLibrary, tmp_path: Path
) -> None:
    page = visitor.page
    name, story = toons.videos[-1]
    example = tmp_path / "example.mp4"
    length_s = story.ends_s[-1]
    transcode(
        toons.folder / name,
        example,
        Change(start_s=length_s / 3, end_s=2 * length_s / 3, scale=0.5, crf=34),
    )
    page.goto(server.url)
    page.get_by_text("moments to find").wait_for()
    page.locator('input[type="file"]').set_input_files(str(example))
    _first_card(page).wait_for()
    found = _first_card(page).locator("video").get_attribute("data-video-id")
    assert found == _id_of(home, name)
    assert list((home / "cache" / "uploads").iterdir()) == []


def test_an_upload_that_is_no_video_says_so(
    visitor: Visitor, server: Server, tmp_path: Path
) -> None:
    page = visitor.page
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is not a video" * 100)
    page.goto(server.url)
    page.get_by_text("moments to find").wait_for()
    page.locator('input[type="file"]').set_input_files(str(broken))
    alert = page.locator(".rw-problem")
    alert.wait_for()
    assert "broken.mp4" in alert.inner_text()


def _watch_as(page: "Page", server: Server, name: str) -> None:
    """Open the page and say who is watching."""
    page.goto(f"{server.url}/for-you")
    box = page.get_by_role("combobox", name="Who is watching?")
    box.wait_for()
    assert page.locator("video").count() == 0
    assert box.input_value() == ""
    box.fill(name)
    box.press("Enter")
    page.locator('.rw-card[data-rank="12"]').wait_for()


def test_for_you_asks_who_watches_and_a_click_changes_its_card_alone(
    visitor: Visitor, server: Server, home: Path
) -> None:
    page = visitor.page
    _watch_as(page, server, "a new visitor")
    assert page.locator(".rw-why").first.inner_text().strip()
    assert "user=a+new+visitor" in page.url
    before = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    page.get_by_role("button", name="Not for me").first.click()
    undo = page.get_by_role("button", name="Undo")
    undo.wait_for()
    now = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    assert now == before
    assert "dislike" in _kinds_of(home, "a new visitor")
    undo.click()
    undo.wait_for(state="detached")
    assert _kinds_of(home, "a new visitor") == []
    page.get_by_role("button", name="Not for me").first.click()
    undo.wait_for()
    # The person is still the same after another page and a reload; then the list is new.
    page.get_by_role("link", name="Library").click()
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.get_by_role("link", name="For you").click()
    page.get_by_text("For a new visitor").wait_for()
    page.locator(f"video[data-video-id='{before[0]}']").wait_for(state="detached")
    page.reload()
    page.get_by_text("For a new visitor").wait_for()
    assert visitor.failed_answers == []


def _kinds_of(home: Path, user: str) -> list[str]:
    with Catalogue(Home(home)) as catalogue:
        return [event.kind for event in History(catalogue).events(user)]


def test_for_you_goes_on_from_the_video_that_was_chosen(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    _watch_as(page, server, "another visitor")
    chosen = page.locator("video").first.get_attribute("data-video-id")
    page.get_by_role("button", name="More of this").first.click()
    enough = page.get_by_role("button", name="Back to everything")
    enough.wait_for()
    page.locator(".rw-why", has_text="goes with").first.wait_for()
    # Cards of the page before stay until the last new one has come.
    page.locator(f"video[data-video-id='{chosen}']").wait_for(state="detached")
    shown = page.locator("video").evaluate_all("all => all.map(v => v.dataset.videoId)")
    assert chosen not in shown
    enough.click()
    enough.wait_for(state="detached")
    page.locator(f"video[data-video-id='{chosen}']").wait_for(state="attached")
    assert visitor.failed_answers == []


def test_the_library_tells_what_is_indexed(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.goto(f"{server.url}/library")
    page.locator(".rw-figures").wait_for()
    told = page.locator(".rw-figures div").all_inner_texts()
    assert any("12" in each for each in told)
    for width_px in (1280, 390):
        page.set_viewport_size({"width": width_px, "height": 900})
        edges = "e => { const r = e.getBoundingClientRect(); return [r.left, r.right]; }"
        first = page.locator(".rw-figures div").first.evaluate(edges)[0]
        left, right = page.locator(".rw-figures").evaluate(edges)
        assert first == left == page.locator(".rw-head").evaluate(edges)[0]
        assert right <= width_px
    page.get_by_test_id("stDataFrame").first.wait_for()
    assert page.get_by_text("Every file was read completely").is_visible()
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []
