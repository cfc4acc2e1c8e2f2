"""References to a part of a video."""

import shlex
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from indexer.search.spans import Span, parse_span
from ui.terminal.text import span as as_printed


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("a.mp4", ("a.mp4", None)),
        ("a.mp4@2-5", ("a.mp4", Span(2, 5))),
        ("a@b.mp4@2.5-7.25", ("a@b.mp4", Span(2.5, 7.25))),
        ("a@b.mp4", ("a@b.mp4", None)),
        ("12@0-4", ("12", Span(0, 4))),
        ("a.mp4@0:01-0:03.5", ("a.mp4", Span(1, 3.5))),
        ("a.mp4@59-1:02:03", ("a.mp4", Span(59, 3723))),
        ("me@home", ("me@home", None)),
        ("a.mp4@b.mkv", ("a.mp4@b.mkv", None)),
    ],
)
def test_a_reference_may_end_with_a_part(ref: str, expected: tuple[str, Span | None]) -> None:
    assert parse_span(ref) == expected


@pytest.mark.parametrize("times_s", [(4.0, 9.5), (61.5, 3725.0)])
def test_what_a_result_prints_can_be_typed(times_s: tuple[float, float]) -> None:
    assert parse_span(f"a.mp4@{as_printed(*times_s)}") == ("a.mp4", Span(*times_s))


def test_a_file_whose_name_looks_like_a_part_stays_whole(tmp_path: Path) -> None:
    for name in ("clip@1-2", "clip.mp4@abc"):
        path = tmp_path / name
        path.touch()
        assert parse_span(str(path)) == (str(path), None)


@pytest.mark.parametrize(
    ("ref", "fix"),
    [
        ("a.mp4@5-2", "a.mp4@2-5"),
        ("a.mp4@5-5", "a.mp4@5-6"),
        ("my clip.mp4@0:05-0:02", "'my clip.mp4@2-5'"),
    ],
)
def test_a_part_that_ends_before_it_starts_is_refused_with_what_was_meant(
    ref: str, fix: str
) -> None:
    with pytest.raises(ReelwiseError, match="ends after it starts") as refused:
        parse_span(ref)
    assert refused.value.fix == fix
    assert parse_span(shlex.split(fix)[0])[1] is not None


@pytest.mark.parametrize("rest", ["abc", "2", "1-", "-3", "1-2-3", "", "0:75-0:80:00"])
def test_what_is_no_part_is_said_and_not_taken_for_a_name(rest: str) -> None:
    with pytest.raises(ReelwiseError, match="is not START-END"):
        parse_span(f"a.mp4@{rest}")
