from __future__ import annotations

import numpy as np
import pytest

from recommender.answer.exploration import MAX_DRAWN, Exploration

SCORES = np.linspace(0.9, 0.1, 150)


def test_the_odds_add_up_and_favour_the_choice_without_chance() -> None:
    odds = Exploration(0.2).propensities(SCORES, 3)
    assert odds.sum() == pytest.approx(1.0)
    assert odds[3] > 0.8
    others = np.delete(odds, 3)
    assert (np.diff(others[: MAX_DRAWN - 1]) < 0).all()
    assert (others[MAX_DRAWN - 1 :] == 0).all()
    assert others[: MAX_DRAWN - 1].min() > 0.2 / 10_000


def test_a_choice_out_of_reach_of_chance_has_the_rest_of_the_odds() -> None:
    odds = Exploration(0.2).propensities(SCORES, 120)
    assert odds[120] == pytest.approx(0.8)
    assert odds.sum() == pytest.approx(1.0)


def test_choices_come_as_often_as_their_odds_say() -> None:
    exploration = Exploration(0.6, np.random.default_rng(3))
    scores = np.array([0.8, 0.4, 0.2, 0.0])
    drawn = [exploration.choose(scores, 2) for _ in range(20_000)]
    odds = exploration.propensities(scores, 2)
    share = np.bincount([at for at, _ in drawn], minlength=4) / len(drawn)
    assert share == pytest.approx(odds, abs=4 * 0.5 / np.sqrt(20_000))
    assert all(told == odds[at] for at, told in drawn)


def test_without_any_score_all_are_as_probable() -> None:
    odds = Exploration(1.0).propensities(np.zeros(5), 0)
    assert odds.tolist() == pytest.approx([0.2] * 5)


def test_no_share_means_no_chance() -> None:
    assert Exploration(0.0).choose(SCORES, 7) == (7, 1.0)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_no_probability_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Exploration(share)
