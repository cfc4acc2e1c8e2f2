"""The Video page in real Chromium: it plays, the address follows, keys and handles work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from tests.data.review.made import find, set_policy
from tests.ui.conftest import PATIENCE_S, Odd, Server, serving
from tests.ui.pages.conftest import Visitor, focused, id_of
from tests.ui.pages.video.playing import IS_THERE, opened, play_until
from ui.pages.components.files import WEB

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

pytestmark = [pytest.mark.browser, pytest.mark.long(26)]

BRIGHTEST = """v => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const drawn = canvas.getContext("2d");
  drawn.drawImage(v, 0, 0, 64, 36);
  return Math.max(...drawn.getImageData(0, 0, 64, 36).data.filter((_, at) => at % 4 !== 3));
}"""
UNTIL_BRIGHT = f"""v => new Promise(done => {{ const look = () =>
  v.readyState >= 2 && ({BRIGHTEST})(v) > 60 ? done() : setTimeout(look, 20); look(); }})"""


def test_an_answer_that_comes_late_moves_no_handle_that_is_being_moved(browser: Browser) -> None:
    def answer(route: Route) -> None:
        file = WEB / route.request.url.removeprefix("http://page.test/")
        if file.is_file():
            route.fulfill(path=file, content_type="text/javascript")
        else:
            route.fulfill(body="<html></html>", content_type="text/html")

    page = browser.new_page()
    page.route("http://page.test/**", answer)
    page.goto("http://page.test/")
    told = page.evaluate(
        """async () => {
          const { Handles } = await import("/player/handles.js");
          const told = [];
          const timeline = { say: name => name, length: 10, data: { cuts: [] } };
          const handles = new Handles(timeline, stretch => told.push({ ...stretch }),
            new AbortController().signal);
          const press = key => handles.ends[0].dispatchEvent(new KeyboardEvent("keydown", { key }));
          handles.set(1, 3);
          press("ArrowRight");
          handles.set(1, 3);
          press("ArrowRight");
          await new Promise(done => { setTimeout(done, 600); });
          handles.set(2, 3);
          return [told.map(each => each.start_s.toFixed(1)), handles.stretch.start_s];
        }"""
    )
    assert told == [["1.2"], 2]
    page.close()


def test_two_handles_are_in_the_address_and_lead_to_what_is_like_the_stretch(
    visitor: Visitor, server: Server, home: Path, query: dict[str, str]
) -> None:
    number = id_of(home, query["video"])
    words = query["query"].replace(" ", "+")
    video = opened(visitor, server, f"v={number}&q={words}&from=search")
    page = visitor.page
    entries = page.evaluate("() => history.length")
    assert page.get_by_role("region", name="Timeline").get_by_role("button").count() >= 1
    for at_s, key in ((1.0, "i"), (3.0, "o")):
        video.evaluate("(v, at) => { v.currentTime = at; }", at_s)
        page.keyboard.press(key)
    page.wait_for_url("**in=1.00&out=3.00**")
    page.get_by_text("Clip 1.0 s to 3.0 s, 2.0 s long").wait_for()
    page.get_by_role("slider", name="Start of the clip").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**in=1.20&out=3.00**")
    assert page.evaluate("() => history.length") == entries
    page.get_by_role("button", name="More like this").first.click()
    page.wait_for_url(f"**/?like={number}%401.20-3.00")
    page.go_back()
    page.wait_for_url("**in=1.20&out=3.00**")
    page.get_by_text("Clip 1.2 s to 3.0 s").wait_for()
    page.locator("video").first.evaluate("v => v.focus()")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('in=')")
    assert visitor.faults == []


KEYS: tuple[tuple[str, str], ...] = (
    ("5", "v => Math.abs(v.currentTime - v.duration / 2) < 0.06"),
    ("l", "v => Math.abs(v.currentTime - Math.min(v.duration, v.duration / 2 + 5)) < 0.12"),
    ("0", "v => v.currentTime < 0.06"),
    ("ArrowRight", "v => Math.abs(v.currentTime - 1) < 0.06"),
    ("j", "v => v.currentTime < 0.06"),
    ("m", "v => v.muted"),
    ("m", "v => !v.muted"),
    ("k", "v => !v.paused"),
    (" ", "v => v.paused"),
)


def test_keys_play_jump_and_mute(visitor: Visitor, server: Server, home: Path) -> None:
    video = opened(visitor, server, f"v={id_of(home, 'toon-0005.mp4')}")
    page = visitor.page
    for key, then in KEYS:
        page.keyboard.press(key)
        page.evaluate(
            f"v => new Promise(done => {{ const is = {then}; const look = () => !v.seeking && is(v)"
            " ? done() : setTimeout(look, 20); look(); })",
            video.element_handle(),
        )
    # A click leaves the focus on a button: Space plays all the same, and Enter presses the button.
    mute = page.get_by_role("button", name="Sound", exact=False).first
    mute.focus()
    was_muted = video.evaluate("v => v.muted")
    was_paused = video.evaluate("v => v.paused")
    page.keyboard.press(" ")
    assert video.evaluate("v => [v.muted, v.paused]") == [was_muted, not was_paused]
    page.keyboard.press("Enter")
    assert video.evaluate("v => [v.muted, v.paused]") == [not was_muted, not was_paused]
    page.keyboard.press("n")
    page.wait_for_function(f"() => !location.search.includes('v={id_of(home, 'toon-0005.mp4')}&')")
    assert visitor.faults == []


@pytest.mark.parametrize(("width_px", "is_dark"), [(390, True), (1280, False), (2560, True)])
def test_the_page_fits_its_window(
    visit: Callable[..., Visitor], server: Server, home: Path, width_px: int, is_dark: bool
) -> None:
    visitor = visit(width_px, is_dark=is_dark)
    number = id_of(home, "toon-0006.mp4")
    opened(visitor, server, f"v={number}&q=red+car&in=1&out=2")
    page = visitor.page
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width_px
    frame = page.locator(".picture-frame").bounding_box()
    nexts = page.locator(".next-column").bounding_box()
    assert frame is not None
    assert nexts is not None
    if width_px < 1024:
        assert nexts["y"] > frame["y"] + frame["height"]
    else:
        assert nexts["x"] > frame["x"] + frame["width"]
        assert frame["width"] <= 1600
    names: list[Any] = page.locator("button:visible, [role=slider]:visible").evaluate_all(
        "all => all.map(e => e.getAttribute('aria-label') || e.textContent.trim())"
    )
    assert names
    assert all(names)
    page.locator(".next-column .card").first.wait_for()
    page.locator(".about-video .grid .card").first.wait_for()


def test_what_comes_next_comes_also_where_no_frame_does(
    visitor: Visitor, server: Server, home: Path
) -> None:
    page = visitor.page
    page.route("**/api/v1/media/**", lambda _: None)
    page.goto(f"{server.url}/video?v={id_of(home, 'toon-0006.mp4')}")
    page.locator(".next-column .card").first.wait_for()
    assert page.locator("video").first.evaluate("v => v.readyState") == 0


FAILS = """v => {
  Object.defineProperty(v, "error", { value: { code: 2 }, configurable: true });
  v.dispatchEvent(new Event("error"));
  delete v.error;
}"""
"""What a browser says where the bytes end, whatever the server has answered."""


AS_JSON = {"content-type": "application/json"}
MEDIA = "**/api/v1/media/**"
STRIP = "**/api/v1/strips/**"
GONE = '{"error": "the file is not there", "fix": "", "code": "unknown_video"}'
"""What the server answers then (`tests/ui/server/media/test_files.py`); files are for all tests."""


def test_a_file_that_is_gone_is_called_so_and_played_once_it_is_back(
    visitor: Visitor, server: Server, home: Path
) -> None:
    page = visitor.page
    page.route(STRIP, lambda route: route.fulfill(status=404, body=GONE, headers=AS_JSON))
    video = opened(visitor, server, f"v={id_of(home, 'toon-0007.mp4')}&t=1")
    page.locator(".picture-frame").evaluate(
        "f => f.append(Object.assign(document.createElement('button'), { className: 'unveil' }))"
    )
    assert page.locator(".unveil").is_visible()
    page.route(MEDIA, lambda route: route.fulfill(status=404, body=GONE, headers=AS_JSON))
    video.evaluate(FAILS)
    page.get_by_text("The file is gone.").wait_for()
    assert not page.locator(".unveil").is_visible()
    assert not page.get_by_text("the connection was lost").is_visible()
    with page.expect_response(lambda answer: "/media/" in answer.url and answer.status == 404):
        page.get_by_role("button", name="Look again").click()
    page.unroute(MEDIA)
    page.unroute(STRIP)
    with page.expect_response(lambda answer: "/strips/" in answer.url and answer.ok):
        page.get_by_role("button", name="Look again").click()
    page.get_by_text("The file is gone.").wait_for(state="hidden")
    video.evaluate(IS_THERE)
    assert video.evaluate("v => v.currentTime") == pytest.approx(1, abs=0.1)
    assert video.evaluate("v => v.getRootNode().activeElement === v")

    page.route("**/api/v1/media/**", lambda route: route.abort())
    video.evaluate(FAILS)
    page.get_by_text("the connection was lost").wait_for()
    page.unroute("**/api/v1/media/**")
    page.get_by_text("the connection was lost").wait_for(state="hidden")
    video.evaluate(IS_THERE)
    assert visitor.faults == []


@pytest.fixture
def moderated(own_home: Path) -> Iterator[tuple[Server, int]]:
    """A server of a home of its own, and a video of which a rule hides the middle."""
    number = int(id_of(own_home, "toon-0002.mp4"))
    with Catalogue(Home(own_home)) as catalogue:
        set_policy(catalogue)
        find(catalogue, "fights", (number, 2.0, 4.0, 0.9))
    with serving(own_home, "--refit-every", "off") as server:
        yield server, number


def test_a_withheld_stretch_is_black_and_the_rest_of_the_video_plays(
    visitor: Visitor, moderated: tuple[Server, int]
) -> None:
    server, number = moderated
    page = visitor.page
    video = opened(visitor, server, f"v={number}&q=a+red+car")
    page.get_by_text("Part of this video is not shown.").wait_for()
    page.get_by_role("button", name="Why here?").click()
    page.get_by_role("img", name="How much each second speaks for it").wait_for()
    told = page.get_by_text("This part is hidden until somebody decides (case 1, fights).")
    assert not told.is_visible()
    assert video.evaluate(BRIGHTEST) > 60
    video.evaluate("v => { v.currentTime = 3; }")
    told.wait_for()
    video.evaluate(IS_THERE)
    assert video.evaluate(BRIGHTEST) < 10
    video.evaluate("v => { v.currentTime = 5; }")
    told.wait_for(state="hidden")
    video.evaluate("v => { v.currentTime = 3; }")
    with page.expect_response(lambda answer: "/explanation?" in answer.url) as why:
        page.get_by_role("button", name="Show it all the same").click()
    told.wait_for(state="hidden")
    video.evaluate(UNTIL_BRIGHT)
    # What is shown now is explained as well.
    assert "show=1" in why.value.url
    assert [each for each in why.value.json()["frames"] if 2 <= each["time_s"] < 4]
    assert focused(page).startswith("Player of")
    # In lists it is called withheld: neither its picture nor its file is asked for.
    visitor.failed_answers.clear()
    page.goto(f"{server.url}/video?v={number}&t=3")
    told.wait_for()
    page.goto(f"{server.url}/library")
    held = page.locator(f".card[data-video-id='{number}']")
    held.get_by_text("Withheld").wait_for()
    page.locator(".card img").first.wait_for()
    held.locator("a.picture").hover()
    page.wait_for_timeout(400)
    assert held.locator("img, video").count() == 0
    assert visitor.failed_answers == []
    assert visitor.faults == []


def test_a_gif_plays_whole_and_can_be_sought(browser: Browser, odd: Odd) -> None:
    page = browser.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(f"{odd.server.url}/video?v={odd.ids['grey.gif']}")
    video = page.locator("video").first
    video.wait_for()
    video.evaluate(IS_THERE)
    assert video.evaluate("v => v.duration") == pytest.approx(5.0, abs=0.11)
    page.get_by_text("A converted version plays, whole; the file has no sound.").wait_for()
    video.evaluate("v => { v.currentTime = 4.3; }")
    play_until(page, video, 99)
    assert video.evaluate("v => [v.ended, v.error]") == [True, None]
    assert video.evaluate("v => v.currentTime") == pytest.approx(5.0, abs=0.11)
    page.close()
