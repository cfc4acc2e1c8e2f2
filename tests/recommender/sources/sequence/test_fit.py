"""What the order of a history tells, on made-up people whose next item follows a rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.sequence.fit import StopRule, fit_sequence, last_item_ndcg
from recommender.sources.sequence.model import SequenceModel
from recommender.sources.sequence.network import FullSoftmax
from recommender.sources.sequence.training import SequenceSettings, Targets
from tests.recommender.people import around, axes

pytestmark = pytest.mark.long(9)

SMALL = SequenceSettings(
    length=12, hidden=32, blocks=1, dropout=0.1, learning_rate=1e-2, batch_positions=256
)
SHORT = StopRule(epochs=12, patience=12)
RING = 60


def histories(rows: Sequence[Sequence[int]], n_items: int) -> Histories:
    """One person a row, one item a second."""
    lengths = [len(row) for row in rows]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    item = np.asarray([one for row in rows for one in row], np.int64)
    at_s = np.concatenate([np.arange(n) for n in [*lengths, 0]]).astype(np.float64)
    return Histories(starts, item, np.ones(len(item)), at_s, n_items)


def walks(n: int, seed: int) -> Histories:
    """People who follow two threads by turns and go astray in three of ten steps.

    What is next follows the item before the last one on a ring; the last one tells nothing.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        row = [int(one) for one in rng.choice(RING, 2, replace=False)]
        while len(row) < 9:
            one = int(rng.integers(RING)) if rng.random() < 0.3 else (row[-2] + 1) % RING
            row += [one] if one not in row else []
        rows.append(row)
    return histories(rows, RING)


def ndcg(model: SequenceModel, people: Histories) -> float:
    known, wanted = people.of(np.flatnonzero(people.lengths >= 4)).before_last()
    return last_item_ndcg(model, known, wanted)


@pytest.fixture(scope="module")
def walked() -> SequenceModel:
    return fit_sequence(walks(600, 0), settings=SMALL, stop=SHORT, seed=0)


def test_what_only_the_order_tells_is_learned(walked: SequenceModel) -> None:
    # Of unknown people. Knowing the rule gives 0.73, knowing which items were met at most 0.52.
    assert 0.65 < ndcg(walked, walks(300, 1)) < 0.78


def test_a_sample_of_negatives_teaches_it_as_well() -> None:
    sampled = replace(SMALL, full_softmax_items=0, negatives=20)
    model = fit_sequence(walks(600, 0), settings=sampled, stop=SHORT, seed=0)
    assert 0.65 < ndcg(model, walks(300, 1)) < 0.78


def test_some_rows_are_scored_as_among_all(walked: SequenceModel) -> None:
    people, rows = walks(5, 2), np.asarray([40, 3, 3])
    assert np.allclose(walked.scores(people, rows), walked.scores(people)[:, rows], atol=1e-5)


def test_people_do_not_change_one_another(walked: SequenceModel) -> None:
    rows = [[5], list(range(20)), [7, 30, 2], list(range(50, 20, -1))]
    together = walked.scores(histories(rows, RING))
    alone = [walked.scores(histories([row], RING))[0] for row in rows]
    assert np.allclose(together, alone, atol=1e-5)


def test_only_the_latest_items_matter(walked: SequenceModel) -> None:
    row = list(range(40))
    late = walked.scores(histories([row[-walked.encoder.length :]], RING))
    assert np.allclose(walked.scores(histories([row], RING)), late, atol=1e-5)
    shorter = walked.scores(histories([row[1 - walked.encoder.length :]], RING))
    assert not np.allclose(late, shorter, atol=1e-3)


def test_an_empty_history_says_nothing(walked: SequenceModel) -> None:
    scores = walked.scores(histories([[], [1, 2]], RING))
    assert (scores[0] == 0).all()
    assert scores[1].std() > 0.1
    # Scores are above the mean of all items.
    assert scores[1].mean() == pytest.approx(0.0, abs=1e-4)


