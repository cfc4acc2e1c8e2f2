"""Annotating in Chromium: by key and by click, taken back, skipped, counted, on a phone as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from data.annotations.annotations import Annotations, Said
from data.catalogue import Catalogue
from data.home import Home
from tests.data.review.made import find, set_policy
from tests.ui.conftest import Server, serving
from tests.ui.pages.conftest import Visit, Visitor, id_of

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.long(25)]


def labelled(server: Server, name: str) -> list[Any]:
    rows = server.json(f"/api/v1/annotations/{name}/log?current=1")[1]["items"]
    return [(row["kind"], row["labels"], row["who"]) for row in rows]


def opened(visitor: Visitor, server: Server) -> tuple[Page, Locator]:
    """The Annotate page, and its main part."""
    visitor.page.goto(f"{server.url}/annotate")
    return visitor.page, visitor.page.get_by_role("main")


def test_stretches_are_labelled_by_key_and_click_skipped_and_taken_back(
    visit: Visit, server: Server, moves: str
) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}/annotate?set={moves}")
    main = page.get_by_role("main")
    main.get_by_role("heading", name="Annotate: moves").wait_for()
    heading = main.locator(".one h2")
    heading.wait_for()
    # Nobody labels without a name.
    page.keyboard.press("1")
    main.get_by_role("alert").get_by_text("Write your name first").wait_for()
    main.get_by_label("Your name").fill("ann")
    main.get_by_label("Your name").blur()
    told = main.get_by_role("status")
    first = heading.inner_text()
    page.keyboard.press("1")
    told.get_by_text("Kept: left").wait_for()
    assert heading.inner_text() != first
    main.get_by_role("button", name="right").click()
    told.get_by_text("Kept: right").wait_for()
    main.get_by_text("2 labels · 2 videos").wait_for()
    assert main.locator(".counts").inner_text().split() == [
        *("Progress", "2", "labels", "·", "2", "videos"),
        *("left", "1", "right", "1"),
    ]
    page.keyboard.press("s")
    told.get_by_text("Skipped").wait_for()
    assert labelled(server, moves) == [
        ("label", ["left"], "ann"),
        ("label", ["right"], "ann"),
        ("skip", [], "ann"),
    ]
    page.keyboard.press("u")
    told.get_by_text("Taken back: a skip").wait_for()
    page.keyboard.press("u")
    told.get_by_text("Taken back: right").wait_for()
    assert labelled(server, moves) == [("label", ["left"], "ann")]
    main.get_by_label("New label").fill("up")
    main.get_by_label("New label").press("Enter")
    main.get_by_role("button", name="up").wait_for()
    main.get_by_label("New label").blur()
    page.keyboard.press("3")
    told.get_by_text("Kept: up").wait_for()
    assert labelled(server, moves)[-1] == ("label", ["up"], "ann")
    assert visitor.faults == []
    assert visitor.foreign_requests == []
    assert visitor.failed_answers == []


def test_a_set_is_made_and_annotated_on_a_phone_in_german(
    visit: Visit, server: Server, moves: str
) -> None:
    visitor = visit(390, is_dark=True, language="de-DE")
    page, main = opened(visitor, server)
    main.get_by_role("link", name="moves").wait_for()
    main.get_by_label("Name: Buchstaben").fill("places")
    main.get_by_label("Labels, mit Kommas").fill("sea, sand")
    main.get_by_label("Was eine Stelle hat").select_option(label="Mehrere Labels zugleich")
    main.get_by_role("button", name="Satz anlegen").click()
    main.get_by_role("heading", name="Beschriften: places").wait_for()
    main.get_by_label("Dein Name").fill("ben")
    for label in ("sea", "sand"):
        main.get_by_role("button", name=label).click()
    main.get_by_role("button", name="Speichern").click()
    main.get_by_role("status").get_by_text("Gemerkt: sea, sand").wait_for()
    main.get_by_role("button", name="Keines davon").click()
    main.get_by_role("status").get_by_text("Gemerkt: -").wait_for()
    assert labelled(server, "places") == [
        ("label", ["sea", "sand"], "ben"),
        ("label", ["-"], "ben"),
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    assert visitor.faults == []
    assert visitor.failed_answers == []
    server.ask("/api/v1/annotations/places", method="DELETE")


def test_numbers_are_typed_without_a_click_and_taken_back_into_the_field(
    visit: Visit, server: Server
) -> None:
    visitor = visit()
    page, main = opened(visitor, server)
    main.get_by_label("Name: letters").fill("risk")
    main.get_by_label("What a stretch has").select_option(label="A number")
    assert not main.get_by_label("Labels, with commas").is_visible()
    main.get_by_role("button", name="Make the set").click()
    main.get_by_role("heading", name="Annotate: risk").wait_for()
    main.get_by_label("Your name").fill("ann")
    main.get_by_label("Your name").blur()
    told, field = main.get_by_role("status"), main.get_by_label("Number of this stretch")
    field.wait_for()
    page.keyboard.type("0.75")
    page.keyboard.press("Enter")
    told.get_by_text("Kept: 0.75").wait_for()
    page.keyboard.press("Enter")
    main.get_by_role("alert").get_by_text("Type a number first").wait_for()
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    told.get_by_text("Kept: -3").wait_for()
    main.get_by_text("-3 to 0.75, mean -1.125").wait_for()
    page.keyboard.press("u")
    told.get_by_text("Taken back: -3").wait_for()
    assert field.input_value() == "-3"
    page.keyboard.press("s")
    told.get_by_text("Skipped").wait_for()
    assert labelled(server, "risk") == [("label", ["0.75"], "ann"), ("skip", [], "ann")]
    assert visitor.faults == []
    assert visitor.failed_answers == []
    server.ask("/api/v1/annotations/risk", method="DELETE")


@pytest.fixture
def moderated(own_home: Path) -> Iterator[Server]:
    """A server of a home in which a rule hides a stretch that ann has labelled."""
    number = int(id_of(own_home, "toon-0002.mp4"))
    with Catalogue(Home(own_home)) as catalogue:
        made = Annotations(catalogue)
        made.make("moves", labels=["left", "right"])
        made.say("moves", Said(number, 2.0, 4.0, ("left",)), by="ann", source="api")
        set_policy(catalogue)
        find(catalogue, "fights", (number, 2.0, 4.0, 0.9))
    with serving(own_home, "--refit-every", "off") as server:
        yield server


def test_what_is_withheld_while_it_waits_is_passed_over(
    visit: Visit, moderated: Server, own_home: Path
) -> None:
    visitor = visit()
    page = visitor.page
    with page.expect_response(lambda answer: "/annotations/moves/next" in answer.url) as answered:
        page.goto(f"{moderated.url}/annotate?set=moves")
    items = answered.value.json()["items"]
    main = page.get_by_role("main")
    main.get_by_label("Your name").fill("ann")
    main.get_by_label("Your name").blur()
    main.locator(".one video").wait_for()
    second = items[1]
    with Catalogue(Home(own_home)) as catalogue:
        find(catalogue, "fights", (second["video_id"], second["start_s"], second["end_s"], 0.9))
    page.keyboard.press("s")
    main.get_by_role("status").get_by_text("Skipped").wait_for()
    main.locator(f'.one video[src*="{items[2]["preview_url"]}"]').wait_for()
    assert not main.get_by_text("Withheld by moderation").is_visible()
    assert labelled(moderated, "moves")[-1] == ("skip", [], "ann")
    assert second["start_s"] not in [
        row["start_s"]
        for row in moderated.json("/api/v1/annotations/moves/log")[1]["items"]
        if row["video_id"] == second["video_id"]
    ]


def test_labels_of_a_file_are_taken_and_what_is_withheld_is_blurred_until_asked(
    visit: Visit, moderated: Server
) -> None:
    visitor = visit(language="de-DE")
    page, main = opened(visitor, moderated)
    main.get_by_role("link", name="moves").wait_for()
    main.get_by_label("Dein Name").fill("ann")
    main.get_by_label("Name des Satzes").fill("moves")
    rows = "video,start_s,end_s,label\ntoon-0001.mp4,0,2,right\nnowhere.mp4,0,1,left\n"
    file: FilePayload = {"name": "mine.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    main.get_by_label("Datei", exact=True).set_input_files(file)
    main.get_by_role("button", name="Importieren").click()
    main.get_by_text("1 Stelle aus mine.csv beschriftet.").wait_for()
    main.get_by_text("Zeile 3: kein indexiertes Video heißt nowhere.mp4").wait_for()
    main.get_by_role("link", name="moves öffnen").click()
    main.get_by_text("2 Labels · 2 Videos").wait_for()
    told = main.get_by_role("status").first
    page.keyboard.press("u")
    told.get_by_text("Zurückgenommen: right").wait_for()
    assert not main.get_by_text("Von der Moderation zurückgehalten.").is_visible()
    page.keyboard.press("u")
    told.get_by_text("Zurückgenommen: left").wait_for()
    main.get_by_text("Von der Moderation zurückgehalten.").wait_for()
    video = main.locator(".clip video")
    assert "show=blurred" in str(video.get_attribute("src"))
    assert video.evaluate("v => v.paused")
    main.get_by_role("button", name="Zeigen").click()
    main.get_by_role("button", name="Wieder unscharf").wait_for()
    assert str(main.locator(".clip video").get_attribute("src")).endswith("show=1")
    assert labelled(moderated, "moves") == []
    assert visitor.faults == []
    assert visitor.failed_answers == []
