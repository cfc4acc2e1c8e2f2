"""People, their PINs and their searches: each their own."""

import csv
import io

from data.people.pin_tries import FIRST_WAIT_S, FREE
from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.library import Library


def test_a_person_is_added_changed_and_forgotten(client: Client, library: Library) -> None:
    asking = client()
    made = asking.post("/people", json={"name": "nora", "pin": "1234"}).json()
    assert (made["has_pin"], made["records"], made["events"]) == (True, True, 0)
    for pin, right in (("1234", True), ("4321", False)):
        told = asking.post("/people/pin", json={"user": "nora", "pin": pin}).json()
        assert told == {"right": right}
    changed = asking.patch(
        "/people?user=nora",
        json={"records": False, "pin": "", "name": "nora b", "colour": "#112233"},
    ).json()
    assert changed == made | {
        "name": "nora b",
        "colour": "#112233",
        "records": False,
        "has_pin": False,
    }
    asking.post("/events", json={"user": "nora b", "video_id": 1, "kind": "like"})
    unsure = asking.delete("/people?user=nora b&confirm=nora")
    assert unsure.status_code == 400
    assert asking.delete("/people?user=nora b&confirm=nora b").json()["events"] == 1
    assert "nora b" not in {each["name"] for each in asking.get("/people").json()["items"]}


def test_wrong_pins_have_to_wait_and_the_right_one_as_well(client: Client) -> None:
    asking = client()
    asking.post("/people", json={"name": "pia", "pin": "1234"})
    for _ in range(FREE):
        answer = asking.post("/people/pin", json={"user": "pia", "pin": "4321"})
        assert answer.json() == {"right": False}
    for _ in range(2):
        answer = asking.post("/people/pin", json={"user": "pia", "pin": "1234"})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
        assert 0 < int(answer.headers["retry-after"]) <= FIRST_WAIT_S
    pia = client(Visitor("pia", "viewer"))
    assert pia.post("/people/pin", json={"user": "pia", "pin": "1234"}).json() == {"right": True}
    # An owner who gives another PIN opens at once.
    asking.patch("/people?user=pia", json={"pin": "5678"})
    answer = asking.post("/people/pin", json={"user": "pia", "pin": "5678"})
    assert answer.json() == {"right": True}


def test_a_viewer_is_alone_among_people(client: Client) -> None:
    client().post("/people", json={"name": "vera"})
    vera = client(Visitor("vera", "viewer"))
    assert [each["name"] for each in vera.get("/people").json()["items"]] == ["vera"]
    assert vera.patch("/people", json={"records": False}).json()["records"] is False
    for answer in (
        vera.post("/people", json={"name": "new"}),
        vera.patch("/people", json={"name": "other"}),
        vera.patch("/people?user=ben", json={"records": False}),
        vera.post("/people/merge", json={"name": "ben", "into": "vera"}),
        vera.delete("/people?user=ben&confirm=ben"),
        vera.get("/history/export?user=ben"),
        vera.get("/recent-searches?user=ben"),
        vera.post("/people/pin", json={"user": "ben", "pin": "1234"}),
    ):
        assert answer.status_code == 403, answer.text


def test_two_names_become_one_person(client: Client, library: Library) -> None:
    asking = client()
    asking.post("/events", json={"user": "twin", "video_id": 5, "kind": "like"})
    asking.post("/people", json={"name": "twin two"})
    merged = asking.post("/people/merge", json={"name": "twin", "into": "twin two"}).json()
    assert (merged["name"], merged["events"]) == ("twin two", 1)
    assert "twin" not in {each["name"] for each in asking.get("/people").json()["items"]}
    assert len(library.history.events("twin two")) == 1


def test_a_history_leaves_as_a_file_that_import_reads(client: Client) -> None:
    asking = client()
    asking.post("/events", json={"user": "=leaver", "video_id": 2, "watched_s": 3})
    answer = asking.get("/history/export?user==leaver".replace("==", "=%3D"))
    assert answer.headers["content-disposition"] == 'attachment; filename="history.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["user"], row["kind"], row["watched_s"]) == ("=leaver", "view", "3.0")
    as_json = asking.get("/history/export?user=%3Dleaver&format=json").json()
    assert [each["video_id"] for each in as_json] == [2]


def test_what_nobody_searched_is_not_kept(client: Client) -> None:
    asking = client()
    refused = asking.post("/recent-searches", json={"address": {"q": "a secret"}})
    assert (refused.status_code, refused.json()["error"]) == (400, "user is missing")
    assert asking.delete("/recent-searches").status_code == 400
    assert asking.get("/recent-searches").json()["items"] == []


def test_searches_are_remembered_and_saved_for_each_person(client: Client) -> None:
    asking = client()
    for words in ("a dog", "a cat", "a dog"):
        given = {"user": "sam", "address": {"q": words}}
        assert asking.post("/recent-searches", json=given).status_code == 204
    found = asking.get("/recent-searches?user=sam").json()["items"]
    assert [each["address"]["q"] for each in found] == ["a dog", "a cat"]
    assert asking.get("/recent-searches").json()["items"] == []
    one = f"/recent-searches?user=sam&id={found[0]['id']}"
    assert asking.delete(one).json() == {"forgotten": 1}
    kept = {"name": "dogs", "address": {"q": "a dog", "tag": ["x", "y"]}}
    saved = asking.post("/saved-searches", json=kept | {"user": "sam"}).json()
    assert saved["address"] == kept["address"]
    listed = asking.get("/saved-searches?user=sam").json()["items"]
    assert [each["name"] for each in listed] == ["dogs"]
    path = f"/saved-searches/{saved['id']}?user=sam"
    assert [asking.delete(path).status_code for _ in range(2)] == [204, 404]
