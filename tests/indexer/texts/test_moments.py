"""Moments judged as the authors of DiDeMo judge them, worked out by hand."""

import numpy as np
import pytest

from data.text_sets.text_set import Moment, Times
from indexer.texts.moments import (
    Orders,
    candidates,
    judged,
    moment_figures,
    moment_iou,
    prior_order,
    random_orders,
)


def order_with(*first: Times, n_segments: int = 6) -> Orders:
    """One order that begins with some moments, the others as they are listed."""
    every = candidates(n_segments)
    rest = [each for each in every if each not in first]
    return np.array([[every.index(each) for each in (*first, *rest)]])


def test_there_are_21_moments_of_six_segments_and_15_of_five() -> None:
    assert len(candidates(6)) == 21
    assert len(candidates(5)) == 15
    assert candidates(3) == [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]


def test_the_last_segment_is_part_of_a_moment() -> None:
    assert moment_iou((0, 1), (1, 2)) == pytest.approx(1 / 3)
    assert moment_iou((2, 2), (2, 2)) == 1.0
    assert moment_iou((0, 0), (3, 5)) == 0.0


def test_three_people_who_agree_are_enough() -> None:
    moment = Moment(0, "", ((1, 1), (1, 1), (4, 5), (1, 1)), 6)
    assert judged(moment, order_with((1, 1))) == (1.0, 1.0, 1.0)


def test_of_people_who_differ_the_mean_rank_and_the_mean_iou_count() -> None:
    moment = Moment(0, "", ((0, 0), (0, 1), (1, 1), (5, 5)), 6)
    # Ranks of the marks 2, 1, 3 and 8: the mean of the three best is 2, so rank@1 is missed.
    rank_at_1, rank_at_5, iou = judged(moment, order_with((0, 1), (0, 0), (1, 1)))
    assert (rank_at_1, rank_at_5) == (0.0, 1.0)
    assert iou == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    # Ranks 4, 5 and 9 of three marks: their mean is 6.
    moment = Moment(0, "", ((0, 5), (1, 5), (3, 3)), 6)
    first = ((2, 2), (4, 4), (5, 5), (0, 5), (1, 5), (0, 0), (1, 1), (0, 1), (3, 3))
    rank_at_1, rank_at_5, iou = judged(moment, order_with(*first))
    assert (rank_at_1, rank_at_5) == (0.0, 0.0)
    assert iou == pytest.approx((1 / 6 + 1 / 5 + 0) / 3)


def test_what_is_missed_is_right_nowhere() -> None:
    moment = Moment(0, "", ((1, 1),), 6)
    figures = moment_figures([(moment, order_with((1, 1)))], 3)
    assert figures == {"rank_at_1": 0.25, "rank_at_5": 0.25, "miou": 0.25, "n": 4}


def test_the_usual_moments_of_training_come_first_else_the_middle() -> None:
    every = candidates(6)
    assert [every[at] for at in prior_order(6, ((2, 3), (0, 0)))[0][:3]] == [
        (2, 3),
        (0, 0),
        (1, 1),
    ]
    assert every[prior_order(6, ())[0][0]] == (2, 3)
    assert candidates(5)[prior_order(5, ())[0][0]] == (1, 3)


def test_chance_is_one_in_21_and_the_same_at_every_call() -> None:
    moment = Moment(0, "", ((2, 2),) * 4, 6)
    rank_at_1, rank_at_5, iou = judged(moment, random_orders(6))
    assert 0.01 < rank_at_1 < 0.1
    assert 0.15 < rank_at_5 < 0.33
    expected = np.mean([moment_iou(each, (2, 2)) for each in candidates(6)])
    assert iou == pytest.approx(float(expected), abs=0.05)
    assert judged(moment, random_orders(6)) == (rank_at_1, rank_at_5, iou)
