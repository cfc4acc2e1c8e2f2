"""What is recorded of a video in real Chromium: the seconds that ran, for who watches."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.pages.conftest import Visitor, id_of
from tests.ui.pages.video.playing import UNTIL, opened, play_until, views_of
from ui.pages.components.files import WEB

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.ui.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.long(14)]

KEPT = "reelwise:reports"
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


def test_seconds_that_ran_are_recorded_and_those_that_were_skipped_are_not(
    visitor: Visitor, server: Server, home: Path
) -> None:
    video = opened(visitor, server, f"v={id_of(home, 'toon-0003.mp4')}", "quinn")
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