def test_links_are_what_leaving_an_item_out_takes_away(walked: SequenceModel) -> None:
    row, target = [int(one) for one in np.random.default_rng(3).permutation(RING)[:16]], 11
    links = walked.links(histories([row], RING), target)
    without = histories([row[:i] + row[i + 1 :] for i in range(16)], RING)
    score = walked.scores(histories([row], RING))[0, target]
    fall = score - walked.scores(without)[:, target]
    assert np.allclose(links, fall, atol=1e-4)
    assert (links[:4] == 0).all()


def test_links_name_the_cause(walked: SequenceModel) -> None:
    # After 20 and something else comes 21, after 47 and something else 48.
    history = histories([[3, 33, 20, 47]], RING)
    assert np.argmax(walked.links(history, 21)) == 2
    history = histories([[20, 3, 47, 33]], RING)
    assert np.argmax(walked.links(history, 48)) == 2


def test_links_of_hardly_anything(walked: SequenceModel) -> None:
    assert walked.links(histories([[]], RING), 3).shape == (0,)
    one = histories([[5]], RING)
    assert walked.links(one, 3) == pytest.approx([walked.scores(one)[0, 3]], abs=1e-5)
    with pytest.raises(ValueError, match="one person, got 2"):
        walked.links(walks(2, 0), 3)


def test_a_model_survives_being_stored(walked: SequenceModel) -> None:
    again = SequenceModel.from_arrays(load(save(dict(walked.to_arrays()))))
    assert np.array_equal(again.scores(walks(9, 4)), walked.scores(walks(9, 4)))
    assert again.training == walked.training


def test_a_seed_gives_one_model_and_touches_no_other_randomness() -> None:
    few, two = walks(60, 0), StopRule(epochs=2)
    before = torch.random.get_rng_state()
    models = [fit_sequence(few, settings=SMALL, stop=two, seed=seed) for seed in (1, 1, 2)]
    assert torch.equal(before, torch.random.get_rng_state())
    first, same, other = (model.scores(walks(5, 9)) for model in models)
    assert np.array_equal(first, same)
    assert not np.allclose(first, other)


THEMES, EACH, COLD = 20, 10, 3
"""The last three items of each theme have no event."""


