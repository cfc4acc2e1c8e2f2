from __future__ import annotations

import numpy as np
import pytest

from data.action_sets.action_set import ActionVideo, Part
from data.arrays import Floats
from data.labels.kinds import Task
from indexer.actions.figures import action_figures
from indexer.actions.stored import StoredPart, segments
from indexer.actions.zero_shot import class_vectors
from indexer.heads.inputs.examples import Examples
from indexer.heads.models.answers import Answers

CLASSES = tuple("abcdefg")


def answers(*y: int) -> Answers:
    return Answers(Task.CLASSES, CLASSES, np.array(y, np.int64))


def test_top_5_and_means_over_classes_are_as_computed_by_hand() -> None:
    # Of class a three of four are right, of class b none; b's right answer is the sixth and second.
    scores = np.zeros((6, 7), np.float32)
    scores[:3, 0] = 1
    scores[3] = [2, 3, 0, 0, 0, 0, 0]
    scores[4] = [6, 1, 5, 4, 3, 2, 0]
    scores[5] = [6, 5, 0, 0, 0, 0, 0]
    values = action_figures(scores, answers(0, 0, 0, 0, 1, 1)).values
    assert values["top_1"] == pytest.approx(3 / 6)
    assert values["top_5"] == pytest.approx(5 / 6)
    assert values["mean_class_accuracy"] == pytest.approx((3 / 4 + 0) / 2)
    assert values["precision_macro"] == pytest.approx((3 / 5 + 0) / 2)


def test_a_constant_answer_has_no_luck() -> None:
    values = action_figures(np.zeros((2, 7), np.float32), answers(0, 1)).values
    assert (values["top_1"], values["top_5"]) == (0, 0)


def test_segments_leave_no_piece_of_less_than_half() -> None:
    assert segments(0, 25, 10) == [(0, 10), (10, 20), (20, 25)]
    assert segments(0, 24, 10) == [(0, 10), (10, 24)]
    assert segments(5, 12, 10) == [(5, 12)]
    assert segments(0, 3, 10) == [(0, 3)]
    assert segments(0, 30, None) == [(0, 30)]
    assert segments(0, 0, 10) == [(0, np.inf)]


def test_each_video_has_the_mean_of_its_rows() -> None:
    videos = [ActionVideo(name, None, "a", Part.TEST, name) for name in "xy"]
    rows = np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0]], np.float32)
    part = StoredPart(videos, np.arange(2), Examples(rows), np.array([0, 0, 1]))
    assert part.mean_of_rows(rows).tolist() == [[2, 1], [5, 5]]


def test_a_class_is_the_unit_mean_of_its_sentences_in_words() -> None:
    asked: list[str] = []

    def encode(texts: list[str]) -> Floats:
        asked.extend(texts)
        return np.array([[1.0, 0.0] if "video" in text else [0.0, 1.0] for text in texts])

    found = class_vectors(["TaiChi", "run"], ["{}", "a video of {}"], encode)  # type: ignore[arg-type]
    assert asked == ["tai chi", "a video of tai chi", "run", "a video of run"]
    assert found == pytest.approx(np.full((2, 2), 0.5**0.5))
