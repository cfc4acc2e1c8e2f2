"""Lines are encoded once per text and model, and the vectors outlive generations and catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.lines.line import Channel
from data.sealed import seal
from embeddings.starter.labels import caption_texts
from indexer.build.interrupt import Interrupt
from indexer.build.pipeline import rebuild
from indexer.build.progress import Meter
from indexer.build.recording.record import writing_session
from indexer.build.words import encode_lines
from indexer.build.words.encode_lines import LineEncoder
from indexer.search.query import Query
from indexer.search.result import SearchResult
from indexer.search.searcher import Searcher
from indexer.store.generations import open_generation
from indexer.store.meaning.passages import digests_of
from indexer.store.meaning.sentence_store import SentenceStore
from indexer.store.meaning.status import meaning_state
from indexer.store.publishing import publish
from indexer.verify import verify_library
from tests.fakes import FakeSentences, RandomEncoder
from tests.indexer.said import ENGINE, encode, home_with_talk, say, texts_of
from tests.indexer.stored import ENCODER, file_of

CAPTIONS = len(caption_texts())


class Hash(RandomEncoder):
    id = ENCODER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_talk(tmp_path, "harbour", "island")


def search(home: Home, text: str, sentences: FakeSentences) -> SearchResult:
    searcher = Searcher(home, Hash(), open_sentences=lambda folder: sentences)
    with closing(searcher):
        return searcher.search(Query(text, channels=frozenset((Channel.SPEECH,))), 3)


def published(home: Home) -> set[str]:
    generation = open_generation(home)
    assert generation is not None
    if generation.meaning is None:
        return set()
    return {text for each in generation.meaning.segments for text in each.texts["text"].to_pylist()}


def spoil_index(home: Home) -> None:
    """Damage what the generations know of meanings, and make a new one from what is stored."""
    for path in home.index.glob("meanings/*/*"):
        path.write_bytes(b"damaged")
    rebuild(home)


SAID = {text for name in ("harbour", "island") for text in texts_of(name)}


def test_what_lines_mean_is_published_and_found(home: Home) -> None:
    sentences = FakeSentences()
    assert set(encode(home, sentences)) == published(home) == SAID
    assert len(sentences.texts) == len(set(sentences.texts))
    hit = search(home, "a ship departs island", sentences).hits[0]
    assert (hit.path.stem, hit.start_s, hit.end_s) == ("island", 0.0, 2.0)
    (match,) = [match for match in hit.matched if match.by_meaning]
    assert match.text == "the ferry leaves from island"


def test_a_code_is_found_by_what_it_says_and_not_by_what_it_means(home: Home) -> None:
    class KnowsNoWord(FakeSentences):
        def knows(self, word: str) -> bool:
            return False

    with writing_session(home) as catalogue:
        say(catalogue, "film", ["ship 07"])
    encode(home, FakeSentences())

    def found(text: str, sentences: FakeSentences) -> set[str]:
        return {each.text for hit in search(home, text, sentences).hits for each in hit.matched}

    assert "ship 07" in found("ferry", FakeSentences())
    assert "ship 07" not in found("ferry", KnowsNoWord())
    assert "the ferry leaves from island" in found("ferry", KnowsNoWord())
    assert "ship 07" in found("ship", KnowsNoWord())


def test_nothing_is_encoded_twice(home: Home) -> None:
    encode(home, FakeSentences())
    again = FakeSentences()
    assert encode(home, again) == []
    with writing_session(home) as catalogue:
        catalogue.files.remove([file_of("island")])
        say(catalogue, "bay")
    assert len(encode(home, again)) == 2
    said = {text.replace("island", "bay") for text in SAID}
    assert published(home) == said
    spoil_index(home)
    assert published(home) == said, "made anew from what is stored"
    with writing_session(home) as catalogue:  # a reading whose lines say the same
        catalogue.readings.forget(ENGINE, [1])
        say(catalogue, "harbour")
    assert len(encode(home, again)) == 2
    assert published(home) == said


def test_meanings_that_did_not_change_are_shared_and_not_made_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode(home, FakeSentences())
    before = open_generation(home)
    assert before is not None

    def read(self: SentenceStore) -> NoReturn:
        raise AssertionError("what is published was read again")

    with monkeypatch.context() as patched, writing_session(home) as catalogue:
        patched.setattr(SentenceStore, "read", read)
        after = publish(home, catalogue, ENCODER)
    assert before.manifest.meanings == after.manifest.meanings != ()
    assert published(home) == SAID
    assert verify_library(home).problems == []
    with writing_session(home) as catalogue:
        say(catalogue, "mountain")
    encode(home, FakeSentences())
    assert published(home) == SAID | set(texts_of("mountain"))


def test_a_stopped_run_goes_on(home: Home) -> None:
    class Stops(FakeSentences):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if "painted in island red" in texts:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        encode(home, Stops())
    with writing_session(home) as catalogue:
        publish(home, catalogue, ENCODER)
    assert published(home) == {text for text in SAID if "harbour" in text}
    assert encode(home, FakeSentences()) == ["painted in island red"]
    assert published(home) == SAID


def test_another_model_serves_once_it_has_encoded_all(home: Home) -> None:
    one, two = FakeSentences(), FakeSentences(2)
    encode(home, one)
    assert set(encode(home, two)) == published(home) == SAID
    with Catalogue(home) as catalogue:
        assert catalogue.sentence_model == two.id
    assert len(SentenceStore(home, one.id).read().digests) == CAPTIONS + len(SAID)
    assert search(home, "a ship departs island", two).hits[0].path.stem == "island"
    stale = search(home, "a ship departs island", one)
    assert any("not the one that encoded the lines" in each for each in stale.warnings)


def test_a_model_that_moved_is_looked_for_in_its_new_folder(home: Home, tmp_path: Path) -> None:
    encode(home, FakeSentences())
    for folder in (tmp_path / "model", None):
        with writing_session(home) as catalogue:
            encoder = LineEncoder(catalogue, FakeSentences(), folder)
            assert not encoder.encode(Interrupt(), Meter(None), lambda: None)
            assert catalogue.sentence_folder == folder


def test_without_an_encoder_words_are_still_found(home: Home) -> None:
    result = search(home, "island ferry", FakeSentences())
    assert result.hits[0].path.stem == "island"
    assert result.warnings == ()


def test_a_dead_channel_is_told_with_every_answer(home: Home) -> None:
    encode(home, FakeSentences())
    with Catalogue(home) as catalogue:
        state = meaning_state(catalogue, np.zeros(0, np.uint64))
    assert (state.lines, state.pending) == (0, 4)
    for part in SentenceStore(home, FakeSentences().id).parts():
        part.unlink()
    spoil_index(home)
    result = search(home, "a ship departs island", FakeSentences())
    assert any("none of 4 lines can be found by what it means" in w for w in result.warnings)


def test_damaged_vectors_are_removed_and_encoded_again(home: Home) -> None:
    encode(home, FakeSentences())
    for part in SentenceStore(home, FakeSentences().id).parts():
        part.write_bytes(b"x")
    assert any("sentence vectors" in each.what for each in verify_library(home).problems)
    report = verify_library(home, repair=True)
    assert report.problems == []
    assert any("removed damaged sentence vectors" in line for line in report.repaired)
    assert published(home) == SAID, "the index keeps what it has"
    spoil_index(home)
    assert published(home) == set()
    assert set(encode(home, FakeSentences())) == published(home) == SAID


def test_small_parts_become_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode_lines, "FLUSH_TEXTS", 1)
    sentences = FakeSentences()
    encode(home, sentences)
    store = SentenceStore(home, sentences.id)
    assert len(store.parts()) == 2, "that of the captions is far larger"
    assert len(store.read().digests) == CAPTIONS + len(SAID)


def test_vectors_that_are_of_no_use_are_dropped_where_they_are_more_than_half(home: Home) -> None:
    sentences = FakeSentences()
    store = SentenceStore(home, sentences.id)
    of_no_use = [f"text {n}" for n in range(2 * (CAPTIONS + 2 * len(SAID)))]
    store.write(digests_of(of_no_use[:400]), sentences.encode(of_no_use[:400]))
    encode(home, sentences)
    assert len(store.read().digests) == CAPTIONS + len(SAID) + 400
    store.write(digests_of(of_no_use), sentences.encode(of_no_use))
    with writing_session(home) as catalogue:
        say(catalogue, "mountain")
    encode(home, sentences)
    assert len(store.read().digests) == CAPTIONS + len(SAID) + 2
    assert published(home) == SAID | set(texts_of("mountain"))


def test_what_an_older_version_published_is_made_anew_without_encoding(home: Home) -> None:
    encode(home, FakeSentences())
    generation = open_generation(home)
    assert generation is not None
    older = {
        name: value for name, value in asdict(generation.manifest).items() if name != "meanings"
    }
    (generation.folder / "manifest.json").write_bytes(seal(older))
    result = search(home, "a ship departs island", FakeSentences())
    assert any("none of 4 lines can be found by what it means" in each for each in result.warnings)
    assert search(home, "ferry island", FakeSentences()).hits[0].path.stem == "island"
    again = FakeSentences()
    assert encode(home, again) == []
    assert published(home) == SAID
    assert search(home, "a ship departs island", again).warnings == ()
