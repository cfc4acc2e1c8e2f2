"""Talks are found by paraphrases, and by nothing else than their meaning."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from benchmarks.search.fusion import Talk, talks
from data.catalogue.catalogue import Catalogue
from data.lines.line import Channel, Line, Reading
from embeddings.opening.choice import PACKAGED_SENTENCES
from embeddings.words.sentences import open_sentences, shared_sentences
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import writing_session
from indexer.build.recording.record_lines import LinesBuffer
from indexer.build.words.encode_lines import LineEncoder
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.store.lines import LineStore
from indexer.store.publishing import publish
from indexer.store.text.analysis import is_function_word, stem, words_in
from tests.fakes import RandomEncoder
from tests.indexer.stored import ENCODER, add, file_of, new_home

FILMS = 10


class Hash(RandomEncoder):
    id = ENCODER


def stems(text: str) -> set[str]:
    words = [word.text for word in words_in(text)]
    return {stem(word, "en") for word in words if not is_function_word(word, frozenset(("en",)))}


def test_a_paraphrase_shares_no_word_with_what_it_means() -> None:
    assert len(talks()) == 30
    for talk in talks():
        assert stems(talk.paraphrase) & stems(talk.lines[talk.place]) == set()


def test_paraphrases_find_the_talk_and_the_time(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    some = talks()[:FILMS]
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER, "hash")
        catalogue.readings.serve({Channel.SPEECH: "hears-1"})
        add(catalogue, [str(n) for n in range(FILMS)])
        _say(catalogue, some)
        assert LineEncoder(catalogue, shared_sentences()).encode(
            Interrupt(), Meter(None), lambda: None
        )
        publish(home, catalogue, ENCODER)
    with closing(Searcher(home, Hash())) as searcher:
        speech = frozenset((Channel.SPEECH,))
        results = [searcher.search(Query(talk.paraphrase, channels=speech), 1) for talk in some]
        unrelated = searcher.search(Query("a penguin plays the guitar", channels=speech), 1)
    assert not unrelated.confident
    found = [result.hits[0].path.stem == str(n) for n, result in enumerate(results)]
    near = [
        abs(result.hits[0].start_s - 2.0 * talk.place) <= 1.0
        for talk, result in zip(some, results, strict=True)
    ]
    assert sum(found) >= 8
    assert sum(near) >= 6
    assert sum(result.confident for result in results) >= 6


def _say(catalogue: Catalogue, some: list[Talk]) -> None:
    buffer = LinesBuffer(catalogue, LineStore(catalogue.home, "hears-1"))
    files = catalogue.files.known()
    for n, talk in enumerate(some):
        lines = [
            Line(Channel.SPEECH, 2.0 * at, 2.0 * at + 1.8, text, "en")
            for at, text in enumerate(talk.lines)
        ]
        video_id = files[file_of(str(n))].video_id
        buffer.add(video_id or 0, Channel.SPEECH, Reading(tuple(lines)))
    buffer.flush()


def test_the_packaged_encoder_is_the_one_that_the_captions_are_of() -> None:
    assert open_sentences().id == PACKAGED_SENTENCES
