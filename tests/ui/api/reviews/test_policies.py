"""Setting a policy by the text of its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.home import resolve_home
from data.review.rules import MAX_BYTES
from tests.indexer.made import store
from tests.ui.api.conftest import As
from ui.api.application import build_api
from ui.api.served import Served, Visitor
from ui.library.library import Library

TEXT = """[[rules]]
name = "fights"
owner = "safety"
action = "hide"
threshold = 0.8
description = "people hitting each other"
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    home = resolve_home(tmp_path / "home")
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:2]})
    with Library(home.root) as opened:
        yield opened


def asking(library: Library, role: str = "owner") -> TestClient:
    return TestClient(As(build_api(Served(library)), Visitor("ann", role)))  # type: ignore[arg-type]


def test_the_text_of_a_file_is_set_and_kept_under_its_name(library: Library) -> None:
    client = asking(library)
    given = {"text": f"\ufeff{TEXT}", "file": "house.toml"}
    shown = client.put("/review/policy", json=given).json()
    assert (shown["version"], shown["file"]) == (1, "house.toml")
    assert [rule["name"] for rule in client.get("/review/policy").json()["rules"]] == ["fights"]


def test_a_text_that_is_none_is_refused_line_by_line_and_nothing_is_set(library: Library) -> None:
    client = asking(library)
    wrong = TEXT.replace('"hide"', '"burn"').replace("0.8", '"high"')
    refused = client.put("/review/policy", json={"text": wrong, "file": "p.toml"})
    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_policy")
    assert refused.json()["error"].split("\n") == [
        "line 4: action is one of 'flag', 'blur', 'hide'",
        "line 5: threshold is no number",
    ]
    assert client.put("/review/policy", json={"text": "[" * 9999}).status_code == 400
    large = client.put("/review/policy", json={"text": "#" * (MAX_BYTES + 1)})
    assert large.status_code == 400
    for given in ({}, {"text": TEXT, "policy": {"rules": []}}):
        told = client.put("/review/policy", json=given).json()["error"]
        assert told == "a policy is sent as policy or as text"
    assert library.reviews.policies.highest() == 0


def test_no_viewer_sets_one(library: Library) -> None:
    refused = asking(library, "viewer").put("/review/policy", json={"text": TEXT})
    assert refused.status_code == 403
    assert library.reviews.policies.highest() == 0
