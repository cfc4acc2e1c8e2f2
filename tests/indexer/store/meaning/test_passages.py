"""A line is encoded with the passage that it stands in."""

import numpy as np

from data.lines import Channel, Line
from indexer.store.meaning.passages import (
    PASSAGE_WORDS,
    digests_of,
    joined_vectors,
    passages_of,
)
from tests.fakes import random_units


def line(text: str, start_s: float) -> Line:
    return Line(Channel.SPEECH, start_s, start_s + 1, text, "en")


def test_neighbours_make_a_passage_until_it_is_long_enough() -> None:
    words = [f"{n} one two three four five six seven" for n in range(7)]
    passages = passages_of([line(text, float(n)) for n, text in enumerate(words)])
    assert len(passages) == 7
    first, second = " ".join(words[:3]), " ".join(words[3:])
    assert passages == [first] * 3 + [second] * 4, "the short end belongs to the one before"
    assert len(first.split()) == PASSAGE_WORDS


def test_a_pause_ends_a_passage() -> None:
    assert passages_of([line("before", 0.0), line("after", 20.0)]) == ["before", "after"]
    assert passages_of([line("before", 0.0), line("after", 10.0)]) == ["before after"] * 2
    assert passages_of([]) == []


def test_a_line_that_is_its_passage_has_its_own_vector() -> None:
    rows = random_units(np.random.default_rng(0), 2, 16)
    assert np.allclose(joined_vectors(rows, rows), rows, atol=1e-6)
    joined = joined_vectors(rows[:1], rows[1:])
    assert joined @ rows[1] > joined @ rows[0] > 0.1


def test_texts_are_told_apart_by_their_digests() -> None:
    assert len(set(digests_of([f"text {n}" for n in range(1000)]).tolist())) == 1000
    assert digests_of(["a"])[0] == digests_of(["a"])[0] != digests_of(["b"])[0]
