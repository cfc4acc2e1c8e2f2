"""What two files really share is known from how they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.duplicates.changed_videos import Made, Stretch, is_pair, shared_s


def made(*shows: tuple[str, float, float]) -> Made:
    return Made(Path("/x.mp4"), "kind", tuple(Stretch(*each) for each in shows))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((("a", 0, 10),), (("a", 0, 10),), True),
        ((("a", 0, 10),), (("a", 7, 10), ("b", 0, 9)), True),
        ((("a", 0, 10),), (("b", 0, 10),), False),
        ((("a", 0, 5),), (("a", 5, 10),), False),
        ((("a", 0, 10),), (("a", 9, 20),), None),
        ((("a", 0, 1),), (("a", 0, 20),), True),
    ],
)
def test_pairs_share_two_seconds_or_most_of_the_shorter(
    one: tuple[tuple[str, float, float], ...],
    other: tuple[tuple[str, float, float], ...],
    expected: bool | None,
) -> None:
    assert is_pair(made(*one), made(*other)) is expected
    assert is_pair(made(*other), made(*one)) is expected


def test_what_is_shared_adds_up() -> None:
    assert shared_s(made(("a", 0, 4), ("b", 0, 9)), made(("a", 2, 9), ("b", 8, 20))) == 3
