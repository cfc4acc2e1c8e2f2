from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.labels.kinds import Task
from data.labels.learnable import require_learnable
from data.labels.rows import LabelFile, LabelWish, read_labels


def read(tmp_path: Path, labels: str, task: Task | None = None) -> LabelFile:
    path = tmp_path / "labels.csv"
    rows = "".join(f"{at}.mp4,{label}\n" for at, label in enumerate(labels.split()))
    path.write_text(f"video,label\n{rows}", encoding="utf-8")
    return read_labels(path, LabelWish(task))


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        ("a a a a b", None),
        ("1 1 1 2 3", Task.NUMBER),
        ("a|b a|b a|b a", Task.SEVERAL),
        ("a a a -", Task.SEVERAL),
    ],
)
def test_labels_that_differ_can_be_learned(tmp_path: Path, labels: str, task: Task | None) -> None:
    file = read(tmp_path, labels, task)
    require_learnable(file, file.rows)


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        ("a a a a", None),
        ("1 1.0 1 1.00", Task.NUMBER),
        ("a|b b|a a|b b|a", Task.SEVERAL),
        ("a a|- a a", Task.SEVERAL),
    ],
)
def test_labels_that_are_all_the_same_teach_nothing(
    tmp_path: Path, labels: str, task: Task | None
) -> None:
    file = read(tmp_path, labels, task)
    with pytest.raises(ReelwiseError, match="nothing to tell apart"):
        require_learnable(file, file.rows)


def test_rows_that_can_be_used_may_be_too_few(tmp_path: Path) -> None:
    file = read(tmp_path, "a b a b")
    with pytest.raises(ReelwiseError, match="3 usable rows with a label; at least 4 are needed"):
        require_learnable(file, file.rows[:3])
