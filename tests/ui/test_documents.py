"""What a person reads as the reason of a recommendation."""

import pytest

from recommender.answer.items import REST
from recommender.answer.playing import PLAYING
from recommender.model.model import CROWD, SOURCES
from ui.documents import REASONS, reason_in_words

LATER = ("sequence", "adapted")
ALL = tuple(dict.fromkeys((*SOURCES, PLAYING, REST, *LATER)))
ALONE = (*CROWD, REST)


def item(source, title=None):
    because = None if title is None else {"video_id": "7", "title": title}
    return {"source": source, "because": because}


@pytest.mark.parametrize("source", ALL)
def test_every_source_has_a_sentence_that_names_its_cause_where_it_has_one(source) -> None:
    assert source in REASONS
    told = reason_in_words(item(source, None if source in ALONE else "Red {kite}"))
    assert ("Red {kite}" in told) == (source not in ALONE)
    assert "{title}" not in told
    assert told != source


def test_no_two_kinds_of_reason_read_the_same() -> None:
    same = {"co-watch", "co-watch ever", "walk"}
    told = [REASONS[source] for source in ALL if source not in same]
    assert len(set(told)) == len(told)


def test_an_unknown_source_is_told_by_its_name() -> None:
    assert reason_in_words(item("moon", "Kite")) == "moon: Kite"
    assert reason_in_words(item("moon")) == "moon"
