import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ui.terminal.answer import as_json, refusal


def test_numpy_numbers_paths_and_times_become_plain_json() -> None:
    document = {
        "score": np.float32(0.5),
        "id": np.int64(7),
        "path": Path("a/b.mp4"),
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "span": (1.0, 2.0),
    }
    assert json.loads(as_json(document)) == {
        "score": 0.5,
        "id": 7,
        "path": "a/b.mp4",
        "at": "2026-01-02T00:00:00+00:00",
        "span": [1.0, 2.0],
    }


def test_what_json_cannot_say_is_null() -> None:
    assert json.loads(as_json({"a": float("nan"), "b": [np.float64("inf")]})) == {
        "a": None,
        "b": [None],
    }


def test_a_refusal_says_the_same_to_people_and_to_programs() -> None:
    answer = refusal("the disk is full", "free some")
    assert answer.notice == "error: the disk is full\n  fix: free some"
    assert answer.document == {"error": "the disk is full", "fix": "free some"}
    assert (answer.exit_code, answer.text) == (1, "")
