"""Why a video was found, on its page and on its card, in real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import Server
from tests.ui.pages.conftest import Visitor, id_of

pytestmark = [pytest.mark.browser, pytest.mark.long(20)]

IS_DRAWN = """image => new Promise((done, failed) => {
  if (image.complete) return image.naturalWidth ? done() : failed(new Error("no picture"));
  image.onload = done; image.onerror = () => failed(new Error("no picture")); })"""
QUESTION = "a red car"


def test_what_spoke_lies_over_a_paused_picture_and_goes_when_it_moves(
    visitor: Visitor, server: Server, home: Path
) -> None:
    page = visitor.page
    page.goto(f"{server.url}/video?v={id_of(home, 'toon-0003.mp4')}&q={QUESTION}")
    page.get_by_role("button", name="Why here?").click()
    page.get_by_role("img", name="How much each second speaks for it").wait_for()
    over = page.locator(".speaks")
    over.wait_for(state="attached")
    over.evaluate(IS_DRAWN)
    page.get_by_text("Pause anywhere to see which part").wait_for()
    video = page.locator("video").first
    at_s = video.evaluate("video => { video.muted = true; video.play(); return video.currentTime }")
    over.wait_for(state="detached")
    page.get_by_role("button", name="Best seconds").first.click()
    over.wait_for(state="attached")
    over.evaluate(IS_DRAWN)
    assert video.evaluate("video => video.paused && video.currentTime") != at_s
    page.get_by_role("button", name="Hide why").click()
    over.wait_for(state="detached")
    assert visitor.failed_answers == []
    assert visitor.faults == []


def test_a_card_shows_what_spoke_in_its_best_frame(visitor: Visitor, server: Server) -> None:
    page = visitor.page
    page.goto(f"{server.url}/?q={QUESTION}&all=1")
    page.locator(".card").first.wait_for()
    page.locator(".card > .picture").first.focus()
    page.keyboard.press(".")
    page.get_by_text("Why this?").click()
    dialog = page.get_by_role("dialog", name="Why this?")
    dialog.get_by_role("button", name="Show where in the picture").click()
    dialog.locator(".speaks").evaluate(IS_DRAWN)
    dialog.get_by_role("img", name="How much each second speaks for it").wait_for()
    assert visitor.failed_answers == []
    assert visitor.faults == []
