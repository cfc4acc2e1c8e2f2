"""Reasons of recommendations, and what becomes of values in JSON."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data.printable import as_json
from recommender.answer.items import REST, Because, Item
from recommender.answer.playing import PLAYING
from recommender.sources.registry import SOURCES
from ui.library.documents import (
    _size_bytes_below,
    index_in_words,
    reason_in_words,
    reasons,
)

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


def test_the_size_of_a_home_is_that_of_its_files_without_what_links_lead_to(
    tmp_path: Path,
) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "a" / "b").mkdir(parents=True)
    outside.mkdir()
    (home / "one").write_bytes(b"x" * 10)
    (home / "a" / "b" / "two").write_bytes(b"x" * 5)
    (outside / "large").write_bytes(b"x" * 1000)
    (home / "link").symlink_to(outside)
    (home / "a" / "file").symlink_to(outside / "large")
    assert _size_bytes_below(home) == 15
    assert _size_bytes_below(tmp_path / "nowhere") == 0


def test_an_index_is_described_in_words() -> None:
    assert index_in_words("flat_fp16", 1.0) == "compares every clip"
    assert "98.1%" in index_in_words("ivf_fp16", 0.981)
