from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table

HEADER = "video,start_s,end_s,caption"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "captions.csv")
    with pytest.raises(ReelwiseError, match=r"cannot be read as CSV: .*not a regular file"):
        read_table(tmp_path / "captions.csv", ["video"], header="video")


def test_rows_are_stripped_cells_by_name_with_their_lines(tmp_path: Path) -> None:
    text = '\ufeff Video ,CAPTION,start_s\r\na.mp4, "x" \r\n\r\nb.mp4,"two\nlines",3,more\r\n'
    table = read_table(write(tmp_path / "t.csv", text), ["video", "caption|query"], header=HEADER)
    assert table.columns == ("video", "caption", "start_s")
    assert [row.line for row in table.rows] == [2, 5]
    first, second = table.rows
    assert (first["video"], first["caption"], first["start_s"]) == ("a.mp4", '"x"', "")
    assert (second["caption"], second["start_s"], second["unknown"]) == ("two\nlines", "3", "")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "no column video, caption or query; its columns are none"),
        ("video,start_s\n", "no column caption or query; its columns are video, start_s"),
        (b"video,caption\n\xff\xfe,x\n", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    tmp_path: Path, content: str | bytes, problem: str
) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        read_table(write(tmp_path / "t.csv", content), ["video", "caption|query"], header=HEADER)
    with pytest.raises(ReelwiseError, match="No such file"):
        read_table(tmp_path / "none.csv", [], header=HEADER)


@pytest.mark.parametrize(
    ("start", "end", "required", "optional"),
    [
        ("1.5", "3", (1.5, 3.0), (1.5, 3.0)),
        ("", "3", None, (0.0, 3.0)),
        ("2", "", None, (2.0, math.inf)),
        ("", "", None, (0.0, math.inf)),
        ("2", "2", None, None),
        ("-1", "2", None, None),
        ("0", "inf", None, None),
        ("nan", "2", None, None),
        ("one", "2", None, None),
    ],
)
def test_intervals_are_checked_one_way(
    start: str,
    end: str,
    required: tuple[float, float] | None,
    optional: tuple[float, float] | None,
) -> None:
    row = TableRow(2, {"start_s": start, "end_s": end})
    for expected, may_lack in ((required, False), (optional, True)):
        if expected is None:
            with pytest.raises(ValueError, match="start_s"):
                row.interval(optional=may_lack)
        else:
            assert row.interval(optional=may_lack) == expected


@pytest.mark.parametrize(
    "rows",
    [
        'a.mp4,"a red ball\nb.mp4,a boat\n',
        'a.mp4,"a red ball\nb.mp4,"a boat"\nc.mp4,a kite\n',
    ],
)
def test_a_quote_that_is_not_closed_swallows_no_rows(tmp_path: Path, rows: str) -> None:
    file = tmp_path / "captions.csv"
    file.write_text("video,caption\n" + rows, encoding="utf-8")
    with pytest.raises(ReelwiseError, match="cannot be read as CSV"):
        read_table(file, ["video", "caption"], header="video,caption")
    file.write_text('video,caption\na.mp4,"a red\nball"\n', encoding="utf-8")
    assert len(read_table(file, ["video", "caption"], header="video,caption").rows) == 1
