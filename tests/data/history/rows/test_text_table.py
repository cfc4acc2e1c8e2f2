"""Lines of a text file as values."""

from __future__ import annotations

import csv

from hypothesis import example, given
from hypothesis import strategies as st

from data.history.rows.text_table import SEPARATORS, _split


def by_csv_module(line: str, separator: str) -> list[str] | None:
    """The values as the csv module tells them; None where it refuses the line."""
    reader = csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True)
    try:
        return next(reader, [])
    except csv.Error:
        return None


@given(
    line=st.text(st.sampled_from(list(' ab,;|\t"\r\n\0\v\x1c\x85\u2028\u00e9')), max_size=12),
    separator=st.sampled_from(sorted(SEPARATORS)),
)
@example(line="", separator=",")
@example(line="\n", separator=",")
@example(line=" a,  b ,\t c\r\n", separator=",")
@example(line="a\rb,c", separator=",")
@example(line=", \n", separator=",")
def test_a_line_has_the_values_that_the_csv_module_gives(line: str, separator: str) -> None:
    found = _split(line, separator)
    wanted = by_csv_module(line, separator)
    assert isinstance(found, str) if wanted is None else found == wanted
