"""What `benchmarks.trust.kills` expects of sentence vectors, stored and published."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.trust.kill_child import HashSentences, lines_of
from data.home import Home
from indexer.store.meaning.meaning_index import MeaningIndex
from indexer.store.meaning.passages import digests_of, joined_vectors, passages_of
from indexer.store.meaning.sentence_store import SentenceStore, TextVectors

SENTENCES = HashSentences()
_SLACK = 2e-3


def texts_not_stored(home: Home, contents: Iterable[str]) -> set[str]:
    """The contents of which the vector of a text is missing or another one."""
    stored = SentenceStore(home, SENTENCES.id).read()
    return {
        content
        for content in contents
        if not all(_is_stored(stored, text) for text in texts_of_content(content))
    }


def texts_of_content(content: str) -> list[str]:
    """What is encoded of some content: its lines, and last the passage that they make."""
    lines = lines_of(content)
    return [*(line.text for line in lines), passages_of(lines)[0]]


def _is_stored(stored: TextVectors, text: str) -> bool:
    digests = digests_of([text])
    if not stored.has(digests)[0]:
        return False
    return bool(np.allclose(stored.of(digests), SENTENCES.encode([text]), atol=_SLACK))


def lines_in(meaning: MeaningIndex) -> list[tuple[int, str]]:
    """The rows of a published index: reading and text."""
    return [
        (number, text)
        for each in meaning.segments
        for number, text in zip(
            np.repeat(each.columns.numbers, each.columns.counts).tolist(),
            each.texts["text"].to_pylist(),
            strict=True,
        )
    ]


def n_wrong_vectors(meaning: MeaningIndex) -> int:
    """How many of its vectors are not those of line and passage."""
    texts = [text for _, text in lines_in(meaning)]
    passages = [texts_of_content(text.partition(" ")[0])[-1] for text in texts]
    expected = joined_vectors(SENTENCES.encode(texts), SENTENCES.encode(passages))
    given = np.concatenate([each.index.matrix.half for each in meaning.segments])
    return int(np.count_nonzero(~np.isclose(given, expected, atol=_SLACK).all(axis=1)))
