"""Arrow columns from Python's values: what `pa.array` makes, without pandas."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from indexer.store.columns import floats, lists_or_none, texts

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["", "a", "é\U0001f600", "line\nbreak\0"],
        [*"abcdefgh", ""] * 20,
    ],
)
def test_texts_are_those_of_arrow(values: list[str]) -> None:
    made = texts(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.string()))


@pytest.mark.parametrize("values", [[], [0.0, -1.5, 1e300], [2, 3]])
def test_numbers_are_those_of_arrow(values: list[float]) -> None:
    made = floats(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.float64()))


@pytest.mark.parametrize(
    "values",
    [[], [None], [[1.0, 2.0], None, [], [3.0]], [None, [], None, [0.5]] * 5],
)
def test_lists_of_which_some_are_missing_are_those_of_arrow(
    values: list[list[float] | None],
) -> None:
    made = lists_or_none([None if each is None else np.array(each) for each in values])
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.list_(pa.float64())))


def test_a_text_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        texts(["\ud800"])


WRITING = """
import sys, numpy as np
from data.lines import Channel, Line
from indexer.store.columns import column, lists
from indexer.store.meaning.columns import texts_of
from indexer.store.vectors import VideoVectors, _encode
unit = np.ones((1, 1), np.float16)
times = np.zeros(1)
spans = np.array([[0.0, 1.0]])
ids = np.ones(1, np.int64)
_encode([VideoVectors(1, times, unit, ids, spans, unit, "windows", times)], "encoder", {})
texts_of([Line(Channel.SPEECH, 0.0, 1.0, "a")])
print("pandas" in sys.modules)
"""


def test_writing_loads_no_pandas() -> None:
    command = [sys.executable, "-c", WRITING]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False"]
