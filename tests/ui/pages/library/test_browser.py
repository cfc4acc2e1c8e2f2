"""The Library page in a real Chromium: a folder is added and read, what fails is tried again."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from benchmarks.page_steps import card_in_sight, scroll_to
from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.home import Home
from indexer.build.removal import remove_paths
from tests.indexer.made import paint
from tests.ui.conftest import PATIENCE_S, Server, serving
from tests.ui.pages.conftest import Visitor
from ui.library.jobs.run import LOOK_EVERY_S

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
N_MADE = 100_000


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
def own_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the toon encoder, without any folder."""
    own = shutil.copytree(home, tmp_path_factory.mktemp("library") / "home")
    with Catalogue(Home(own)) as catalogue:
        roots = catalogue.files.roots()
    remove_paths(Home(own), roots)
    return own


@pytest.fixture(scope="module")
def server(own_home: Path, films: Path) -> Iterator[Server]:
    with serving(own_home, "--refit-every", "off", "--browse", str(films.parent)) as server:
        yield server


def _cards(page: Page) -> Locator:
    return page.locator(".wall .card[data-video-id]")


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
    waiting.get_by_role("button", name="Resume").click()
    waiting.get_by_role("button", name="Pause").wait_for()
    # What is at work is seen under the head of every page.
    page.locator('a.job[aria-label*="Indexing"], a.job[aria-label*="Making"]').wait_for()
    waiting.get_by_role("button", name="Stop").click()
    page.locator(".ended", has_text="Stopped").wait_for()


def _tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views of the library").get_by_role(
        "link", name=name
    ).click()


def _is_inside(page: Page) -> bool:
    """Nothing makes the page scroll sideways."""
    return bool(
        page.evaluate(
            "() => { const e = document.querySelector('[data-testid=\"stMain\"]');"
            " return e.scrollWidth <= e.clientWidth; }"
        )
    )


def test_a_folder_is_added_read_mended_left_out_and_kept(
    visit: Visit, server: Server, films: Path
) -> None:
    visitor = visit(is_dark=True)
    page = visitor.page
    page.goto(f"{server.url}/library")
    page.get_by_text("Your videos, at home").wait_for()
    _add(page, "Films", "3 videos found.*not known yet")
    page.locator(".job[data-job]").wait_for()
    _pause_and_resume_what_waits(page)
    # It ends in the grid.
    page.locator(".ended", has_text="3 found").wait_for()
    _cards(page).nth(1).wait_for()
    titles = page.locator(".wall h3").all_inner_texts()
    assert {"red car", "green field"} <= set(titles)
    _mend_what_is_damaged(page, films)
    _leave_out_and_undo(page, films)
    _look_into_folders(page)
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
    _cards(page).nth(2).wait_for()
    first = _cards(page).first
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
    _cards(page).nth(1).wait_for()
    assert "folder=Films" in page.url


N_MANY = 24


def test_an_index_run_is_paused_in_its_midst_and_goes_on_without_reading_anything_twice(
    visit: Visit, server: Server, own_home: Path, films: Path
) -> None:
    colours = ("red", "green", "blue")
    many = [films.parent / "Many" / f"{n:02}.mp4" for n in range(N_MANY)]
    for n, path in enumerate(many):
        paint(path, (colours[n % 3], 8.0 + n / 4), (colours[(n + 1) % 3], 8.0), fps=8)
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}/library")
    _add(page, "Many", f"{N_MANY} videos found")
    run, *decoding = _decoding(server)
    job = page.locator(".job[data-job]", has_text='Indexing "Many"')
    _read_some(server, str(job.get_attribute("data-job")), decoding)
    job.get_by_text(re.compile(rf"[1-9]\d* of {N_MANY} files")).wait_for()
    job.get_by_role("button", name="Pause").click()
    job.get_by_text("Paused. What is done is kept.").wait_for()
    run.wait(PATIENCE_S)  # a job that is paused has no process
    first = _read(own_home, many)
    assert 0 < len(first) < N_MANY
    job.get_by_role("button", name="Resume").click()
    page.locator(".ended", has_text=f"{N_MANY} found").wait_for()
    second = _read(own_home, many)
    assert len(second) == N_MANY
    assert second.items() >= first.items()
    assert visitor.faults == []
    assert visitor.failed_answers == []


