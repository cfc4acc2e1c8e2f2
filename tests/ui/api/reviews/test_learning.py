"""A rule learns from decisions through the API: tried first, then it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.home import resolve_home
from tests.fakes import ColourEncoder
from tests.indexer.review.decided import N, decide, store_found
from tests.ui.api.reviews.test_reviews import asking
from ui.api.served import Visitor
from ui.library.library import Library


def learn(client: TestClient, status: int = 200, **body: Any) -> Any:
    answer = client.post("/review/learn", json={"rule": "fights", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_a_rule_will_err_by_is_told_before_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "_choose_encoder", lambda _self, _name: ColourEncoder())
    home = resolve_home(tmp_path / "home")
    home.make()
    store_found(home, words="red")
    with Library(home.root) as library:
        ann = asking(library, Visitor("ann", "owner"))
        few = learn(ann, 409)
        assert "0 cases are blocked and 0 allowed" in few["error"]
        decide(library.catalogue)
        tried = learn(ann, misses=0.1)
        assert (tried["blocked"], tried["allowed"], tried["cases"]) == (N // 2, N // 2, N // 2)
        assert tried["miss_rate"] == tried["misses"] / tried["cases"] <= 0.1
        assert (tried["policy"], tried["new"]) == (None, None)
        assert ann.get("/review/policy").json()["version"] == 1
        kept = learn(ann, false_alarms=0.05, keep=True)
        assert kept["false_alarm_rate"] <= 0.05
        assert kept["policy"] == 2
        assert kept["new"] > 0
        (rule,) = [each for each in ann.get("/review/policy").json()["rules"] if "head" in each]
        assert (rule["name"], rule["head"]) == ("fights", kept["head"])
        assert "no rule is called" in learn(ann, 409, rule="other")["error"]
        assert learn(ann, 400, misses=1.5)["code"]
        refused = learn(asking(library, Visitor("eva", "viewer")), 403)
        assert refused["code"] == "owners_only"
