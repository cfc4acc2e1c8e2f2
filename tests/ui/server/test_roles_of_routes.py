"""Who may use every route: the column of the table in `docs/security.md`, tried by a viewer.

The rule: a viewer reads and writes their own and nobody else's, whichever way somebody else is
named, and learns nothing of the machine; a stranger gets nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from data.toons.library import ToonLibrary
from tests.ui.server.every_route import (
    OPERATIONS,
    OWN_PAGE,
    ROOT,
    Answer,
    Operation,
)
from tests.ui.server.house import House
from ui.api.links import BASE
from ui.server.access.gate import OPEN

pytestmark = pytest.mark.long(41)

DOCUMENTS = [each for each in OPERATIONS if each.method == "GET" and each.is_document]
NOT_HERE = ("GET /examples/{example_id}", "GET /library/places/count")
"""Routes whose example names what is not there."""


def told() -> dict[str, str]:
    """Who may, by route, as the docs say."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z]+ /[^`]*)` \| (\w+) \|", text, re.MULTILINE)
    return dict(rows)


WHO = told()


def of(who: str) -> pytest.MarkDecorator:
    routes = [each for each in OPERATIONS if WHO.get(str(each)) == who]
    return pytest.mark.parametrize("operation", routes, ids=str)


def test_every_route_is_for_somebody() -> None:
    assert {str(each): WHO.get(str(each)) for each in OPERATIONS} == {
        str(each): WHO.get(str(each), "nobody said") for each in OPERATIONS
    }
    assert set(WHO.values()) == {"all", "own", "owner", "stranger"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_stranger_gets_nothing(house: House, operation: Operation) -> None:
    asked = house.stranger.ask(operation.method, operation.address(), operation.json(), OWN_PAGE)
    answer = house.loop.run(asked)
    if WHO[str(operation)] == "stranger":
        assert f"{BASE}{operation.path}" in OPEN
        assert b"anna" not in answer.body
    else:
        assert (answer.status, answer.code) == (401, "sign_in")


@of("owner")
def test_what_is_for_owners_is_refused_to_a_viewer(house: House, operation: Operation) -> None:
    before = house.of_anna()
    asked = house.ben.ask(operation.method, operation.address(), operation.json())
    answer = house.loop.run(asked)
    assert (answer.status, answer.code) == (403, "owners_only")
    assert house.of_anna() == before


@of("own")
def test_a_viewer_who_names_somebody_else_is_refused(house: House, operation: Operation) -> None:
    before = house.of_anna()
    fields = operation.body or {}
    places = [{"user": "anna"}] * ("user" in operation.query)
    answers = [
        house.ben.ask(operation.method, operation.address(**given, **_confirm(operation)), body)
        for given in places
        for body in (operation.json(),)
    ]
    if "user" in fields:
        body = operation.json(user="anna")
        answers.append(house.ben.ask(operation.method, operation.address(), body))
        in_a_list = b"[" + operation.json() + b"," + body + b"]"
        if str(operation) == "POST /events":
            answers.append(house.ben.ask(operation.method, operation.address(), in_a_list))
    if not answers:
        assert str(operation) == "GET /people"
        people = house.read(house.ben, "/people")["items"]
        assert [each["name"] for each in people] in ([], ["ben"])
    for asked in answers:
        answer = house.loop.run(asked)
        assert (answer.status, answer.code) == (403, "not_yours")
        assert b"secret" not in answer.body
    assert house.of_anna() == before


def _confirm(operation: Operation) -> dict[str, str]:
    return {"confirm": "anna"} if "confirm" in operation.query else {}


@of("own")
def test_the_number_of_anothers_row_is_as_good_as_none(house: House, operation: Operation) -> None:
    if "{" not in operation.path:
        assert not re.search(r"\d", operation.path)
        return
    before = house.of_anna()
    numbers = [row["id"] for row in before[1]] + [row["id"] for row in before[3]]
    for number in numbers:
        address = operation.address(place=str(number))
        answer = house.loop.run(house.ben.ask(operation.method, address, operation.json()))
        assert (answer.status, answer.code.partition("_")[0]) == (404, "unknown"), answer.body
    assert house.of_anna() == before


@pytest.mark.parametrize("operation", DOCUMENTS, ids=str)
def test_a_document_that_was_read_before_is_told_as_unchanged(
    house: House, operation: Operation
) -> None:
    first = house.get(house.anna, operation)
    if str(operation) in NOT_HERE:
        assert first.status in (404, 409)
        assert first.headers["cache-control"] == "no-store"
        return
    assert first.status == 200, first.body
    tag = first.headers["etag"]
    told = {"etag": tag, "cache-control": "private, no-cache", "vary": "Authorization, Cookie"}
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = house.get(house.anna, operation, if_none_match=known)
        assert (again.status, again.body) == (304, b""), known
        assert again.headers.items() >= told.items()
        assert not {"content-length", "content-type"} & again.headers.keys()
    for known in ('W/"x"', tag.strip('W/"'), f"{tag[:-2]}x"):
        again = house.get(house.anna, operation, if_none_match=known)
        assert (again.status, again.headers["etag"]) == (200, tag), known
        assert again.headers.items() >= told.items()


@pytest.mark.parametrize("operation", DOCUMENTS, ids=str)
def test_no_tag_of_somebody_else_is_told_as_unchanged(house: House, operation: Operation) -> None:
    of_anna, of_ben = (house.get(who, operation) for who in (house.anna, house.ben))
    tag = of_anna.headers.get("etag", '"none"')
    asked = house.get(house.ben, operation, if_none_match=tag)
    is_same = of_ben.status == 200 and _said(of_ben) == _said(of_anna)
    assert asked.status == (304 if is_same else of_ben.status)
    if WHO[str(operation)] == "stranger":
        assert house.get(house.stranger, operation, if_none_match=tag).status == 200
    else:
        assert house.get(house.stranger, operation, if_none_match=tag).status == 401
        assert house.get(house.stranger, operation, if_none_match="*").status == 401


def _said(answer: Answer) -> Any:
    return {**json.loads(answer.body), "took_ms": 0}


def test_a_history_as_a_document_has_a_tag_as_well(house: House) -> None:
    exported = house.ask(house.ben, "GET", "/history/export?format=json")
    assert exported.headers["etag"].startswith("W/")
    assert house.ask(house.ben, "GET", "/history/export").headers["cache-control"] == "no-store"


def test_a_tag_changes_with_what_is_told(house: House) -> None:
    before = house.ask(house.ben, "GET", "/history").headers["etag"]
    event = {"video_id": 2, "kind": "like", "client_id": "bens-like"}
    (row,) = json.loads(house.ask(house.ben, "POST", "/events", event).body)["results"]
    after = house.ask(house.ben, "GET", "/history").headers["etag"]
    undone = house.ask(house.ben, "DELETE", f"/events/{row['event']['id']}")
    again = house.ask(house.ben, "GET", "/history").headers["etag"]
    assert before == again != after
    assert undone.headers["cache-control"] == "no-store"
    assert "etag" not in undone.headers


@of("all")
def test_a_viewer_learns_nothing_of_the_machine(
    house: House, operation: Operation, toons: ToonLibrary
) -> None:
    if operation.method != "GET" or "{" in operation.path:
        assert operation.method in ("GET", "POST")
        return
    answer = house.loop.run(house.ben.ask("GET", operation.address()))
    assert answer.status == 200, answer.body
    for secret in (str(toons.folder), str(toons.folder.parent), "anna"):
        assert secret.encode() not in answer.body


def test_a_client_id_of_somebody_else_is_refused_and_says_nothing_of_them(house: House) -> None:
    before, mine = house.of_anna(), house.read(house.ben, "/history")
    event = {"video_id": 2, "kind": "dislike", "client_id": "annas-like"}
    answer = house.ask(house.ben, "POST", "/events", event)
    assert answer.status == 409
    assert b'anna"' not in answer.body
    assert house.of_anna() == before
    assert house.read(house.ben, "/history") == mine


def test_a_viewer_is_who_signed_in_whoever_was_chosen_on_the_device(house: House) -> None:
    cookie = house.ben._headers["cookie"] + "; reelwise_person=anna"
    body = b'{"video_id": 2, "client_id": "bens-own"}'
    asked = house.ben.ask("POST", f"{BASE}/events", body, {"cookie": cookie})
    (result,) = json.loads(house.loop.run(asked).body)["results"]
    assert result["event"]["user"] == "ben"
    assert house.ask(house.ben, "DELETE", f"/events/{result['event']['id']}").status == 200


def test_a_cursor_of_anothers_history_shows_ones_own(house: House) -> None:
    cursor = house.read(house.anna, "/history?k=1")["next"]
    answer = house.ask(house.ben, "GET", f"/history?cursor={cursor}")
    assert answer.status in (200, 400)
    assert b"anna" not in answer.body
