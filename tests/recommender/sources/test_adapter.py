"""The adapter: what the crowd watches together, told from content, so that new videos profit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.adapter import Adapter
from recommender.sources.adapter_pairs import CoWatches, co_watches
from recommender.sources.adapter_training import AdapterSettings, _Training, fit_adapter

N_ITEMS, N_NEW, N_PEOPLE, LIKES = 300, 60, 300, 8
DEEP = 10
QUICK = AdapterSettings(rate=0.01, rounds=8)


def histories(lists: list[list[int]], n_items: int = N_ITEMS) -> Histories:
    starts = np.cumsum([0, *(len(one) for one in lists)])
    item = np.asarray([row for one in lists for row in one], np.int64)
    at_s = np.concatenate([np.arange(len(one), dtype=float) for one in lists] or [np.zeros(0)])
    return Histories(starts, item, np.ones(len(item)), at_s, n_items)


def vectors(rows: NDArray[np.float64]) -> VideoTable:
    return VideoTable(np.arange(len(rows)), rows.astype(np.float32))


@cache
def misleading() -> tuple[Histories, VideoTable, NDArray[np.int64]]:
    """People follow the first 3 of 24 dimensions; the others are three times as loud.

    The last `N_NEW` items have no event; everybody's likes among them are given beside.
    """
    rng = np.random.default_rng(8)
    theme = rng.normal(size=(N_ITEMS, 3))
    rows = np.hstack([theme, 1.2 * rng.normal(size=(N_ITEMS, 21))])
    theme /= np.linalg.norm(theme, axis=1, keepdims=True)
    taste = rng.normal(size=(N_PEOPLE, 3))
    taste /= np.linalg.norm(taste, axis=1, keepdims=True)
    wish = 6.0 * taste @ theme.T + rng.gumbel(size=(N_PEOPLE, N_ITEMS))
    old = np.argsort(-wish[:, :-N_NEW], axis=1)[:, :LIKES]
    new = N_ITEMS - N_NEW + np.argsort(-wish[:, -N_NEW:], axis=1)[:, :3]
    lists = [list(rng.permutation(one)) for one in old]
    return histories(lists), vectors(rows), new


@cache
def learned() -> Adapter:
    liked, content, _ = misleading()
    return fit_adapter(liked, content, settings=QUICK)


def found_new(source: Adapter) -> float:
    """Part of everybody's three new likes among the ten new items that fit best."""
    liked, _, new = misleading()
    rows = np.arange(N_ITEMS - N_NEW, N_ITEMS)
    best = rows[np.argsort(-source.scores(liked, rows), axis=1)[:, :DEEP]]
    return float(np.mean([np.isin(new[i], best[i]).mean() for i in range(N_PEOPLE)]))


def test_new_videos_are_found_where_raw_likeness_misleads() -> None:
    raw = found_new(Adapter.raw(misleading()[1]))
    ours = found_new(learned())
    assert 0.25 < raw < 0.35
    assert 0.70 < ours < 0.82
    assert learned().learned
    assert learned().told["adapted"] > learned().told["raw"]


def test_before_training_it_is_raw_likeness_to_the_bit() -> None:
    liked, content, _ = misleading()
    before = fit_adapter(liked, content, settings=AdapterSettings(rounds=0))
    assert not before.learned
    assert np.array_equal(before.vectors, content.centred)
    plain = Adapter.raw(content)
    assert np.array_equal(before.scores(liked), plain.scores(liked))


@pytest.mark.parametrize("seed", [1, 2])
def test_of_people_without_taste_nothing_is_learned_and_it_says_so(seed: int) -> None:
    _, content, _ = misleading()
    rng = np.random.default_rng(seed)
    lists = [list(rng.choice(N_ITEMS, LIKES, replace=False)) for _ in range(N_PEOPLE)]
    fitted = fit_adapter(histories(lists), content, seed=seed)
    assert not fitted.learned
    assert fitted.told["surely"] <= 0
    assert np.array_equal(fitted.vectors, content.centred)