def _read_some(server: Server, job_id: str, decoding: list[psutil.Process]) -> None:
    """Let a job read a few files and no more, so that it is in its midst on any machine."""
    while server.json(f"/api/v1/jobs/{job_id}")[1]["progress"]["done"] < 1:
        for each in decoding:
            each.resume()
        time.sleep(0.03)
        for each in decoding:
            each.suspend()
        time.sleep(1.1 * LOOK_EVERY_S)


def _decoding(server: Server) -> list[psutil.Process]:
    """The process of the job that runs, and its children, halted as one has a video open."""
    began_s = time.monotonic()
    while time.monotonic() < began_s + PATIENCE_S:
        for run in psutil.Process(server.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if "ui.library.jobs.child" not in run.cmdline():
                    continue
                children = run.children(recursive=True)
                if any(
                    file.path.endswith(".mp4") for each in children for file in each.open_files()
                ):
                    for each in children:
                        each.suspend()
                    return [run, *children]
        time.sleep(0.002)
    raise AssertionError("no job decodes")


def _read(home: Path, paths: list[Path]) -> dict[str, tuple[object, ...]]:
    """What was recorded of each file: its row, and how often that was written."""
    with Catalogue(Home(home)) as catalogue, catalogue.writing("looks") as connection:
        rows = connection.execute(
            sql(
                "SELECT path, e.id, e.part, e.attempts, e.n_clips,"
                " (SELECT count(*) FROM changes c WHERE c.video_id = e.video_id"
                " AND c.encoder_id = e.encoder_id)"
                " FROM embeddings e JOIN files f ON f.video_id = e.video_id WHERE e.state = 'done'"
            )
        ).all()
    known = {str(path) for path in paths}
    return {row[0]: tuple(row[1:]) for row in rows if row[0] in known}


@pytest.fixture(scope="module")
def large(own_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A library with `N_MADE` videos more, which exist on paper."""
    large = shutil.copytree(own_home, tmp_path_factory.mktemp("large") / "home")
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
    browser_page: Callable[[int, bool], Visitor], large: Server, width_px: int, is_dark: bool
) -> None:
    visitor = browser_page(width_px, is_dark)
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
    opened = _cards(page).nth(2).locator("a.picture")
    opened.evaluate("link => { link.focus({ preventScroll: true }); link.click(); }")
    page.locator(".wall").wait_for(state="detached")
    assert "/video" in page.url
    page.go_back()
    assert _card_in_sight(page, place) == place
    assert visitor.faults == []


def test_years_keys_words_and_the_order_lead_through_many(
    browser_page: Callable[[int, bool], Visitor], large: Server
) -> None:
    visitor = browser_page(1280, False)
    page = visitor.page
    page.goto(f"{large.url}/library")
    _cards(page).first.wait_for()
    years = page.get_by_role("navigation", name="Years")
    years.get_by_role("button", name="2010").click()
    page.get_by_role("heading", name="2010").first.wait_for()
    assert "year=2010" in page.url
    # Arrows walk, also past what is in the page; x and Shift select.
    start = _cards(page).nth(8).locator("a.picture")
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
    page.get_by_label("Filter by name").fill("made 12345")
    page.locator(".wall h3", has_text=re.compile("^Made 12345$")).wait_for()
    page.get_by_label("Order").select_option("title")
    page.wait_for_url(re.compile("sort=title"))
    page.locator(".wall h3", has_text=re.compile(r"^Made 1$")).wait_for()
    assert visitor.faults == []


@pytest.fixture
def browser_page(visit: Visit) -> Callable[[int, bool], Visitor]:
    return lambda width_px, is_dark: visit(width_px, is_dark=is_dark)


def _card_in_sight(page: Page, wanted: int | None = None) -> int:
    """The number of a made video in the middle of the screen, once it (or any) has come there."""
    title = card_in_sight(page, None if wanted is None else f"Made {wanted}")
    return int(title.removeprefix("Made "))
