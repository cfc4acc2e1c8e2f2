"""What people write as a number is one; what only Python reads as one is none."""

from __future__ import annotations

import pytest

from data.numbers import number_of, whole_number_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), ("-0.5", -0.5), ("+2", 2.0), (".5", 0.5), ("5.", 5.0), ("1e3", 1e3), ("007", 7.0)],
)
def test_a_number_is_read(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("1_0", "1_0.5", "\u0661\u0662", "\uff11", "inf", "-Infinity", "nan", "1e999", "", "."),
        *(" 1", "1 ", "1,5", "0x1", "1e", "--1", "1\n"),
    ],
)
def test_what_is_none_is_not(text: str) -> None:
    assert number_of(text) is None
    assert whole_number_of(text) is None


def test_a_whole_number_has_neither_point_nor_exponent() -> None:
    assert whole_number_of("12") == 12
    assert whole_number_of("-3") == -3
    assert [whole_number_of(text) for text in ("1.0", "1e3", "9" * 5000)] == [None, None, None]
