"""The Library page in a real Chromium: a folder is added and read, what fails is tried again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.indexer.made import paint
from tests.ui.conftest import Server, serving
from tests.ui.pages.conftest import Visit, focused
from tests.ui.pages.library.conftest import cards

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.long(39)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two short films, and one that is cut off, in a folder of a folder that may be chosen."""
    folder = tmp_path_factory.mktemp("browse") / "Films"
    paint(folder / "red car.mp4", ("red", 2.0), ("blue", 2.0))
    paint(folder / "green field.mp4", ("green", 2.0), ("red", 2.0))
    whole = paint(folder / "sea.mp4", ("blue", 3.0), ("green", 3.0), noise=40)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    return folder


@pytest.fixture(scope="module")
def own_home(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that these tests fill."""
    return shutil.copytree(bare, tmp_path_factory.mktemp("library") / "home")


@pytest.fixture(scope="module")
def server(own_home: Path, films: Path) -> Iterator[Server]:
    with serving(own_home, "--refit-every", "off", "--browse", str(films.parent)) as server:
        yield server


def _add(page: Page, folder: str, told: str) -> None:
    page.get_by_role("button", name="Add a folder").first.click()
    dialog = page.get_by_role("dialog", name="Add a folder")
    dialog.get_by_role("button", name=folder).click()
    dialog.get_by_text(re.compile(told)).wait_for()
    for each in ("said", "written"):
        dialog.get_by_label(f"what is {each}").uncheck()
    dialog.get_by_role("button", name="Start").click()


def _pause_and_resume_what_waits(page: Page) -> None:
    """Ask for a second job while the first one runs."""
    page.evaluate(
        "() => fetch('/api/v1/jobs', {method: 'POST', body: JSON.stringify({kind: 'rebuild'}),"
        " headers: {'content-type': 'application/json'}}).then(answer => answer.json())"
    )
    waiting = page.locator(".job[data-job]", has_text="Making the index anew")
    waiting.get_by_role("button", name="Pause").click()
    waiting.get_by_text("Paused. What is done is kept.").wait_for()
    assert focused(page) in ("Resume", "Making the index anew")
    waiting.get_by_role("button", name="Resume").click()
    waiting.get_by_role("button", name="Pause").wait_for()
    # What is at work is seen under the head of every page.
    page.locator('a.job[aria-label*="Indexing"], a.job[aria-label*="Making"]').wait_for()
    waiting.get_by_role("button", name="Stop").click()
    page.locator(".ended", has_text="Stopped").wait_for()


def _mend_the_index(page: Page, server: Server, home: Path) -> None:
    """A search says that the index is damaged, and makes it anew where one asks for that."""
    (home / "index" / "CURRENT").write_text("gen-000099")
    page.goto(f"{server.url}/?q=red")
    notice = page.locator(".notices", has_text="generation")
    notice.wait_for()
    assert "reelwise" not in notice.inner_text()
    notice.get_by_role("button", name="Make the index anew").click()
    notice.wait_for(state="detached")
    assert (home / "index" / "CURRENT").read_text() != "gen-000099"


def _tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views of the library").get_by_role(
        "link", name=name
    ).click()


def test_a_folder_is_added_read_mended_left_out_and_kept(
    visit: Visit, server: Server, films: Path, own_home: Path
) -> None:
    visitor = visit(is_dark=True)
    page = visitor.page
    page.goto(f"{server.url}/library")
    page.get_by_text("Your videos, at home").wait_for()
    _add(page, "Films", "3 videos found.*not known yet")
    page.locator(".job[data-job]").wait_for()
    page.get_by_text("Your first videos are being read").wait_for()
    assert page.get_by_text("Your videos, at home").count() == 0
    _pause_and_resume_what_waits(page)
    # It ends in the grid.
    page.locator(".ended", has_text="3 found").wait_for()
    cards(page).nth(1).wait_for()
    titles = page.locator(".wall h3").all_inner_texts()
    assert {"red car", "green field"} <= set(titles)
    _mend_what_is_damaged(page, films)
    _leave_out_and_undo(page, films)
    _look_into_folders(page)
    _mend_the_index(page, server, own_home)
    assert visitor.faults == []
    assert visitor.failed_answers == []
    assert visitor.foreign_requests == []


def _mend_what_is_damaged(page: Page, films: Path) -> None:
    """It is told with its reason, and is whole after it was copied again."""
    _tab(page, "Problems")
    row = page.locator(".problem", has_text="sea.mp4")
    row.wait_for()
    assert "cut off" in row.inner_text()
    row.get_by_role("button", name="Show path").click()
    assert row.get_by_text(str(films / "sea.mp4")).is_visible()
    (films / "sea.mp4").unlink()
    paint(films / "sea.mp4", ("blue", 3.0), ("green", 3.0))
    row.get_by_role("button", name="Try again").click()
    page.get_by_text("Every file was read completely.").wait_for()


def _leave_out_and_undo(page: Page, films: Path) -> None:
    """A video that is left out goes, and is read again after Undo; its file stays."""
    _tab(page, "Dates")
    cards(page).nth(2).wait_for()
    first = cards(page).first
    title = first.locator("h3").inner_text()
    first.get_by_role("button", name=re.compile("^Menu of")).click()
    page.get_by_role("menuitem", name="Leave out").click()
    page.locator(".wall h3", has_text=title).wait_for(state="detached")
    assert (films / f"{title}.mp4").exists()
    page.get_by_role("button", name="Undo").click()
    page.locator(".job[data-job]", has_text="Reading videos again").wait_for()


def _look_into_folders(page: Page) -> None:
    """Folders lead down; one is removed only after a question."""
    _tab(page, "Folders")
    page.get_by_role("link", name="Films").wait_for()
    page.get_by_role("button", name="Remove Films").click()
    sure = page.get_by_role("dialog", name='Remove "Films" from the library?')
    assert re.search(r"\d videos leave search. Files stay on disk.", sure.inner_text())
    sure.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Films").click()
    cards(page).nth(1).wait_for()
    assert "folder=Films" in page.url
