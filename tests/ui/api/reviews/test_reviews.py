"""Moderation through the API: the same rules as on the command line, for owners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.catalogue.predictions import KnownHead, Prediction
from data.home import resolve_home
from tests.indexer.made import store
from tests.ui.api.conftest import As
from ui.api.application import build_api
from ui.api.served import Served, Visitor
from ui.library.library import Library

pytestmark = pytest.mark.long(9)

RULE = {
    "name": "jumps",
    "owner": "park guard",
    "about": "No jumping.",
    "action": "hide",
    "threshold": 0.7,
    "head": "action",
    "label": "jump",
}
OTHER = {**RULE, "name": "runs", "action": "flag", "label": "run"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Four videos; somebody jumps in the first clip of two of them."""
    home = resolve_home(tmp_path / "home")
    home.make()
    rows = np.eye(8, dtype=np.float32)
    store(home, {f"v{n}.mp4": rows[2 * n : 2 * n + 2] for n in range(4)})
    with Library(home.root) as opened:
        catalogue = opened.catalogue
        head = KnownHead(0, "action", "r", "colour-1", "classes", ("jump", "run"), ())
        number = catalogue.predictions.begin(head)
        clips = catalogue.clip_table("colour-1").ids.tolist()
        catalogue.predictions.put(
            number,
            [Prediction(clips[0], "jump", 0.8, True), Prediction(clips[2], "jump", 0.9, True)],
        )
        yield opened


def asking(library: Library, visitor: Visitor) -> TestClient:
    return TestClient(As(build_api(Served(library)), visitor))


@pytest.fixture
def ann(library: Library) -> TestClient:
    """An owner who has signed in; the policy holds, and its rules have looked."""
    client = asking(library, Visitor("ann", "owner"))
    assert client.put("/review/policy", json={"policy": {"rules": [RULE, OTHER]}}).json()
    found = client.post("/review/scan", json={"new": True}).json()
    assert found["rules"]["jumps"] == {"new": 2, "withdrawn": 0}
    return client


def get(client: TestClient, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def post(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_case_is_taken_decided_taken_back_and_appealed(ann: TestClient) -> None:
    listed = get(ann, "/review/cases?order=worst")
    assert [case["score"] for case in listed["items"]] == [0.9, 0.8]
    assert listed["counts"]["waiting"] == listed["total"] == 2
    case = post(ann, "/review/next", {"order": "worst"})["case"]
    assert (case["claimed_by"], case["about"], case["effect"]) == ("ann", "No jumping.", "withheld")
    path = f"/review/cases/{case['id']}"
    decided = post(ann, f"{path}/decision", {"verb": "allow", "why": "fine"})
    assert (decided["state"], decided["effect"], decided["decided_by"]) == (
        "allowed",
        "none",
        "ann",
    )
    assert post(ann, f"{path}/undo", {})["state"] == "open"
    blocked = {"verb": "block", "why": "no", "seen": get(ann, path)["revision"]}
    post(ann, f"{path}/decision", blocked)
    late = post(ann, f"{path}/decision", blocked, status=409)
    assert late["code"] == "other_reviewer"
    assert post(ann, f"{path}/appeal", {"why": "mine"})["appealed"]
    assert [row["action"] for row in get(ann, path)["log"]][-2:] == ["block", "appeal"]
    rows = get(ann, "/review/log?k=3")["items"]
    assert get(ann, f"/review/log?after={rows[-1]['id']}")["items"][0]["id"] == rows[-1]["id"] + 1


def test_nobody_decides_in_anothers_name_or_on_anothers_case(
    ann: TestClient, library: Library
) -> None:
    refused = post(ann, "/review/next", {"by": "ben"}, status=403)
    assert refused["code"] == "not_yours"
    program = asking(library, Visitor())
    assert post(program, "/review/next", {}, status=400)["error"] == "by is missing"
    case = post(ann, "/review/next", {})["case"]
    body = {"verb": "allow", "why": "fine", "by": "ben"}
    taken = post(program, f"/review/cases/{case['id']}/decision", body, status=409)
    assert taken["error"].startswith("ann looks at case")
    post(ann, f"/review/cases/{case['id']}/release", {})
    decided = post(program, f"/review/cases/{case['id']}/decision", body)
    assert decided["decided_by"] == "ben"


def test_every_version_of_the_policy_is_there(ann: TestClient) -> None:
    ann.put("/review/policy", json={"policy": {"rules": [OTHER]}, "why": "milder"})
    assert len(get(ann, "/review/policy")["rules"]) == 1
    assert len(get(ann, "/review/policy?version=1")["rules"]) == 2
    assert ann.delete("/review/policy").json() == {"removed": 2}
    assert get(ann, "/review/policy", 404)["code"] == "unknown_policy"
    assert get(ann, "/review/policy?version=3", 404)["code"] == "unknown_policy"
    told = [row["why"] for row in get(ann, "/review/log?policy=1")["items"]]
    assert told == ["version 1: (API)", "milder", "removed version 2"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/review/cases/99", None, 404),
        ("POST", "/review/cases/99/undo", {}, 404),
        ("POST", "/review/cases/1/undo", {}, 409),
        ("POST", "/review/cases/1/decision", {"verb": "block"}, 400),
        ("POST", "/review/cases/1/decision", {"verb": "block", "why": " "}, 400),
        ("POST", "/review/cases/1/decision", {"verb": "delete", "why": "x"}, 400),
        ("POST", "/review/cases/1/decision", {"verb": "relabel", "why": "x", "label": "y"}, 409),
        ("POST", "/review/cases/1/appeal", {"why": "x"}, 409),
        ("GET", "/review/cases?state=lost", None, 400),
        ("PUT", "/review/policy", {"policy": {"rules": []}}, 409),
        ("PUT", "/review/policy", {"policy": {"rules": [{**RULE, "x": 1}]}}, 409),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    ann: TestClient, method: str, path: str, body: Any, status: int
) -> None:
    before = get(ann, "/review/cases?state=all")
    answer = ann.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "fix", "code"}
    assert get(ann, "/review/cases?state=all") == before


def test_viewers_get_none_of_it(ann: TestClient, library: Library) -> None:
    eva = asking(library, Visitor("eva", "viewer"))
    for path in ("cases", "cases/1", "log", "policy"):
        assert get(eva, f"/review/{path}", 403)["code"] == "owners_only"
    for path, body in (("next", {}), ("scan", {}), ("cases/1/decision", {"verb": "allow"})):
        assert post(eva, f"/review/{path}", body, 403)["code"] == "owners_only"


def test_an_answer_of_before_is_not_sent_twice(ann: TestClient) -> None:
    first = ann.get("/review/cases")
    again = ann.get("/review/cases", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    post(ann, "/review/cases/1/decision", {"verb": "allow", "why": "fine"})
    again = ann.get("/review/cases", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 200
