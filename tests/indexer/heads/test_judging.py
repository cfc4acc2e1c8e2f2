from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.arrays import Floats
from data.errors import ReelwiseError
from data.labels.kinds import Task
from indexer.heads.judging.baselines import baselines
from indexer.heads.judging.calibration import (
    calibrated_by_others,
    calibration_error,
    fit_calibration,
    log_loss,
)
from indexer.heads.judging.confusion import draw_confusion, write_confusion
from indexer.heads.judging.figures import figures_of
from indexer.heads.judging.splits import by_video, forward_in_time
from indexer.heads.models.answers import Answers, probabilities

RNG = np.random.default_rng(0)


def test_no_video_is_on_both_sides_of_a_fold() -> None:
    videos = RNG.integers(0, 9, 80)
    answers = Answers(Task.CLASSES, ("a", "b"), RNG.integers(0, 2, 80))
    splits = by_video(answers, videos)
    for train, test in splits.folds:
        assert not set(videos[train]) & set(videos[test])
    assert sorted(splits.judged) == list(range(80))


def test_no_training_row_is_as_late_as_a_judged_one() -> None:
    at_s = RNG.integers(0, 30, 80).astype(np.float64)
    splits = forward_in_time(RNG.integers(0, 40, 80), at_s)
    for train, test in splits.folds:
        assert at_s[train].max() < at_s[test].min()
        assert len(train)
    assert len(set(splits.judged)) == len(splits.judged) < 80


def test_time_folds_leave_judged_videos_out_where_enough_is_left() -> None:
    at_s = np.arange(60.0)
    assert forward_in_time(np.arange(60) // 2, at_s).how.endswith("of other videos")
    assert forward_in_time(np.zeros(60, np.int64), at_s).how.endswith("videos come back")


def test_one_time_alone_has_no_later_one() -> None:
    with pytest.raises(ReelwiseError, match="all rows have the same time"):
        forward_in_time(np.arange(5), np.ones(5))


@pytest.mark.parametrize("task", [Task.CLASSES, Task.SEVERAL])
def test_overconfident_logits_become_honest(task: Task) -> None:
    logits = RNG.normal(size=(600, 3)) * 1.5
    chances = probabilities(task, logits.astype(np.float32))
    if task is Task.CLASSES:
        y = np.array([RNG.choice(3, p=row / row.sum()) for row in chances.astype(np.float64)])
    else:
        y = (RNG.random(chances.shape) < chances).astype(np.float32)
    answers = Answers(task, ("a", "b", "c"), y)
    loud = (logits * 6).astype(np.float32)
    parts = [np.arange(0, 300), np.arange(300, 600)]
    honest = calibrated_by_others(loud, answers, parts)
    assert figures_of(loud, answers).values["calibration_error"] > 0.12
    assert figures_of(honest, answers).values["calibration_error"] < 0.06
    assert log_loss(honest, answers) < 0.8 * log_loss(loud, answers)
    assert abs(float(fit_calibration(loud, answers).slope.mean()) - 1 / 6) < 0.05


@pytest.mark.parametrize("task", [Task.CLASSES, Task.SEVERAL])
def test_rows_that_are_never_wrong_do_not_make_it_certain(task: Task) -> None:
    """A model that tells 30 rows apart is as sure as 30 rows allow, not as logits can be."""
    truth = np.arange(30) % 2
    logits = np.where(truth == 1, 2.0, -2.0)
    if task is Task.CLASSES:
        both, answers = (
            np.stack([-logits / 2, logits / 2], axis=1),
            Answers(task, ("a", "b"), truth),
        )
    else:
        both, answers = logits[:, None], Answers(task, ("b",), truth[:, None].astype(np.float32))
    raw: Floats = both.astype(np.float32)
    chances = probabilities(task, fit_calibration(raw, answers).applied(raw))
    assert 0.9 < chances.max() < 0.98


def test_calibration_error_is_the_gap_between_said_and_happened() -> None:
    said = np.full(100, 0.8, np.float32)
    assert calibration_error(said, np.arange(100) < 80) == pytest.approx(0.0, abs=1e-6)
    assert calibration_error(said, np.arange(100) < 30) == pytest.approx(0.5, abs=1e-6)


def test_figures_of_classes_are_those_by_hand() -> None:
    raw = np.log(np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], np.float32))
    figures = figures_of(raw, Answers(Task.CLASSES, ("no", "yes"), np.array([0, 1, 1, 0])))
    assert figures.confusion == ((2, 0), (1, 1))
    assert figures.values["accuracy"] == 0.75
    assert figures.classes[1].precision == 1.0
    assert figures.classes[1].recall == 0.5
    assert figures.values["auc"] == 1.0


def test_figures_of_numbers_are_those_by_hand() -> None:
    figures = figures_of(
        np.array([[1], [2], [6]], np.float32), Answers(Task.NUMBER, (), np.array([1, 3, 5]))
    )
    assert figures.values["mae"] == pytest.approx(2 / 3)
    assert figures.values["r2"] == pytest.approx(1 - 2 / 8)


def test_the_last_value_is_that_of_the_same_video_before() -> None:
    y = np.array([1.0, 10.0, 2.0, 20.0, 3.0, 30.0])
    videos, at_s = np.array([1, 2, 1, 2, 1, 2]), np.arange(6.0)
    splits = forward_in_time(videos, at_s, folds=2)
    found = baselines(Answers(Task.NUMBER, (), y), splits, videos, at_s)
    judged = splits.judged
    errors = [abs(y[at] - y[at - 2]) for at in judged if at >= 2]
    assert found["last_value"].values["mae"] == pytest.approx(float(np.mean(errors)))


def test_a_confusion_matrix_is_a_picture_whose_darkest_cells_are_right(tmp_path: Path) -> None:
    picture = np.asarray(draw_confusion(["jump", "run"], [[9, 1], [0, 5]]).convert("L"), float)
    side = 48
    right, top = picture.shape[1] - 12 - 2 * side, picture.shape[0] - 12 - 2 * side
    cell = [[picture[top + side * r + 4, right + side * c + 4] for c in range(2)] for r in range(2)]
    assert cell[0][0] < cell[0][1]
    assert cell[1][1] < cell[1][0]
    write_confusion(tmp_path / "c.png", ["jump", "run"], [[9, 1], [0, 5]])
    with Image.open(tmp_path / "c.png") as written:
        assert written.format == "PNG"
    with pytest.raises(ReelwiseError, match="there is no confusion matrix"):
        write_confusion(tmp_path / "d.png", [], [])
    with pytest.raises(ReelwiseError, match="cannot be written"):
        write_confusion(tmp_path / "no" / "c.png", ["a", "b"], [[1, 0], [0, 1]])
