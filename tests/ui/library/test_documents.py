"""Reasons of recommendations, and what becomes of values in JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recommender.answer.items import REST, Because, Item
from recommender.answer.playing import PLAYING
from recommender.sources.registry import SOURCES
from ui.library.documents import as_json, reason_in_words, reasons

ALL = (*(kind.name for kind in SOURCES), PLAYING, REST)
ALONE = (*(kind.name for kind in SOURCES if not kind.personal), REST)


def item(source: str, title: str | None = None) -> Item:
    because = None if title is None else Because(7, title)
    return Item(1, 8, None, "A film", 0.5, source, because)


@pytest.mark.parametrize("source", ALL)
def test_every_source_has_a_sentence_that_names_its_cause_where_it_has_one(source: str) -> None:
    assert source in reasons()
    told = reason_in_words(item(source, None if source in ALONE else "Red {kite}"))
    assert ("Red {kite}" in told) == (source not in ALONE)
    assert "{title}" not in told
    assert told != source


def test_no_two_kinds_of_reason_read_the_same() -> None:
    same = {"ease", "recent ease", "rp3beta"}
    told = [reasons()[source] for source in ALL if source not in same]
    assert len(set(told)) == len(told)


def test_an_unknown_source_is_told_by_its_name() -> None:
    assert reason_in_words(item("moon", "Kite")) == "moon: Kite"
    assert reason_in_words(item("moon")) == "moon"


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
