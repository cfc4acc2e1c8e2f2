"""Names, tags, people and lines that are HTML are shown as text, and no element is made of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from data.catalogue import Tags
from data.toons.library import ToonLibrary
from tests.ui.conftest import ENCODER, Server, serving
from tests.ui.pages.conftest import go, id_of
from ui.cli import run
from ui.library.library import Library
from ui.pages import PAGES
from ui.pages.watcher import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

pytestmark = [pytest.mark.browser, pytest.mark.long(11)]
HOSTILE = '"><img src=x onerror=alert(1)><svg onload=alert(2)>'
NAME = f"{HOSTILE}.mp4"
LINES = f"1\n00:00:00,000 --> 00:00:03,000\n{HOSTILE} kite\n"
MADE = """() => {
  const roots = [document];
  let made = 0;
  for (const root of roots) {
    made += root.querySelectorAll('img[src="x"], [onerror], [onload]').length;
    for (const each of root.querySelectorAll('*')) if (each.shadowRoot) roots.push(each.shadowRoot);
  }
  return made;
}"""


@pytest.fixture(scope="module")
def hostile(
    home: Path, toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server, and the number of a video of which all words are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    own = shutil.copytree(home, folder / "home")
    films = folder / "films"
    films.mkdir()
    shutil.copy(toons.folder / "toon-0001.mp4", films / NAME)
    with (films / NAME).open("ab") as file:  # another content than the library has
        file.write(b"\x00\x00\x00\x0cfree1234")
    (films / NAME).with_suffix(".srt").write_text(LINES, encoding="utf-8")
    assert run(["index", str(films), "--encoder", ENCODER, "--home", str(own)]) == 0
    number = id_of(own, NAME)
    with Library(own) as library:
        library.people.add(HOSTILE)
        library.add_event(HOSTILE, int(number), kind="like")
        Tags(library.catalogue).add(int(number), [HOSTILE])
    with serving(own, "--refit-every", "off") as server:
        yield server, number


def test_html_in_names_stays_text(browser: Browser, hostile: tuple[Server, str]) -> None:
    server, number = hostile
    context = browser.new_context()
    context.add_cookies([{"name": COOKIE, "value": quote(HOSTILE, safe=""), "url": server.url}])
    page = context.new_page()
    told: list[str] = []

    def note(dialog: Dialog) -> None:
        told.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.goto(server.url)
    page.get_by_role("heading", name="What are you looking for?").wait_for()
    for address in (
        f"?q={quote(HOSTILE)}&all=1",
        f"video?v={number}",
        *(each for each in PAGES if each != "video"),
        f"?tag={quote(HOSTILE)}",
        "?q=kite&all=1",
    ):
        go(page, f"/{address}")
        main = page.get_by_role("main")
        main.get_by_text(HOSTILE.partition(" ")[0]).first.wait_for(state="attached")
        assert page.evaluate(MADE) == 0, address
        assert told == [], address
    context.close()
