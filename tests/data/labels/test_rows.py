from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.rows import LabelFile, LabelWish, read_labels


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path: Path, text: str, wish: LabelWish | None = None) -> LabelFile:
    return read_labels(write(tmp_path, text), wish)


def test_one_word_a_row_is_one_of_several_classes(tmp_path: Path) -> None:
    file = read(tmp_path, "video,start_s,end_s,label\na.mp4,0,4,jump\na.mp4,4,,run\nb.mp4,,,run\n")
    assert file.tasks["label"].task is Task.CLASSES
    spans = [(row.start_s, row.end_s) for row in file.rows]
    assert spans == [(0, 4), (4, math.inf), (0, math.inf)]
    assert not file.has_times


def test_several_rows_of_one_stretch_are_several_labels(tmp_path: Path) -> None:
    file = read(tmp_path, "video,label\na.mp4,dog\na.mp4,beach\nb.mp4,dog\n")
    assert file.tasks["label"].task is Task.SEVERAL
    assert [row.labels["label"] for row in file.rows] == [("dog", "beach"), ("dog",)]


def test_a_bar_separates_labels(tmp_path: Path) -> None:
    file = read(tmp_path, "video,label\na.mp4,dog|beach\nb.mp4, dog | cat \n")
    assert [row.labels["label"] for row in file.rows] == [("dog", "beach"), ("dog", "cat")]


def test_numbers_are_predicted_as_numbers_unless_there_are_two(tmp_path: Path) -> None:
    many = read(tmp_path, "video,label\na,1\nb,2.5\nc,3\n")
    assert many.tasks["label"].task is Task.NUMBER
    two = read(tmp_path, "video,label\na,0\nb,1\nc,1\n")
    assert two.tasks["label"].task is Task.CLASSES
    asked = read(tmp_path, "video,label\na,1\nb,2.5\nc,3\n", LabelWish(Task.CLASSES))
    assert asked.tasks["label"].task is Task.CLASSES


def test_what_is_no_number_is_counted_and_left_out(tmp_path: Path) -> None:
    file = read(tmp_path, "video,label\na,1\nb,nan\nc,3\nd,5\ne,\n")
    assert [row.video for row in file.rows] == ["a", "c", "d"]
    assert [(each.line, each.reason) for each in file.troubles] == [
        (3, "label is 'nan', which is no number"),
        (6, "it has no label"),
    ]


def test_numbers_among_words_have_to_be_explained(tmp_path: Path) -> None:
    rows = "".join(f"v{n},{n}\n" for n in range(12))
    with pytest.raises(ReelwiseError, match="12 different numbers, and 'often'") as error:
        read(tmp_path, f"video,label\n{rows}x,often\n")
    assert "--task number" in error.value.fix
    asked = read(tmp_path, f"video,label\n{rows}x,often\n", LabelWish(Task.NUMBER))
    assert (len(asked.rows), len(asked.troubles)) == (12, 1)


def test_kinds_of_further_columns_are_found_out(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "video,label,user,price,season,comment,note\n"
        "a,x,anna,1.5,summer,I liked the part with the dog,\n"
        "b,y,ben,,winter,it was far too long for me,\n",
    )
    assert file.kinds == {
        "user": "person",
        "price": "number",
        "season": "category",
        "comment": "text",
        "note": "ignore",
    }
    assert file.rows[1].columns["price"] == ""
    assert "note" not in file.rows[0].columns


def test_a_named_kind_overrides_what_a_column_looks_like(tmp_path: Path) -> None:
    wish = LabelWish(kinds={"season": "text"})
    assert read(tmp_path, "video,label,season\na,x,summer\nb,y,winter\n", wish).kinds == {
        "season": "text"
    }
    with pytest.raises(ReelwiseError, match="no further column month"):
        read(tmp_path, "video,label,season\na,x,1\n", LabelWish(kinds={"month": "text"}))


def test_times_are_dates_or_numbers(tmp_path: Path) -> None:
    file = read(tmp_path, "video,time,label\na,12.5,x\nb,soon,y\nc,2024-05-01T10:00:00+00:00,y\n")
    assert [row.at_s for row in file.rows] == [12.5, 1714557600.0]
    assert file.troubles[0].reason == "its time is 'soon', neither a date nor a number"


def test_a_row_that_comes_twice_counts_once(tmp_path: Path) -> None:
    file = read(tmp_path, "video,label\na,x\na,x\nb,y\n")
    assert (len(file.rows), file.doubled) == (2, 1)
    assert file.tasks["label"].task is Task.CLASSES


def test_several_columns_of_labels_are_several_targets(tmp_path: Path) -> None:
    file = read(tmp_path, "video,label_action,label_score\na,x,1\nb,y,2\nc,,3\n")
    assert {name: found.task for name, found in file.tasks.items()} == {
        "label_action": Task.CLASSES,
        "label_score": Task.NUMBER,
    }
    assert file.rows[2].labels == {"label_action": (), "label_score": ("3",)}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has no column video"),
        ("video,label\n", "has no rows"),
        ("video,start_s\na,1\n", "has no column label"),
        ("file,label\na,1\n", "has no column video"),
        ("video,label,label\na,1,2\n", "names the column label twice"),
        ("video,label\na,\nb,\n", "no row of .* can be used; line 2: it has no label"),
        ("video,start_s,end_s,label\na,5,2,x\n", "needs 0 <= start_s < end_s"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        read(tmp_path, text)


def test_parquet_is_read_as_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    table = {"video": ["a", "b"], "start_s": [0.0, None], "label": [["x", "y"], ["y"]], "n": [1, 2]}
    pq.write_table(pa.table(table), path)
    file = read_labels(path)
    assert [row.labels["label"] for row in file.rows] == [("x", "y"), ("y",)]
    assert file.kinds == {"n": "number"}
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ReelwiseError, match="cannot be read as Parquet"):
        read_labels(path)
