import pytest

from ui.terminal.text import clock, columns, count, length, size, span


@pytest.mark.parametrize(
    ("time_s", "told"),
    [
        (0.0, "0:00.0"),
        (4.0, "0:04.0"),
        (59.99, "0:59.9"),
        (60.0, "1:00.0"),
        (83.27, "1:23.2"),
        (3599.95, "59:59.9"),
        (3600.0, "1:00:00.0"),
        (0.3, "0:00.3"),
    ],
)
def test_a_time_is_told_in_minutes_and_tenths_rounded_down(time_s: float, told: str) -> None:
    assert clock(time_s) == told


def test_a_stretch_names_both_ends() -> None:
    assert span(4.0, 9.5) == "0:04.0-0:09.5"


def test_lengths_and_sizes_change_their_unit() -> None:
    assert [length(8.31), length(245), length(7800)] == ["8.3 s", "4 min 05 s", "2 h 10 min"]
    assert [size(0), size(999), size(12_400_000)] == ["0 B", "999 B", "12.4 MB"]


def test_one_is_singular_and_thousands_are_set_apart() -> None:
    assert [count(1, "video"), count(12_400, "clip")] == ["1 video", "12,400 clips"]


def test_columns_are_aligned_numbers_to_the_right_words_to_the_left() -> None:
    assert columns([["1", "ab", "x"], ["10", "c", "y"]]) == ["   1  ab  x", "  10  c   y"]
