"""Parquet files of events: each row on its own, whatever its columns hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.history.rows.event_file import iter_rows
from data.history.rows.event_row import EventRow
from data.history.rows.times import in_words

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def read(folder: Path, **columns: Any) -> list[EventRow | str]:
    n_rows = max(len(values) for values in columns.values())
    whole = {"user": ["ann"] * n_rows, "video": ["kite"] * n_rows} | columns
    pq.write_table(pa.table(whole), folder / "e.parquet")
    return [row for _, row in iter_rows(folder / "e.parquet")]


def times(rows: list[EventRow | str]) -> list[str | None]:
    return [
        "refused"
        if isinstance(row, str)
        else None
        if row.at_micros is None
        else in_words(row.at_micros)
        for row in rows
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit_and_missing_ones(tmp_path: Path, unit: str) -> None:
    column = pa.array([NOON, None], pa.timestamp("us")).cast(pa.timestamp(unit))
    assert times(read(tmp_path, at=column)) == [NOON.isoformat(), None]


def test_a_time_beyond_the_calendar_spoils_its_row_only(tmp_path: Path) -> None:
    year_30828 = 910_692_730_085_477  # the last second of another system's clock
    column = pa.array([year_30828, int(NOON.timestamp()), -(2**40)], pa.timestamp("s"))
    assert times(read(tmp_path, at=column)) == ["refused", NOON.isoformat(), "refused"]
    days = pa.array([2**31 - 1, date(2024, 5, 1).toordinal() - 719_163], pa.int32())
    assert times(read(tmp_path, at=days.cast(pa.date32()))) == [
        "refused",
        "2024-05-01T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("values", "users"),
    [
        (pa.array([7, None]), ["7", "refused"]),
        (pa.array([7.0, float("nan"), 7.5]), ["7", "refused", "7.5"]),
        (pa.array([b"ann", b"\xff"]), ["ann", "refused"]),
        (pa.array(["ann", "bob"]).dictionary_encode(), ["ann", "bob"]),
        (pa.array([["ann"], ["bob"]]), ["refused", "refused"]),
        (pa.array([Decimal("12"), Decimal("13")]), ["12", "13"]),
    ],
)
def test_names_are_what_a_column_means(tmp_path: Path, values: Any, users: list[str]) -> None:
    rows = read(tmp_path, user=values, video=["kite"] * len(values))
    assert [row.user if isinstance(row, EventRow) else "refused" for row in rows] == users


@pytest.mark.parametrize(
    ("text", "raw"), [(pa.string(), pa.binary()), (pa.large_string(), pa.large_binary())]
)
def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path: Path, text: Any, raw: Any) -> None:
    buffers = pa.array([b"ann", b"\xff\xfe", None], raw).buffers()
    rows = read(tmp_path, user=pa.Array.from_buffers(text, 3, buffers), video=["a", "b", "c"])
    assert [row if isinstance(row, str) else row.user for row in rows] == [
        "ann",
        "user is not UTF-8 text",
        "user is empty",
    ]
