"""Events through the API: each counted once, taken back, brought back, and nobody else's."""

import json
from typing import Any

import pytest

from tests.ui.api.conftest import Client
from ui.api.served import Visitor
from ui.library.library import Library


def outcome(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["results"][0]["outcome"])


def test_a_series_of_reports_is_one_view_that_grows(client: Client, library: Library) -> None:
    asking = client()
    report = {"user": "grower", "video_id": 3, "client_id": "mount-1", "source": "page"}
    assert outcome(asking.post("/events", json=report | {"watched_s": 2, "number": 1})) == "added"
    assert outcome(asking.post("/events", json=report | {"watched_s": 5, "number": 2})) == "grown"
    assert outcome(asking.post("/events", json=report | {"watched_s": 2, "number": 1})) == "known"
    (event,) = library.history.events("grower")
    assert (event.video_id, event.watched_s, event.source) == (3, 5.0, "page")


def test_a_beacon_sends_text_and_counts(client: Client, library: Library) -> None:
    body = json.dumps([{"user": "beacon", "video_id": 1, "watched_s": 1.5}])
    answer = client().post("/events", content=body, headers={"content-type": "text/plain"})
    assert outcome(answer) == "added"
    assert len(library.history.events("beacon")) == 1


def test_of_many_events_what_is_wrong_is_refused_and_the_rest_is_stored(
    client: Client, library: Library
) -> None:
    rows = [{"user": "many", "video_id": id_, "kind": "like"} for id_ in (1, 999_999, 2)]
    results = client().post("/events", json=rows).json()["results"]
    assert [each["outcome"] for each in results] == ["added", "refused", "added"]
    assert results[1]["code"] == "unknown_video"
    assert {event.video_id for event in library.history.events("many")} == {1, 2}
    single = client().post("/events", json=rows[1])
    assert (single.status_code, single.json()["code"]) == (404, "unknown_video")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"user": "a", "video_id": 1, "kind": "love"}, "wrong_parameter"),
        ({"user": "a", "video_id": 1, "watched_s": -1}, "wrong_parameter"),
        ({"user": "a", "video_id": 1, "seconds": 1}, "unknown_parameter"),
        ({"user": "a"}, "wrong_parameter"),
        ({"video_id": 1}, "wrong_parameter"),
        ("x", "wrong_parameter"),
        ([{"user": "a", "video_id": 1}] * 201, "wrong_parameter"),
    ],
)
def test_a_wrong_event_is_refused(client: Client, body: object, code: str) -> None:
    answer = client().post("/events", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_what_was_taken_back_is_gone_and_comes_back_under_its_number(
    client: Client, library: Library
) -> None:
    asking = client()
    like = {"user": "undo", "video_id": 4, "kind": "like", "client_id": "click-1"}
    number = asking.post("/events", json=like).json()["results"][0]["event"]["id"]
    assert asking.delete(f"/events/{number}?user=undo").json()["kind"] == "like"
    assert library.history.events("undo") == []
    again = asking.delete(f"/events/{number}?user=undo")
    assert (again.status_code, again.json()["code"]) == (404, "unknown_event")
    assert outcome(asking.post("/events", json=like)) == "removed"
    # Another application over the same library: the server may have been started anew.
    asking = client()
    other = asking.post(f"/events/{number}/restore?user=somebody")
    assert (other.status_code, other.json()["code"]) == (404, "unknown_event")
    assert asking.post(f"/events/{number}/restore?user=undo").json()["id"] == number
    assert len(library.history.events("undo")) == 1
    changed = asking.patch(f"/events/{number}?user=undo", json={"kind": "dislike"})
    assert changed.json()["kind"] == "dislike"


def test_all_likes_of_a_video_are_taken_back_at_once(client: Client, library: Library) -> None:
    asking = client()
    for at in ("2024-01-01", "2024-01-02"):
        event = {"user": "liker", "video_id": 6, "kind": "like", "at": f"{at}T00:00:00Z"}
        asking.post("/events", json=event)
    asking.post("/events", json={"user": "liker", "video_id": 6})
    gone = asking.delete("/events?user=liker&video_id=6&kind=like&kind=dislike").json()["items"]
    assert len(gone) == 2
    assert [event.kind for event in library.history.events("liker")] == ["view"]
    assert asking.delete("/events?user=liker&video_id=6").status_code == 400


def test_a_history_is_read_page_by_page_with_the_videos(client: Client) -> None:
    asking = client()
    rows = [
        {"user": "reader", "video_id": id_, "watched_s": 1, "at": f"2024-05-0{id_}T10:00:00Z"}
        for id_ in (1, 2, 3)
    ]
    asking.post("/events", json=rows)
    first = asking.get("/history?user=reader&k=2").json()
    assert [row["video_id"] for row in first["items"]] == [3, 2]
    assert first["items"][0]["title"]
    rest = asking.get(f"/history?user=reader&k=2&cursor={first['next']}").json()
    assert ([row["video_id"] for row in rest["items"]], rest["next"]) == ([1], None)
    assert asking.get("/history?user=reader&kind=like").json()["items"] == []
    assert asking.get("/history?user=reader&cursor=x").json()["code"] == "wrong_cursor"


def test_a_viewer_reads_and_writes_their_own_and_nobody_elses(
    client: Client, library: Library
) -> None:
    client().post("/events", json={"user": "anna", "video_id": 1, "kind": "like"})
    number = library.history.events("anna")[-1].id
    bella = client(Visitor("bella", "viewer"))
    mine = {"video_id": 2, "kind": "like"}
    assert outcome(bella.post("/events", json=mine)) == "added"
    assert bella.get("/history").json()["user"] == "bella"
    for answer in (
        bella.get("/history?user=anna"),
        bella.get("/recommend?user=anna"),
        bella.post("/events", json=mine | {"user": "anna"}),
        bella.post("/events", json=[mine, mine | {"user": "anna"}]),
        bella.delete(f"/events/{number}?user=anna"),
        bella.patch(f"/events/{number}?user=anna", json={"kind": "view"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert bella.delete(f"/events/{number}").status_code == 404
    assert [event.user for event in library.history.events("anna")][-1:] == ["anna"]
    assert len(library.history.events("bella")) == 1
    item = bella.get("/recommend?k=1").json()["items"][0]
    assert item["path"] is None


@pytest.mark.parametrize("chosen", ["amir", "-"])
def test_a_page_writes_for_the_person_of_its_device_alone(client: Client, chosen: str) -> None:
    event = {"user": "zoë", "video_id": 1}
    assert outcome(client(reelwise_person="zo%C3%AB").post("/events", json=event)) == "added"
    answer = client(reelwise_person=chosen).post("/events", json=event)
    assert (answer.status_code, answer.json()["code"]) == (409, "other_person")