def test_what_content_does_not_tell_of_new_videos_is_not_learned() -> None:
    # Each crowd watches ten videos that have nothing in common; 200 dimensions could learn them
    # by heart.
    rng = np.random.default_rng(4)
    crowds = rng.permutation(N_ITEMS).reshape(-1, 10)
    lists = [list(rng.permutation(crowds[i % len(crowds)])[:LIKES]) for i in range(N_PEOPLE)]
    fitted = fit_adapter(histories(lists), vectors(rng.normal(size=(N_ITEMS, 200))), settings=QUICK)
    assert fitted.told["rounds"] > 0
    assert not fitted.learned


def test_the_loss_is_a_softmax_over_the_batch_with_fame_taken_off() -> None:
    content = np.asarray([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], np.float32)
    pairs = CoWatches(
        np.asarray([0, 0, 1]), np.asarray([1, 2, 2]), np.asarray([1.0, 2, 1]), np.zeros(3, int)
    )
    settings = AdapterSettings(log_q=0.5, temperature=0.2)
    training = _Training(content, pairs, settings, np.random.default_rng(0), "cpu")
    # Drawn on either side: 3, 2, 3 of 8. What is given itself is no wrong answer.
    given, wanted = torch.tensor([0, 3, 1]), torch.tensor([1, 0, 2])
    logits = content[given] @ content[wanted].T / 0.2 - 0.5 * np.log(np.asarray([2, 3, 3]) / 8)
    logits[0, 1] = logits[2, 0] = -np.inf
    right = logits[np.arange(3), np.arange(3)]
    wish = float(np.mean(np.log(np.exp(logits).sum(axis=1)) - right))
    assert float(training._loss(given, wanted).detach()) == pytest.approx(wish, rel=1e-5)


def test_what_is_wanted_twice_in_a_batch_is_no_wrong_answer() -> None:
    content = np.eye(4, dtype=np.float32)
    pairs = CoWatches(np.asarray([0, 1]), np.asarray([2, 2]), np.ones(2), np.zeros(2, int))
    training = _Training(content, pairs, AdapterSettings(), np.random.default_rng(0), "cpu")
    loss = training._loss(torch.tensor([0, 1]), torch.tensor([2, 2]))
    assert float(loss.detach()) == 0.0


def test_too_few_videos_leave_raw_likeness() -> None:
    content = vectors(np.random.default_rng(3).normal(size=(20, 4)))
    fitted = fit_adapter(histories([[0, 1, 2], [3, 4]], 20), content)
    assert not fitted.learned
    assert fitted.told == {}


def test_nobody_at_all_leaves_raw_likeness() -> None:
    fitted = fit_adapter(histories([], 20), vectors(np.eye(20)))
    assert not fitted.learned
    assert fitted.scores(histories([], 20)).shape == (0, 20)


