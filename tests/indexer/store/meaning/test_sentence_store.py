"""Vectors of texts survive on disk, each once, and only as they were written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from data.errors import DamagedFile
from data.home import Home, resolve_home
from indexer.store.meaning import sentence_store
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
    here = stored.has(digests_of(["white house", "nobody", "red kite"]))
    assert here.tolist() == [True, False, True]
    assert len(stored.digests) == 3
    wanted = SENTENCES.encode(["white house", "blue boat"])
    assert np.allclose(stored.of(digests_of(["white house", "blue boat"])), wanted, atol=1e-3)
    assert not SentenceStore(home, "two").read().has(digests_of(["red kite"])).any()


@pytest.mark.parametrize("content", [b"", b"x", None])
def test_a_damaged_part_is_left_out_and_told(home: Home, content: bytes | None) -> None:
    store = SentenceStore(home, "one")
    damaged, whole = put(store, "red kite"), put(store, "blue boat")
    bytes_ = bytearray(damaged.read_bytes())
    bytes_[-1] ^= 1
    damaged.write_bytes(bytes(bytes_) if content is None else content)
    assert store.read().has(digests_of(["red kite", "blue boat"])).tolist() == [False, True]
    assert "not as they were written" in (store.problem(damaged) or "")
    assert store.problem(whole) is None
    with pytest.raises(DamagedFile):
        read_sentence_part(home, damaged)


def test_what_is_no_unit_vector_is_refused(home: Home) -> None:
    store = SentenceStore(home, "one")
    for wrong in (np.zeros((1, 4)), np.full((1, 4), np.nan), np.ones((1, 4))):
        with pytest.raises(ValueError, match="unit length"):
            store.write(digests_of(["x"]), wrong.astype(np.float32))
    assert store.parts() == []


def test_sweeping_keeps_what_is_used_in_one_part(home: Home) -> None:
    store = SentenceStore(home, "one")
    for text in ("red", "green", "blue"):
        put(store, text)
    store.sweep(digests_of(["red", "blue", "never stored"]))
    assert len(store.parts()) == 1
    assert store.read().has(digests_of(["red", "green", "blue"])).tolist() == [True, False, True]
    store.sweep(digests_of(["red", "blue"]))
    assert len(store.parts()) == 1, "a part that stays as it is is not removed"
    store.sweep(np.zeros(0, np.uint64))
    assert store.parts() == []


def test_small_parts_become_one_and_a_large_one_stays(home: Home) -> None:
    store = SentenceStore(home, "one")
    large = put(store, *(f"text {n}" for n in range(40)))
    for text in ("red", "green", "blue"):
        put(store, text)
        store.merge()
    assert large in store.parts()
    assert len(store.parts()) == 2
    assert store.read().n_stored == 43
    wanted = SENTENCES.encode(["text 7", "green"])
    assert np.allclose(store.read().of(digests_of(["text 7", "green"])), wanted, atol=1e-3)


def test_a_part_is_what_the_safetensors_library_reads(home: Home) -> None:
    arrays = load(put(SentenceStore(home, "one"), "red kite", "blue boat").read_bytes())
    assert arrays["texts"].tolist() == sorted(digests_of(["red kite", "blue boat"]).tolist())
    assert arrays["vectors"].shape == (2, SENTENCES.encode(["x"]).shape[1])


def test_what_an_older_version_wrote_in_another_order_is_read(home: Home) -> None:
    digests = np.sort(digests_of(["red", "green", "blue"]))[::-1].copy()
    vectors = np.eye(3, dtype=np.float16)
    content = save({"texts": digests, "vectors": vectors})
    store = SentenceStore(home, "one")
    store.folder.mkdir(parents=True)
    name = f"part-{hashlib.sha256(content).hexdigest()}.safetensors"
    (store.folder / name).write_bytes(content)
    assert np.array_equal(store.read().of(digests[1:]), vectors[1:])


def test_a_large_part_is_read_once_and_again_where_it_was_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence_store, "LARGE_OF_LINES", 100)
    store = SentenceStore(home, "one")
    path = put(store, "red kite", "blue boat")
    assert isinstance(read_sentence_part(home, path).vectors.base, np.memmap)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedFile, match="wrong checksum"):
        read_sentence_part(home, path)
