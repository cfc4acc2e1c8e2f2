"""What an encoder does not understand makes no match."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.toons.names import toon_name
from indexer.search.hits.understood import as_understood
from indexer.search.query import Query
from indexer.search.result import Hit, SearchResult

KITE, TOON = Path("/v/kite.mp4"), Path("/v") / toon_name(7)


def hit(path: Path, relevance: float) -> Hit:
    return Hit(1, 1, path, "", 0.0, 5.0, 0.3, relevance, {}, (7,))


def result(*hits: Hit) -> SearchResult:
    return SearchResult(list(hits), 0.0, confident=True, generation=1, encoder="toon")


def test_unknown_words_take_their_share_and_are_told() -> None:
    known = as_understood("toon", Query("a red car"), result(hit(TOON, 0.8)), 0.0)
    assert (known.not_understood, known.hits[0].relevance) == ((), 0.8)
    half = as_understood("toon", Query("red zyxwv"), result(hit(TOON, 0.8)), 0.0)
    assert half.not_understood == ("zyxwv",)
    assert 0 < half.hits[0].relevance < 0.8
    none = as_understood("toon", Query("zyxwv"), result(hit(TOON, 0.8)), 0.1)
    assert (none.hits, none.confident) == ([], False)


@pytest.mark.parametrize(("encoder", "relevance"), [("toon", 0.0), ("starter", 0.8)])
def test_an_encoder_that_knows_only_cartoons_matches_no_other_video(
    encoder: str, relevance: float
) -> None:
    judged = as_understood(encoder, Query("a red car"), result(hit(KITE, 0.8)), 0.0)
    assert judged.hits[0].relevance == relevance
    assert judged.confident is (relevance > 0)


def test_an_example_is_judged_whatever_it_shows() -> None:
    asked = Query("zyxwv", "kite.mp4")
    assert as_understood("toon", asked, result(hit(KITE, 0.8)), 0.0).hits[0].relevance == 0.8
