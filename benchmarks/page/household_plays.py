"""What a household watches on the page: its player in Chromium, beside what was stored of it.

Each play runs for a while, jumps on and runs again. What was played is what the browser says of its
video (`played`), noted many times a second on the device, so that it outlives the page: the player
may be left in any way, and the server may be gone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

from benchmarks.page import player_steps as player
from benchmarks.page.served import PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

JUMPS = "67"
"""Keys: to so many tenths of the video."""
FIRST_S, SECOND_S = (1.2, 2.0), (1.0, 1.8)
"""Seconds that run before the jump and behind it."""

_NOTE = """(video, key) => {
  const played = () => [...Array(video.played.length).keys()]
    .reduce((sum, n) => sum + video.played.end(n) - video.played.start(n), 0);
  const note = () => localStorage.setItem(key,
    String(Math.max(Number(localStorage.getItem(key)), video.error ? 0 : played())));
  const timer = setInterval(note, 20);
  video.addEventListener("emptied", () => clearInterval(timer));
}"""
_ALL_SENT = """() => JSON.parse(localStorage.getItem("reelwise:reports") ?? "[]").length === 0"""

Leave = Callable[["Page"], None]


@dataclass(frozen=True)
class Play:
    """One video that one person plays, in a page of its own."""

    person: str
    """Who."""
    video_id: int
    """What."""
    first_s: float
    """Where the video jumps on."""
    jump: str
    """By which key."""
    second_s: float
    """How long it runs behind the jump."""


def plays_of(people: Sequence[str], videos: Sequence[int], n_plays: int) -> list[Play]:
    """What they play, in turns; nobody plays a video twice.

    Raises:
        ValueError: There are too few videos.
    """
    if n_plays > len(people) * len(videos):
        raise ValueError(f"{len(people)} people cannot play {n_plays} of {len(videos)} videos")
    draw = random.Random(11)
    orders = {name: iter(draw.sample(videos, len(videos))) for name in people}
    return [
        Play(
            person=name,
            video_id=next(orders[name]),
            first_s=draw.uniform(*FIRST_S),
            jump=draw.choice(JUMPS),
            second_s=draw.uniform(*SECOND_S),
        )
        for name, _ in zip(cycle(people), range(n_plays), strict=False)
    ]


def pause(page: Page) -> None:
    """Stop by a click on the picture, where the video has not come to its end meanwhile."""
    page.locator("video").first.evaluate("video => video.ended || video.click()")
    player.play_button(page).wait_for()


def _go_elsewhere(page: Page) -> None:
    page.get_by_role("link", name="Library").first.click()
    page.locator("video").first.wait_for(state="detached")


def _reload(page: Page) -> None:
    page.reload(wait_until="commit")


def _close(page: Page) -> None:
    with page.expect_event("close"):
        page.close(run_before_unload=True)


WAYS: tuple[Leave, ...] = (pause, _go_elsewhere, _reload, _close)
"""How pages are left, in turns."""


def _key(play: Play) -> str:
    return f"played:{play.video_id}"


@dataclass
class Viewing:
    """People who watch at the same time, each signed in on a device of their own."""

    browser: Browser
    url: str
    """Of the server, which may be killed and come back there."""
    cookies: Mapping[str, str]
    """The session of each, as the header has it."""
    plays: list[Play] = field(default_factory=list)
    """All that were played."""
    _devices: dict[str, BrowserContext] = field(default_factory=dict)

    def watch(self, plays: Sequence[Play]) -> None:
        """All of these, as many at once as there are people."""
        at_once = len(self.cookies)
        for first in range(0, len(plays), at_once):
            self.leave(self.begin(plays[first : first + at_once]))

    def begin(self, evening: Sequence[Play]) -> list[Page]:
        """Play these at once, up to some seconds behind the jump; they go on playing."""
        pages = [self._opened(play) for play in evening]
        for play, page in zip(evening, pages, strict=True):
            player.play_and_jump(page, play.first_s, play.jump, play.second_s)
        for page in pages:
            player.wait_for_the_second(page)
        self.plays += evening
        return pages

    def leave(self, pages: Sequence[Page], ways: Sequence[Leave] = WAYS) -> None:
        """Leave each in another way."""
        for page, way in zip(pages, cycle(ways), strict=False):
            way(page)
        for page in pages:
            page.close()

    def end(self) -> None:
        """Close all devices."""
        for device in self._devices.values():
            device.close()

    def played_s(self) -> dict[tuple[str, int], float]:
        """Seconds of each play, by person and video, once all reports are sent."""
        found: dict[tuple[str, int], float] = {}
        for name, device in self._devices.items():
            page = device.new_page()
            page.goto(f"{self.url}/video?v={self.plays[0].video_id}")
            page.locator("video").first.wait_for()
            page.wait_for_function(_ALL_SENT, timeout=1000 * PATIENCE_S)
            for play in self.plays:
                if play.person == name:
                    noted = page.evaluate("key => localStorage.getItem(key)", _key(play))
                    found[name, play.video_id] = float(noted)
            page.close()
        return found

    def shown_of_others(self) -> int:
        """Rows of history and names that somebody is shown of the next person, who is asked for."""
        names = list(self._devices)
        shown = 0
        for name, other in zip(names, names[1:] + names[:1], strict=True):
            page = self._devices[name].new_page()
            page.goto(f"{self.url}/history?who={other}")
            page.locator("[data-event-id]").first.wait_for()
            shown += page.get_by_text(other).count()
            page.close()
        return shown

    def _opened(self, play: Play) -> Page:
        page = self._device(play.person).new_page()
        page.set_default_timeout(1000 * PATIENCE_S)
        player.open_player(page, self.url, play.video_id)
        page.locator("video").first.evaluate(_NOTE, _key(play))
        return page

    def _device(self, name: str) -> BrowserContext:
        if name not in self._devices:
            device = self.browser.new_context(locale="en-US")
            key, _, value = self.cookies[name].partition("=")
            device.add_cookies([{"name": key, "value": value, "url": self.url}])
            self._devices[name] = device
        return self._devices[name]
