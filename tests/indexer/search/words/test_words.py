"""Words find the lines that hold them, in any script, and say where."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from data.lines.line import Channel, Line
from indexer.search.words.asking import LinesAsked
from indexer.search.words.found import FoundWords
from indexer.search.words.rarity import ask
from indexer.search.words.word_index import WordIndex
from indexer.search.words.words import FETCHED, LEAST_RELEVANCE, find_words
from indexer.store.lines import ReadLines
from indexer.store.text.full_text import FullText

ALL = frozenset(Channel)
SAID = [
    "The ferry to the island leaves at nine",
    "We walked along the harbour and watched the boats",
    "Nobody had told them about the storm",
    "A walk in the park is good for the heart",
]


def words_of(lines: Iterable[Line]) -> WordIndex:
    """Each line in a reading of its own, of videos 1, 2, ..."""
    readings = [ReadLines(n, n, [line]) for n, line in enumerate(lines, start=1)]
    index = FullText.in_memory(readings)
    return WordIndex((index,), index.readings)


def said(*texts: str, channel: Channel = Channel.SPEECH, language: str = "en") -> WordIndex:
    return words_of(Line(channel, 3.25, 4.5, text, language) for text in texts)


def find(words: WordIndex, text: str, **kwargs: object) -> list[FoundWords]:
    channels = kwargs.get("channels", ALL)
    assert isinstance(channels, frozenset)
    return find_words(ask(text, words), words, channels=channels)


def marked(found: FoundWords) -> list[str]:
    return [found.line.text[start:end] for start, end in found.marks]


def test_the_line_with_the_words_comes_first_with_its_time_and_its_marks() -> None:
    found = find(said(*SAID), "boats in the harbour")
    assert found[0].video_id == 2
    assert (found[0].line.start_s, found[0].line.end_s) == (3.25, 4.5)
    assert marked(found[0]) == ["harbour", "boats"]
    assert found[0].relevance > 0.9
    assert all(each.relevance < 0.1 for each in found[1:])


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "We walked along", "walking"),
        ("de", "Die Katzen schlafen", "katze"),
        ("fr", "les chevaux galopaient", "galoper"),
        ("es", "corriendo por la calle", "corre"),
        ("ru", "девочки бегут домой", "девочка"),
        ("", "Überraschung", "uberraschung"),
        ("de", "Straße", "strasse"),
        ("en", "the café is closed", "cafe"),
    ],
)
def test_forms_and_accents_do_not_matter(language: str, text: str, query: str) -> None:
    words = said(text, "something else", language=language)
    assert [each.video_id for each in find(words, query)] == [1]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("女孩跑过街道去学校", "学校"),
        ("女孩跑过街道去学校", "街"),
        ("วันนี้อากาศดีมาก", "อากาศ"),
        ("東京タワーを見た", "タワー"),
        ("학교에서 공부했다", "학교"),
    ],
)
def test_a_word_inside_a_run_without_spaces_is_found(text: str, query: str) -> None:
    found = find(said(text, "天气很好", "สวัสดีครับ"), query)
    assert found[0].video_id == 1
    assert marked(found[0]) == [query]
    assert found[0].relevance > 0.9


def test_capitals_that_were_read_without_spaces_are_found() -> None:
    words = said("PLATFORM9CLOSED", "PLATFORM4OPEN", channel=Channel.SCREEN)
    found = find(words, "platform 9 closed")
    assert found[0].video_id == 1
    assert found[0].relevance > 0.9
    assert marked(found[0]) == ["PLATFORM9CLOSED"]
    assert marked(find(words, "closed")[0]) == ["CLOSED"]
    assert [each.video_id for each in find(words, '"platform 9 closed"')] == [1]
    assert find(said("PLATFORM9CLOSED"), "closed") == []  # only readers of pictures lose spaces


def test_quoted_words_have_to_stand_so() -> None:
    words = said("the red car stops", "a car, red and fast", "red cars stop")
    assert [each.video_id for each in find(words, '"red car"')] == [1]
    assert {each.video_id for each in find(words, "red car")} == {1, 2, 3}
    assert [each.video_id for each in find(words, '"red car" stops')] == [1]
    assert find(words, '"fast car"') == []
    assert find(words, "“red and fast”")[0].video_id == 2
    assert [each.video_id for each in find(said("女孩跑过街道", "跑女孩过"), '"女孩跑"')] == [1]


def test_a_phrase_in_order_is_more_than_its_words() -> None:
    found = find(said("car red the", "the red car"), "red car")
    assert [each.video_id for each in found] == [2, 1]
    assert found[0].relevance > found[1].relevance


def test_a_part_of_the_words_is_little() -> None:
    found = find(said(*SAID), "a storm over the desert at midnight")
    assert found[0].video_id == 3
    assert found[0].relevance < 0.2


def test_words_without_meaning_say_nothing_but_in_a_row() -> None:
    words = said(*SAID, "To be or not to be, that is the question", "Be not the one or to be there")
    assert all(each.relevance < 0.1 for each in find(words, "the"))
    assert find(words, "the submarine") == []
    first, second = find(words, '"to be or not to be"')[0], find(words, "to be or not to be")[0]
    assert first.video_id == second.video_id == 5
    assert second.relevance > 0.5


def test_channels_and_videos_restrict() -> None:
    words = words_of(
        Line(channel, 0, 1, "the lighthouse") for channel in (Channel.SPEECH, Channel.TITLE)
    )
    only = frozenset((Channel.TITLE,))
    assert [each.video_id for each in find(words, "lighthouse", channels=only)] == [2]
    asked = ask("lighthouse", words)
    assert find_words(asked, words, channels=ALL, videos={1})[0].video_id == 1
    assert find_words(asked, words, channels=frozenset()) == []


def test_lines_that_are_out_of_date_are_not_found_however_many() -> None:
    readings = [ReadLines(n, n, [Line(Channel.SPEECH, 0, 1, "a bell")]) for n in range(1, 500)]
    index = FullText.in_memory(readings)
    words = WordIndex((index,), np.array([499], np.uint64))
    assert [each.video_id for each in find_words(ask("bell", words), words, channels=ALL)] == [499]


@pytest.mark.parametrize("text", ["", "   ", "!?", '""', '"', "\x01", "the", "a" * 5000, "🙂"])
def test_odd_queries_find_nothing_wrong(text: str) -> None:
    for found in find(said(*SAID), text):
        assert 0 <= found.relevance <= 1


def test_where_rare_words_tell_no_line_is_looked_at_for_a_frequent_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = [f"the harbour at number {n}" for n in range(60)]
    words = said("a zeppelin over the harbour", *usual, "a green zeppelin")
    all_of_them = find(words, "harbour zeppelin")
    monkeypatch.setattr("indexer.search.words.words.MANY_LINES", 10)
    telling = find(words, "harbour zeppelin")
    assert [each.video_id for each in telling] == [1, 62]
    good = [each for each in all_of_them if each.relevance >= LEAST_RELEVANCE]
    assert [(each.video_id, each.relevance) for each in telling] == [
        (each.video_id, each.relevance) for each in good
    ]
    assert len(all_of_them) > len(good)  # what is left out is worth nothing
    assert len(find(words, "harbour")) == FETCHED  # and alone it is looked for
    assert [each.video_id for each in find(words, '"the harbour" zeppelin')] == [1]


@pytest.mark.parametrize("k", [10, 100])
def test_as_many_lines_as_are_wanted_are_found(k: int) -> None:
    lines = LinesAsked(said(*["the harbour"] * 120), None)
    found, _ = lines.find("harbour", ALL, None, k=k)
    assert len({each.video_id for each in found}) >= k
