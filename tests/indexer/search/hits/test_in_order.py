"""Several things in the order in which they were asked, among stored colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from data.home import Home
from indexer.search.examples.frames import Reading
from indexer.search.hits import in_order
from indexer.search.hits.in_order import _best_chain
from indexer.search.query import MOST_STEPS, Filters, Query
from indexer.search.query_vectors import QueryVectors
from indexer.search.result import Hit, SearchResult
from indexer.search.searcher import Searcher
from indexer.search.view import View
from tests.fakes import ColourEncoder
from tests.indexer.made import store
from tests.indexer.search.found import colour, names, stretches

LIBRARY = {
    "red-blue": ("red", "green", "blue"),
    "blue-red": ("blue", "green", "red"),
    "red": ("red", "green", "white"),
    "blue": ("white", "blue", "green"),
    "far": ("red", "white", "white", "white", "white", "blue"),
}


@pytest.fixture
def searcher(home: Home) -> Searcher:
    """Clips of four seconds."""
    store(home, {name: colour(*words) for name, words in LIBRARY.items()})
    return Searcher(home, ColourEncoder())


def ordered(searcher: Searcher, *steps: str, within_s: float | None = None) -> SearchResult:
    return searcher.search(Query(steps[0], then=steps[1:], within_s=within_s))


def test_only_what_comes_in_the_order_that_was_asked_is_a_match(searcher: Searcher) -> None:
    alone = searcher.search(Query("red"), k=3)
    assert len(set(names(alone))) == 3  # red by itself tells them not apart
    result = ordered(searcher, "red", "blue")
    assert set(names(result)[:2]) == {"red-blue", "far"}
    assert result.confident
    assert all(hit.relevance < 0.1 for hit in result.hits[2:])
    assert names(ordered(searcher, "blue", "red"))[0] == "blue-red"


def test_a_hit_reaches_from_the_first_step_to_the_last_and_names_each(searcher: Searcher) -> None:
    (hit,) = ordered(searcher, "red", "green", "blue").hits[:1]
    assert (hit.path.name, hit.start_s, hit.end_s) == ("red-blue", 0.0, 12.0)
    steps = [(step.text, step.start_s, step.end_s) for step in hit.steps]
    assert steps == [("red", 0.0, 4.0), ("green", 4.0, 8.0), ("blue", 8.0, 12.0)]
    product = np.prod([step.relevance for step in hit.steps])
    assert hit.relevance == pytest.approx(float(product))
    assert len(hit.clip_ids) == 3


def test_what_comes_too_late_is_no_match(searcher: Searcher) -> None:
    near = ordered(searcher, "red", "blue", within_s=4.0)
    far = [hit for hit in near.hits if hit.path.name == "far"]
    assert names(near)[0] == "red-blue"
    assert all(hit.relevance < 0.1 for hit in far)
    assert not ordered(searcher, "red", "blue", within_s=3.9).confident


def test_filters_hold_for_the_whole_sequence(searcher: Searcher) -> None:
    query = Query("red", then=("blue",))
    assert "far" in names(searcher.search(query))
    short = searcher.search(query, filters=Filters(max_duration_s=12.0))
    assert "far" not in names(short)
    least = searcher.search(query, filters=Filters(min_relevance=0.5))
    assert set(names(least)) == {"red-blue", "far"}


def test_a_step_that_much_of_a_library_shows_is_found_beyond_its_first_candidates(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "CANDIDATES", 5)
    many = {f"red-{i:02d}": colour("red", "white", "green") for i in range(40)}
    store(home, many | {"wanted": colour("white", "red", "blue")})
    searcher = Searcher(home, ColourEncoder())
    assert "wanted" not in names(searcher.search(Query("red"), k=5, merge=False))
    result = ordered(searcher, "red", "blue")
    assert stretches(result)[0] == ("wanted", 4.0, 12.0)
    # Of the few videos that are compared then, each still competes with the whole library.
    whole = searcher.search(Query("blue"), k=1).hits[0]
    assert result.hits[0].steps[1].relevance == pytest.approx(whole.relevance, abs=1e-6)


def test_an_example_is_read_once_whatever_the_number_of_steps(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "CANDIDATES", 2)
    store(home, {name: colour(*words) for name, words in LIBRARY.items()})
    searcher = Searcher(home, ColourEncoder())
    embedded: list[Query] = []
    embed = searcher.embed

    def counted(query: Query, view: View, reading: Reading) -> QueryVectors:
        embedded.append(query)
        return embed(query, view, reading)

    monkeypatch.setattr(searcher, "embed", counted)
    ordered(searcher, "red", "blue")
    assert [query.text for query in embedded] == ["red", "blue"]


def moment(rng: np.random.Generator) -> Hit:
    start_s = float(rng.integers(0, 12))
    end_s, relevance = start_s + float(rng.integers(1, 5)), float(rng.uniform(0.01, 1))
    why: dict[str, float | None] = {"visual": relevance, "text": None}
    return Hit(1, 7, Path("a"), "a", start_s, end_s, relevance, relevance, why)


def test_the_best_sequence_is_that_of_all_combinations() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        steps = [[moment(rng) for _ in range(rng.integers(1, 5))] for _ in range(3)]
        within_s = float(rng.integers(0, 6))
        right = [
            (a, b, c)
            for a in steps[0]
            for b in steps[1]
            for c in steps[2]
            if follows(a, b, within_s) and follows(b, c, within_s)
        ]
        found = _best_chain(steps, within_s)
        if not right:
            assert found is None
            continue
        assert found is not None
        best = max(float(np.prod([hit.relevance for hit in hits])) for hits in right)
        assert np.exp(found.weight) == pytest.approx(best, rel=1e-6)
        assert found.hits in right


def follows(a: Hit, b: Hit, within_s: float) -> bool:
    return b.start_s > a.start_s and b.start_s - a.end_s <= within_s


def test_the_order_of_steps_is_checked_before_anything_is_searched() -> None:
    for wrong in ({"then": (" ",)}, {"within_s": 3.0}, {"then": ("b",), "within_s": -1.0}):
        with pytest.raises(ReelwiseError):
            Query("a", **wrong)
    with pytest.raises(ReelwiseError, match="at most"):
        Query("a", then=("b",) * MOST_STEPS)
    query = Query("a", without="c", then=("b",), within_s=2.0)
    assert query.as_dict() == {"text": "a", "without": "c", "then": ["b"], "within_s": 2.0}
    first, second = query.steps
    assert (first.text, second.text, second.without, second.then) == ("a", "b", "c", ())
