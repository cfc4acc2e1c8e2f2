"""The Video page in real Chromium: what is played is counted, and the address follows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home
from tests.data.review.made import find, set_policy
from tests.ui.conftest import PATIENCE_S, Odd, Server, serving
from tests.ui.pages.conftest import Visitor, focused, id_of
from ui.pages.components.files import WEB

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.long(37)]

KEPT = "reelwise:reports"
IS_THERE = "v => new Promise(done => { const look = () => v.readyState >= 2 ? done() : setTimeout(look, 20); look(); })"  # fmt: skip # noqa: E501
UNTIL = """([v, at]) => new Promise(done => { const look = () => v.currentTime >= at || v.ended
  ? done() : setTimeout(look, 10); look(); })"""

BRIGHTEST = """v => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const drawn = canvas.getContext("2d");
  drawn.drawImage(v, 0, 0, 64, 36);
  return Math.max(...drawn.getImageData(0, 0, 64, 36).data.filter((_, at) => at % 4 !== 3));
}"""
UNTIL_BRIGHT = f"""v => new Promise(done => {{ const look = () =>
  v.readyState >= 2 && ({BRIGHTEST})(v) > 60 ? done() : setTimeout(look, 20); look(); }})"""

COUNTED = """rows => {
  const video = Object.assign(new EventTarget(), { playbackRate: 1 });
  const watched = new Watched(video, new AbortController().signal);
  for (const [now, name, currentTime, state = "", at = now] of rows) {
    performance.now = () => now;
    Object.assign(video, { currentTime, paused: state === "paused" || state === "ended",
      ended: state === "ended", seeking: state === "seeking" });
    const event = new Event(name);
    Object.defineProperty(event, "timeStamp", { value: at });
    video.dispatchEvent(event);
  }
  return watched.seconds;
}"""


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
    video.evaluate("v => { v.muted = true; return v.play(); }")
    page.evaluate(UNTIL, [video.element_handle(), at_s])


def views_of(home: Path, person: str) -> list[float | None]:
    with Catalogue(Home(home)) as catalogue:
        return [each.watched_s for each in History(catalogue).events(person)]


def test_seconds_that_ran_are_recorded_and_those_that_were_skipped_are_not(
    visitor: Visitor, server: Server, home: Path
) -> None:
    number = id_of(home, "toon-0003.mp4")
    video = opened(visitor, server, f"v={number}", "quinn")
    page = visitor.page
    page.get_by_text("Recorded for quinn as it plays").wait_for()
    play_until(page, video, 1.6)
    before_s = video.evaluate("v => { const at = v.currentTime; v.currentTime = 4; return at; }")
    page.evaluate(UNTIL, [video.element_handle(), 5.2])
    with page.expect_response(lambda answer: answer.url.endswith("/events")) as sent:
        after_s = video.evaluate("v => { v.pause(); return v.currentTime; }") - 4
    assert sent.value.status == 200
    (watched_s,) = views_of(home, "quinn")
    assert watched_s == pytest.approx(before_s + after_s, abs=0.3)
    page.get_by_text(re.compile(r"Recorded for quinn: 0:0\d watched")).wait_for()

    # A report that is sent again counts once; more seconds grow the same view.
    with page.expect_response(lambda answer: answer.url.endswith("/events")):
        play_until(page, video, 4 + after_s + 1.1)
        video.evaluate("v => v.pause()")
    (grown_s,) = views_of(home, "quinn")
    assert grown_s is not None
    assert watched_s is not None
    assert grown_s > watched_s + 1

    page.get_by_role("button", name="Recording").click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("menuitem", name="Do not record this one").click()
    assert views_of(home, "quinn") == []
    assert visitor.failed_answers == []
    assert visitor.faults == []


@pytest.mark.parametrize(
    ("told", "counted_s"),
    [
        # A look while it stops, and then the word that it has stopped: the same seconds once.
        ([(0, "playing", 0), (250, "timeupdate", 0.25), (400, "timeupdate", 0.4, "paused"),
          (401, "pause", 0.4, "paused")], 0.4),
        ([(0, "playing", 7), (200, "timeupdate", 7.2, "ended"), (201, "pause", 7.2, "ended"),
          (202, "ended", 7.2, "ended")], 0.2),
        # A busy browser tells of a jump late.
        ([(0, "playing", 0), (250, "timeupdate", 0.25), (700, "seeking", 5, "seeking", 300),
          (710, "seeked", 5), (900, "timeupdate", 5.19)], 0.49),
        # Nobody told of a jump.
        ([(0, "playing", 0), (250, "timeupdate", 4)], 0.75),
        # It waits for data.
        ([(0, "playing", 0), (300, "waiting", 0.3), (5000, "playing", 0.3),
          (5200, "timeupdate", 0.5)], 0.5),
    ],
    ids=["paused", "ended", "told late", "not told", "waits"],
)  # fmt: skip
def test_each_second_that_ran_is_counted_once(
    browser: Browser, told: list[tuple[Any, ...]], counted_s: float
) -> None:
    """Each row: milliseconds of the clock, event, second of the film, state, when it happened."""
    page = browser.new_page()
    script = (WEB / "player" / "watched.js").read_text(encoding="utf-8")
    page.add_script_tag(type="module", content=f"{script}\nwindow.Watched = Watched;")
    page.wait_for_function("() => window.Watched")
    assert page.evaluate(COUNTED, told) == pytest.approx(counted_s, abs=1e-6)
    page.close()


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


def test_a_page_that_was_left_reports_nothing(browser: Browser) -> None:
    page = browser.new_page()
    page.route("http://page.test/**", lambda route: route.fulfill(body="<html></html>"))
    page.goto("http://page.test/video?v=1")
    script = (WEB / "shared" / "go.js").read_text(encoding="utf-8")
    page.add_script_tag(type="module", content=f"{script}\nwindow.reportsHere = reportsHere;")
    page.wait_for_function("() => window.reportsHere")
    told = page.evaluate(
        """() => {
          const told = [];
          const report = reportsHere((name, value) => told.push([name, value]));
          report("a", 1);
          history.pushState(null, "", "/video?v=2");
          report("b", 2);
          history.pushState(null, "", "/library");
          report("c", 3);
          return told;
        }"""
    )
    assert told == [["a", 1], ["b", 2]]
    page.close()


def test_while_the_server_is_away_reports_wait_and_nothing_is_recorded_of_a_guest(
    visitor: Visitor, server: Server, home: Path
) -> None:
    number = id_of(home, "toon-0004.mp4")
    video = opened(visitor, server, f"v={number}", "rosa")
    page = visitor.page
    page.route("**/api/v1/events", lambda route: route.abort())
    play_until(page, video, 1.5)
    video.evaluate("v => v.pause()")
    page.get_by_text("The server does not answer").wait_for()
    waiting = json.loads(page.evaluate(f"() => localStorage.getItem('{KEPT}')"))
    assert [each["user"] for each in waiting] == ["rosa"]
    assert views_of(home, "rosa") == []
    page.unroute("**/api/v1/events")
    with page.expect_response(lambda answer: answer.url.endswith("/events")):
        page.reload()
    page.wait_for_function(
        "() => JSON.parse(localStorage.getItem('reelwise:reports')).length === 0"
    )
    assert views_of(home, "rosa") == [waiting[0]["watched_s"]]

    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    video = opened(visitor, server, f"v={number}", "-")
    page.get_by_text("Nothing is recorded.").wait_for()
    play_until(page, video, 1.3)
    video.evaluate("v => v.pause()")
    assert [each for each in posts if each.endswith("/events")] == []


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
GONE = '{"error": "the file is not there", "fix": "", "code": "unknown_video"}'
"""What the server answers then (`tests/ui/server/media/test_files.py`); files are for all tests."""


def test_a_file_that_is_gone_is_called_so_and_played_once_it_is_back(
    visitor: Visitor, server: Server, home: Path
) -> None:
    video = opened(visitor, server, f"v={id_of(home, 'toon-0007.mp4')}&t=1")
    page = visitor.page
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


def test_a_video_that_is_not_there_has_a_page_of_its_own(visitor: Visitor, server: Server) -> None:
    visitor.page.goto(f"{server.url}/video?v=99999")
    visitor.page.get_by_text("No such video").wait_for()
    visitor.page.get_by_role("link", name="Search the library").wait_for()
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
