"""Queries, their filters, and references to a stretch of a video."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from indexer.search.query import Query, Span, parse_span


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("a.mp4", ("a.mp4", None)),
        ("a.mp4@2-5", ("a.mp4", Span(2, 5))),
        ("a@b.mp4@2.5-7.25", ("a@b.mp4", Span(2.5, 7.25))),
        ("a@b.mp4", ("a@b.mp4", None)),
        ("a.mp4@2", ("a.mp4@2", None)),
        ("12@0-4", ("12", Span(0, 4))),
    ],
)
def test_a_reference_may_end_with_a_stretch(ref: str, expected: tuple[str, Span | None]) -> None:
    assert parse_span(ref) == expected


def test_a_file_whose_name_looks_like_a_stretch_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip@1-2"
    path.touch()
    assert parse_span(str(path)) == (str(path), None)


@pytest.mark.parametrize("ref", ["a.mp4@5-2", "a.mp4@5-5"])
def test_a_stretch_that_ends_before_it_starts_is_refused_and_the_advice_works(ref: str) -> None:
    with pytest.raises(ReelwiseError, match="ends after it starts") as refused:
        parse_span(ref)
    assert parse_span(refused.value.fix)[1] is not None


@pytest.mark.parametrize(("text", "without"), [(None, None), ("  ", None), (None, "blue")])
def test_a_query_needs_something_to_look_for(text: str | None, without: str | None) -> None:
    with pytest.raises(ReelwiseError, match="something to look for"):
        Query(text=text, without=without)


def test_a_query_as_a_dict_has_only_the_given_parts() -> None:
    query = Query(text=" red ", like=Path("a.mp4"), without="blue")
    assert query.as_dict() == {"text": "red", "like": "a.mp4", "without": "blue"}