def test_the_score_is_the_mean_powered_likeness_of_what_was_liked() -> None:
    content = np.asarray([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
    source = Adapter(content, np.zeros((2, 2), np.float32), half_life_places=1.0, power=2)
    liked = histories([[2, 0]], 4)  # the earlier one counts half
    assert source.scores(liked)[0] == pytest.approx(
        [(1.0 + 0.5 * 0.0) / 1.5, (0.36 + 0.5 * 0.64) / 1.5, (0.5 * 1.0) / 1.5, 0.0]
    )


def test_the_map_adds_its_step_and_gives_unit_vectors() -> None:
    content = np.asarray([[1, 0], [0.6, 0.8], [0, 0]], np.float32)
    source = Adapter(content, np.asarray([[0, 0], [0, -0.5]], np.float32))
    length = float(np.hypot(0.6, 0.4))
    assert source.vectors == pytest.approx(
        np.asarray([[1, 0], [0.6 / length, 0.4 / length], [0, 0]]), abs=1e-6
    )


def test_some_rows_score_as_they_do_among_all() -> None:
    liked, _, _ = misleading()
    rows = np.asarray([290, 3, 77])
    some = learned().scores(liked, rows)
    assert some.shape == (N_PEOPLE, 3)
    assert some == pytest.approx(learned().scores(liked)[:, rows], abs=1e-6)


def test_blocks_of_memory_do_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    liked, _, _ = misleading()
    whole = learned().scores(liked)
    monkeypatch.setattr("recommender.sources.adapter._BLOCK_BYTES", 4 * N_ITEMS * 7)
    assert learned().scores(liked) == pytest.approx(whole, abs=1e-6)


def test_links_add_up_to_the_score_and_name_the_cause() -> None:
    content = np.asarray([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    source = Adapter(content, np.zeros((3, 3), np.float32))
    one = histories([[2, 0, 3]], 4)
    links = source.links(one, 1)
    assert one.item[np.argmax(links)] == 0
    assert links.sum() == pytest.approx(float(source.scores(one)[0, 1]), rel=1e-5)
    liked, _, _ = misleading()
    person = liked.of(np.asarray([5]))
    score = float(learned().scores(person)[0, 280])
    assert learned().links(person, 280).sum() == pytest.approx(score, rel=1e-5)


def test_items_without_a_vector_neither_score_nor_speak() -> None:
    liked, content, _ = misleading()
    rows = content.matrix.copy()
    rows[[0, 299]] = 0.0
    holed = vectors(rows)
    fitted = fit_adapter(liked, holed, settings=QUICK)
    assert fitted.learned
    assert not fitted.scores(liked)[:, [0, 299]].any()
    assert not fitted.scores(histories([[0]])).any()
    assert np.isfinite(fitted.vectors).all()


def test_empty_histories_get_a_constant_row_beside_others() -> None:
    scores = learned().scores(histories([[], [1, 2], []]))
    assert not scores[[0, 2]].any()
    assert scores[1].any()
    assert learned().links(histories([[]]), 3).shape == (0,)


def test_it_survives_being_stored() -> None:
    liked, content, _ = misleading()
    fitted = replace(learned(), power=2, half_life_places=7.0)
    arrays = fitted.to_arrays()
    assert all(isinstance(each, np.ndarray) and each.ndim > 0 for each in arrays.values())
    back = Adapter.from_arrays(arrays, content)
    assert (back.power, back.half_life_places, back.told) == (2, 7.0, fitted.told)
    assert np.array_equal(back.scores(liked), fitted.scores(liked))


def test_the_map_goes_over_to_a_grown_library() -> None:
    _, content, _ = misleading()
    grown = vectors(np.vstack([content.matrix, content.matrix[:1]]))
    moved = learned().over(grown)
    assert moved.scores(histories([[0]], N_ITEMS + 1))[0, -1] == pytest.approx(1.0, abs=1e-5)
    with pytest.raises(ValueError, match="24-d as those learned from, got 3-d"):
        learned().over(vectors(np.eye(3)))


def test_a_seed_gives_the_same_map_and_leaves_global_randomness_alone() -> None:
    liked, content, _ = misleading()
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    again = fit_adapter(liked, content, settings=QUICK)
    assert np.array_equal(again.step, learned().step)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    other = fit_adapter(liked, content, settings=QUICK, seed=1)
    assert not np.array_equal(other.step, again.step)


def test_pairs_are_near_in_time_and_a_person_counts_boundedly() -> None:
    pairs = co_watches(histories([list(range(100)), [0, 1], [5]]), np.random.default_rng(0))
    assert np.abs(pairs.one - pairs.other).max() == 10
    weight = np.bincount(pairs.person, pairs.weight, minlength=3)
    assert weight == pytest.approx([30.0, 2.0, 0.0])
    first = pairs.where(pairs.person == 0)
    gap = np.abs(first.one - first.other)
    near, far = first.weight[gap == 1].max(), first.weight[gap == 6].max()
    assert near == pytest.approx(2.0 * far)


def test_pairs_of_one_time_are_in_no_order() -> None:
    liked = histories([list(range(100))])
    at_once = Histories(liked.starts, liked.item, liked.weight, np.zeros(100), N_ITEMS)
    pairs = co_watches(at_once, np.random.default_rng(0))
    assert np.abs(pairs.one - pairs.other).mean() > 20