def themed_people(n: int, seed: int) -> Histories:
    """People who go from theme to theme in one order."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        themes = (rng.integers(THEMES) + np.arange(8)) % THEMES
        rows.append([int(one) for one in themes * EACH + rng.integers(EACH - COLD, size=8)])
    return histories(rows, THEMES * EACH)


def cold_found(model: SequenceModel) -> float:
    """How many of the next theme's items without events are among the ten best of 200."""
    people = themed_people(50, 1)
    best = np.argsort(-model.scores(people), axis=1)[:, :EACH]
    last = people.item[people.starts[1:] - 1]
    wanted = (best // EACH == (last[:, None] // EACH + 1) % THEMES) & (best % EACH >= EACH - COLD)
    return float(wanted.sum(axis=1).mean()) / COLD


def test_items_without_events_are_found_by_their_vector() -> None:
    vectors = VideoTable(np.arange(THEMES * EACH), around(axes(THEMES), EACH))
    # Within a theme all is chance, so that held-out items would soon get no better.
    stop = StopRule(epochs=8, held_out=0)
    model = fit_sequence(themed_people(400, 0), vectors, settings=SMALL, stop=stop, seed=0)
    assert model.training.best_epoch == 8
    # By chance one of twenty.
    assert cold_found(model) > 0.8


def test_what_nothing_is_known_of_comes_last_and_says_nothing() -> None:
    people = themed_people(100, 0)
    model = fit_sequence(people, settings=SMALL, stop=StopRule(epochs=2), seed=0)
    met = np.bincount(people.item, minlength=people.n_items) > 0
    assert np.array_equal(model.known, met)
    scores = model.scores(people)
    assert (scores[:, ~met].max(axis=1) < scores[:, met].min(axis=1)).all()
    cold = EACH - 1
    with_cold = histories([[1, cold, 12], [cold], [1, 12]], people.n_items)
    told = model.scores(with_cold)
    assert np.array_equal(told[0], told[2])
    assert (told[1] == 0).all()
    links = model.links(with_cold.of(np.asarray([0])), 25)
    assert links[1] == 0
    assert (links[[0, 2]] != 0).all()


@pytest.mark.parametrize(("rows", "n_items"), [([], 0), ([], 5), ([[], []], 5), ([[3]], 5)])
def test_nothing_to_learn_from_is_no_error(rows: list[list[int]], n_items: int) -> None:
    few = histories(rows, n_items)
    model = fit_sequence(few, seed=0)
    assert model.training.why == "nothing to learn"
    assert model.scores(few).shape == (len(rows), n_items)
    assert np.isfinite(model.scores(few)).all()
    again = SequenceModel.from_arrays(model.to_arrays())
    assert np.array_equal(again.scores(few), model.scores(few))


def test_a_pass_learns_from_everything_that_followed_something_once() -> None:
    people = histories([list(range(30)), [], [4], [7, 8], list(range(25, 0, -2))], 30)
    ends = people.starts[1:].copy()
    ends[0] -= 1
    targets = Targets(people, ends)
    expected = sorted((i, i + 1) for i in range(28))
    expected = sorted([*expected, (7, 8), *((i, i - 2) for i in range(25, 1, -2))])
    rng = np.random.default_rng(0)
    cuts = set()
    for _ in range(3):
        found: list[tuple[int, int]] = []
        for batch in targets.batches(8, 20, rng):
            assert batch.real.shape[1] <= 8
            assert batch.real.size <= 20
            cuts.add(tuple(batch.given[:, 0].tolist()))
            found += zip(batch.given[batch.real].tolist(), batch.target.tolist(), strict=True)
        assert sorted(found) == expected
    assert len(cuts) > 5


def test_fainter_likes_weigh_less() -> None:
    rows = [[0, 1], [0, 2]] * 20
    people = histories(rows, 3)
    weight = np.where(people.item == 1, 0.2, 1.0)
    people, stop = replace(people, weight=weight), StopRule(epochs=100, held_out=0)
    score = fit_sequence(people, settings=SMALL, stop=stop, seed=0).scores(histories([[0]], 3))[0]
    assert score[2] - score[1] == pytest.approx(math.log(5), abs=0.2)


def test_training_says_why_it_stopped() -> None:
    few = walks(60, 0)

    def trained(stop: StopRule) -> tuple[str, int, int]:
        told = fit_sequence(few, settings=SMALL, stop=stop, seed=0).training
        assert 1 <= told.best_epoch <= told.epochs
        assert 0.0 <= told.ndcg_at_10 <= 1.0
        return told.why, told.epochs, told.steps

    assert trained(StopRule(epochs=2))[:2] == ("epochs", 2)
    assert trained(StopRule(steps=3)) == ("steps", 1, 3)
    assert trained(StopRule(budget_s=0.0)) == ("seconds", 1, 1)
    assert trained(StopRule(patience=1, epochs=40))[0] == "patience"


def test_the_fused_softmax_has_the_gradients_of_the_plain_one() -> None:
    torch.manual_seed(0)
    given = [torch.randn(shape, requires_grad=True) for shape in ((9, 4), (6, 4), (6,))]
    target, weight = torch.randint(6, (9,)), torch.rand(9)
    states, vectors, biases = given
    each = torch.nn.functional.cross_entropy(states @ vectors.T + biases, target, reduction="none")
    plain = 2 * (weight @ each)
    expected = torch.autograd.grad(plain, given)
    fused = 2 * FullSoftmax.apply(*given, target, weight)
    assert fused.item() == pytest.approx(plain.item(), rel=1e-5)
    for found, right in zip(torch.autograd.grad(fused, given), expected, strict=True):
        assert torch.allclose(found, right, atol=1e-5)


def test_other_items_are_refused(walked: SequenceModel) -> None:
    with pytest.raises(ValueError, match="of the 60 items fitted on, got 5"):
        walked.scores(histories([[1]], 5))
