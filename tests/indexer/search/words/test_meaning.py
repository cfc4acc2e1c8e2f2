"""What lines mean counts beside their words, and never before a line that holds all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.lines.line import Channel, Line
from indexer.search.words.found import FoundWords
from indexer.search.words.meaning import WORTH_ADDING, open_meanings, with_meanings
from indexer.store.lines import ReadLines
from indexer.store.meaning.best_readings import best_readings
from indexer.store.meaning.columns import meant_lines
from indexer.store.meaning.meaning_index import MeaningIndex
from indexer.store.meaning.segment import MeaningSegment
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import FlatRows
from tests.fakes import random_units, unit_rows

LINE = Line(Channel.SPEECH, 1.0, 2.0, "the ferry leaves at nine")


def held(relevance: float, text: str = LINE.text) -> FoundWords:
    return FoundWords(1, replace(LINE, text=text), relevance, 1.0, ((4, 9),))


def meant(relevance: float, text: str = LINE.text) -> FoundWords:
    return FoundWords(1, replace(LINE, text=text), relevance, 0.5, (), by_meaning=True)


def test_a_line_found_twice_is_one_and_keeps_its_marks() -> None:
    (both,) = with_meanings([held(0.2)], [meant(0.7)])
    assert (both.relevance, both.marks, both.by_meaning) == (0.7, ((4, 9),), True)
    (words,) = with_meanings([held(0.7)], [meant(0.2)])
    assert (words.relevance, words.by_meaning) == (0.7, False)


@pytest.mark.parametrize("whole", [0.95, 0.9999])
def test_every_word_comes_before_the_same_meaning(whole: float) -> None:
    found = with_meanings([held(whole, "all words")], [meant(1.0, "other words")])
    assert [each.line.text for each in found] == ["all words", "other words"]
    assert found[0].relevance > found[1].relevance > 0.9


def test_a_few_of_the_words_do_not() -> None:
    found = with_meanings([held(0.6, "some words")], [meant(0.9, "other words")])
    assert [each.line.text for each in found] == ["other words", "some words"]


def index_of(
    rows: NDArray[np.float32], lines: Sequence[tuple[int, Line]], captions: NDArray[np.float32]
) -> MeaningIndex:
    """An index in memory of videos with a line each, which are their readings as well."""
    readings = [ReadLines(n, video_id, [line]) for n, (video_id, line) in enumerate(lines)]
    made = meant_lines(readings, rows.astype(np.float16))
    best = best_readings(captions, iter([(rows, np.ones(len(rows), np.int64))]))
    segment = MeaningSegment(made.columns, made.texts, FlatRows(HalfMatrix.of(rows)), best)
    return MeaningIndex("fake", (segment,))


def index(n: int, seed: int = 0) -> tuple[MeaningIndex, NDArray[np.float32]]:
    """Lines in random directions, compared with captions in random directions."""
    rng = np.random.default_rng(seed)
    rows, captions = random_units(rng, n, 48), random_units(rng, 500, 48)
    lines = [(number, replace(LINE, text=f"line {number}")) for number in range(n)]
    return index_of(rows, lines, captions), rows


def test_of_a_video_one_channel_counts_by_its_meaning() -> None:
    """The same guess twice is no more certain than once."""
    rng = np.random.default_rng(1)
    rows = unit_rows(random_units(rng, 1, 48) + 0.1 * random_units(rng, 4, 48))
    lines = [replace(LINE, channel=each) for each in (Channel.SPEECH, Channel.TITLE)] * 2
    made = index_of(
        rows, [(n // 2, each) for n, each in enumerate(lines)], random_units(rng, 500, 48)
    )
    meanings = open_meanings(made, np.arange(4, dtype=np.uint64))
    assert meanings is not None
    found = meanings.find(rows[0], frozenset(Channel))
    assert {each.video_id for each in found} == {0, 1}
    assert len(found) == 2
    assert found[0].line.channel == Channel.SPEECH


def test_a_line_that_says_nothing_does_not_stand_for_its_video() -> None:
    """In a home whose codes were encoded: what else is near in the video is found all the same."""
    rng = np.random.default_rng(1)
    rows = unit_rows(random_units(rng, 1, 48) + 0.1 * random_units(rng, 2, 48))
    code = replace(LINE, channel=Channel.TITLE, text="slp 07")
    made = index_of(rows, [(0, code), (0, LINE)], random_units(rng, 500, 48))
    meanings = open_meanings(made, np.arange(2, dtype=np.uint64))
    assert meanings is not None
    assert [each.line for each in meanings.find(rows[0], frozenset(Channel))] == [code]
    found = meanings.find(rows[0], frozenset(Channel), says_something=lambda text: "07" not in text)
    assert [each.line for each in found] == [LINE]


def test_relevance_is_how_unlikely_the_score_is_for_an_unrelated_text() -> None:
    for n in (3, 30, 3000):
        made, rows = index(n)
        meanings = open_meanings(made, np.arange(n, dtype=np.uint64))
        assert meanings is not None
        found = meanings.find(rows[1], frozenset(Channel))
        assert (found[0].line.text, found[0].by_meaning) == ("line 1", True)
        assert found[0].relevance > 0.95
        rng = np.random.default_rng(7)
        others = [meanings.find(each, frozenset(Channel)) for each in random_units(rng, 200, 48)]
        confident = np.mean([bool(some) and some[0].relevance >= 0.5 for some in others])
        assert confident <= 0.13, "at most one unrelated text in ten, give or take chance"
        assert all(each.relevance >= WORTH_ADDING for some in others for each in some)
