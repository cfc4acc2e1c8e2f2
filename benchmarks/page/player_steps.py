"""What somebody does with the player of the Video page, each step up to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_CAN_PLAY = """async video => {
  while (video.readyState < 2) await new Promise(done => setTimeout(done, 20));
}"""
_GETS_TO = """async (video, at) => {
  while (video.currentTime < at && !video.ended) await new Promise(done => setTimeout(done, 10));
}"""
# All in the page: between two requests of a busy machine the video would run on.
_PLAYS = """(video, { first_s, jump, second_s }) => {
  const rest = () => new Promise(done => setTimeout(done, 10));
  const to = video.duration * Number(jump) / 10;
  const run = async () => {
    while (video.currentTime < first_s && !video.ended) await rest();
    if (video.currentTime < to) {
      const press = { key: jump, bubbles: true, composed: true };
      video.dispatchEvent(new KeyboardEvent("keydown", press));
      while (video.seeking) await rest();
    }
    const from = video.currentTime;
    while (video.currentTime < from + second_s && !video.ended) await rest();
  };
  video.playing = run();
}"""


def open_player(page: Page, url: str, video_id: int) -> None:
    """The page of a video, up to the moment at which it can be played; its sound is off."""
    page.goto(f"{url}/video?v={video_id}", wait_until="commit")
    video = page.locator("video").first
    video.evaluate(_CAN_PLAY)
    video.evaluate("video => { video.muted = true; }")


def press_play(page: Page) -> None:
    """By the button below the picture."""
    play_button(page).click()


def play_button(page: Page) -> Locator:
    """It; it is there while the video does not play."""
    controls = page.get_by_role("group", name="Controls")
    return controls.get_by_role("button", name="Play", exact=True)


def wait_until(page: Page, at_s: float) -> None:
    """Watch up to a second of the video, or its end."""
    page.locator("video").first.evaluate(_GETS_TO, at_s)


def play_and_jump(page: Page, first_s: float, jump: str, second_s: float) -> None:
    """Begin: up to a second, on by a key of the player (tenths of the video), and some seconds.

    It never jumps back: what is seen twice would count once where the browser counts.
    """
    how = {"first_s": first_s, "jump": jump, "second_s": second_s}
    page.locator("video").first.evaluate(_PLAYS, how)
    press_play(page)


def wait_for_the_second(page: Page) -> None:
    """Up to the end of what was begun; the video goes on."""
    page.locator("video").first.evaluate("video => video.playing")
