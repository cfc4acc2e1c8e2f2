"""Annotation through the API: as on the command line, for owners, each in their own name."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.data.review.made import find, set_policy
from tests.ui.api.annotations.conftest import WORDS, N, asking, get, post
from ui.api.served import Visitor
from ui.library.library import Library

PLACE = {"video_id": 1, "start_s": 4, "end_s": 8}


@pytest.fixture
def ann(library: Library) -> TestClient:
    """An owner who has signed in, and a set."""
    client = asking(library, Visitor("ann", "owner"))
    made = post(client, "/annotations", {"name": "colours", "labels": list(WORDS)})
    assert made["counts"] == {"red": 0, "blue": 0}
    return client


def label(client: TestClient, video: int, *labels: str, status: int = 200, **more: Any) -> Any:
    body = {"video_id": video, "start_s": 0, "end_s": 4, "labels": labels, **more}
    return post(client, "/annotations/colours/labels", body, status)


def test_what_is_proposed_is_labelled_skipped_and_taken_back(ann: TestClient) -> None:
    first = get(ann, "/annotations/colours/next?k=3")
    assert len(first["items"]) == 3
    one = first["items"][0]
    assert one["preview_url"].startswith(f"/api/v1/previews/{one['video_id']}?start=")
    assert "path" not in one
    # The encoder of this library cannot be opened, which keeps nobody from labelling.
    assert one["keywords"] is None
    place = {name: one[name] for name in ("video_id", "start_s", "end_s")}
    kept = post(ann, "/annotations/colours/labels", {**place, "labels": ["red"], "source": "page"})
    assert (kept["annotation"]["who"], kept["annotation"]["source"]) == ("ann", "page")
    assert kept["set"]["counts"] == {"red": 1, "blue": 0}
    two = {name: first["items"][1][name] for name in place}
    assert post(ann, "/annotations/colours/labels", two)["set"]["skipped"] == 1
    left = get(ann, "/annotations/colours/next?k=200")["items"]
    assert len(left) == 2 * N - 2
    back = post(ann, "/annotations/colours/undo", {})
    assert [(each["kind"], each["video_id"]) for each in back["items"]] == [
        ("skip", two["video_id"])
    ]
    post(ann, "/annotations/colours/undo", {})
    refused = post(ann, "/annotations/colours/undo", {}, 409)
    assert refused["code"] == "nothing_to_undo"
    log = get(ann, "/annotations/colours/log")["items"]
    assert [each["kind"] for each in log] == ["label", "skip", "undo", "undo"]
    assert get(ann, "/annotations/colours/log?current=1")["items"] == []
    assert len(get(ann, f"/annotations/colours/log?after={log[1]['id']}&k=1")["items"]) == 1


def test_a_set_is_judged_checked_and_written(ann: TestClient) -> None:
    assert "has 0 labelled stretches" in get(ann, "/annotations/colours/curve")["why"]
    assert "has 0 labelled stretches" in get(ann, "/annotations/colours/check")["why"]
    for video in range(1, N + 1):
        label(ann, video, WORDS[(video - 1 + (video == 4)) % 2])
    curve = get(ann, "/annotations/colours/curve")
    assert (curve["items"][-1]["labels"], curve["why"]) == (N, "")
    check = get(ann, "/annotations/colours/check?k=1")
    assert (check["items"][0]["video_id"], check["checked"]) == (4, N)
    assert (check["items"][0]["given"], check["items"][0]["likely"]) == ("red", "blue")
    found = get(ann, "/annotations/colours/next?k=2")
    assert (found["asked"], found["of_labels"]) == ("labels", N)
    # At once: what was learned last answers, and the newest label is learned from meanwhile.
    post(ann, "/annotations/colours/labels", {**PLACE, "labels": ["red"]})
    assert get(ann, "/annotations/colours/next?k=2&now=0")["of_labels"] == N
    assert get(ann, "/annotations/colours/next?k=2")["of_labels"] == N + 1
    post(ann, "/annotations/colours/undo", {})
    answer = ann.get("/annotations/colours/export?format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="colours.csv"'
    assert len(list(csv.DictReader(answer.text.splitlines()))) == N
    assert len(get(ann, "/annotations/colours/export?format=json")["annotations"]) == N
    assert len(get(ann, "/annotations/colours/export?format=labelstudio")) == N
    assert ann.delete("/annotations/colours").json() == {"removed": "colours", "labelled": N}
    assert get(ann, "/annotations")["items"] == []
    assert get(ann, "/annotations/colours/next", 404)["code"] == "unknown_set"


def test_a_set_of_numbers_is_made_judged_and_written(ann: TestClient) -> None:
    made = post(ann, "/annotations", {"name": "risk", "task": "number"})
    assert (made["task"], made["labels"], made["numbers"]) == ("number", [], None)
    post(ann, "/annotations", {"name": "price", "task": "number", "labels": ["low"]}, 409)
    for video in range(1, N + 1):
        # Reds are some 2, blues some 8; the fourth one is far off.
        number = 2 + 6 * (video % 2 == 0) + video / 100 + 50 * (video == 4)
        body = {"video_id": video, "start_s": 0, "end_s": 4, "labels": [str(number)]}
        post(ann, "/annotations/risk/labels", body)
    word = {"video_id": 1, "start_s": 0, "end_s": 4, "labels": ["high"]}
    assert "is no number" in post(ann, "/annotations/risk/labels", word, 409)["error"]
    numbers = get(ann, "/annotations/risk")["numbers"]
    assert (numbers["least"], numbers["most"]) == (2.01, 58.04)
    point = get(ann, "/annotations/risk/curve")["items"][-1]
    assert point["f1_macro"] is None
    assert point["mae"] > 0
    assert point["mae_of_mean"] > 0
    doubt = get(ann, "/annotations/risk/check")["items"][0]
    assert (doubt["given"], doubt["chance"]) == ("58.04", None)
    assert doubt["times_usual"] > 3.5
    first = get(ann, "/annotations/risk/next?k=1")["items"][0]
    assert first["guesses"] == []
    assert first["spread"] > 0
    kept = get(ann, "/annotations/risk/export?format=json")["annotations"]
    assert sorted(each["value"] for each in kept)[-1] == 58.04


def test_a_label_is_in_the_name_of_who_gives_it(ann: TestClient, library: Library) -> None:
    assert label(ann, 1, "red", by="ben", status=403)["code"] == "not_yours"
    nobody = asking(library, Visitor(None, "owner"))
    assert "by is missing" in label(nobody, 1, "red", status=400)["error"]
    assert label(nobody, 1, "red", by="ben")["annotation"]["who"] == "ben"
    viewer = asking(library, Visitor("cid", "viewer"))
    for path in ("", "/colours", "/colours/next", "/colours/export"):
        assert get(viewer, f"/annotations{path}", 403)["code"] == "owners_only"
    assert label(viewer, 2, "red", status=403)["code"] == "owners_only"
    assert get(ann, "/annotations/colours")["labelled"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"video_id": 99, "labels": ["red"]}, 409),
        ({"video_id": 1, "labels": ["red", "blue"]}, 409),
        ({"video_id": 1, "labels": ["a|b"]}, 409),
        ({"video_id": 1, "labels": "red"}, 400),
        ({"video_id": 1, "end_s": 0, "labels": ["red"]}, 409),
        ({"video_id": 1, "colour": "red"}, 400),
    ],
)
def test_what_is_no_label_is_refused(ann: TestClient, body: dict[str, Any], status: int) -> None:
    whole = {"start_s": 0, "end_s": 4, **body}
    post(ann, "/annotations/colours/labels", whole, status)
    assert get(ann, "/annotations/colours/log")["items"] == []


@pytest.mark.parametrize("name", ["..", "A", "a b", "x" * 41, "1a"])
def test_a_name_that_is_none_is_refused(ann: TestClient, name: str) -> None:
    assert post(ann, "/annotations", {"name": name}, 400)["code"] == "wrong_parameter"
    assert [each["name"] for each in get(ann, "/annotations")["items"]] == ["colours"]


def test_what_is_withheld_is_not_proposed_and_told_where_its_label_is_doubted(
    ann: TestClient, library: Library
) -> None:
    for video in range(1, N + 1):
        label(ann, video, WORDS[(video - 1 + (video == 4)) % 2])
    assert {each["effect"] for each in get(ann, "/annotations/colours/next?k=200")["items"]} == {
        "none"
    }
    set_policy(library.catalogue)
    find(library.catalogue, "fights", (4, 0.0, 4.0, 0.9), (5, 4.0, 8.0, 0.9))
    find(library.catalogue, "blood", (6, 4.0, 8.0, 0.9))
    places = get(ann, "/annotations/colours/next?k=200")["items"]
    effects = {each["video_id"]: each["effect"] for each in places}
    assert 5 not in effects
    assert effects == {video: "none" for video in range(1, N + 1) if video != 5} | {6: "blurred"}
    doubt = get(ann, "/annotations/colours/check?k=1")["items"][0]
    assert (doubt["video_id"], doubt["effect"]) == (4, "withheld")
