"""Vectors of texts survive on disk, each once, and only as they were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import DamagedFile
from data.home import Home, resolve_home
from indexer.store.meaning.passages import digests_of
from indexer.store.meaning.sentence_store import SentenceStore, read_sentence_part
from tests.fakes import FakeSentences

SENTENCES = FakeSentences()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    home.make()
    return home


def put(store: SentenceStore, *texts: str) -> Path:
    return store.write(digests_of(texts), SENTENCES.encode(texts))


def test_what_was_written_is_found_by_its_text(home: Home) -> None:
    store = SentenceStore(home, "one")
    put(store, "red kite", "blue boat")
    put(store, "blue boat", "white house")
    stored = store.read()
    places, here = stored.rows(digests_of(["white house", "nobody", "red kite"]))
    assert here.tolist() == [True, False, True]
    assert len(stored.digests) == len(places) == 3
    wanted = SENTENCES.encode(["white house", "blue boat"])
    assert np.allclose(stored.of(digests_of(["white house", "blue boat"])), wanted, atol=1e-3)
    assert not SentenceStore(home, "two").read().rows(digests_of(["red kite"]))[1].any()


@pytest.mark.parametrize("content", [b"", b"x", None])
def test_a_damaged_part_is_left_out_and_told(home: Home, content: bytes | None) -> None:
    store = SentenceStore(home, "one")
    damaged, whole = put(store, "red kite"), put(store, "blue boat")
    bytes_ = bytearray(damaged.read_bytes())
    bytes_[-1] ^= 1
    damaged.write_bytes(bytes(bytes_) if content is None else content)
    assert store.read().rows(digests_of(["red kite", "blue boat"]))[1].tolist() == [False, True]
    assert "not as they were written" in (store.problem(damaged) or "")
    assert store.problem(whole) is None
    with pytest.raises(DamagedFile):
        read_sentence_part(damaged)


def test_what_is_no_unit_vector_is_refused(home: Home) -> None:
    store = SentenceStore(home, "one")
    for wrong in (np.zeros((1, 4)), np.full((1, 4), np.nan), np.ones((1, 4))):
        with pytest.raises(ValueError, match="unit length"):
            store.write(digests_of(["x"]), wrong.astype(np.float32))
    assert store.parts() == []


def test_tidying_keeps_what_is_used_in_one_part(home: Home) -> None:
    store = SentenceStore(home, "one")
    for text in ("red", "green", "blue"):
        put(store, text)
    store.tidy(digests_of(["red", "blue", "never stored"]))
    assert len(store.parts()) == 1
    assert store.read().rows(digests_of(["red", "green", "blue"]))[1].tolist() == [
        True,
        False,
        True,
    ]
    store.tidy(digests_of(["red", "blue"]))
    assert len(store.parts()) == 1, "a part that stays as it is is not removed"
    store.tidy(np.zeros(0, np.uint64))
    assert store.parts() == []
