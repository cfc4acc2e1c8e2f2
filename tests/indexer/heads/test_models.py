"""Models as arrays give what the libraries that fitted them give."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from data.arrays import Floats
from data.labels.kinds import Task
from indexer.heads.fitting.discriminant import LEAST_SHRINKAGE, _contrasts, fit_discriminant
from indexer.heads.fitting.linear import TRUST, fit_linear, fit_towards
from indexer.heads.fitting.network import fit_network
from indexer.heads.fitting.tastes import LEVEL, OWN, fit_tastes
from indexer.heads.fitting.trees import _OPTIONS, fit_trees
from indexer.heads.inputs.changes import changes_of
from indexer.heads.inputs.columns import fit_column
from indexer.heads.inputs.examples import Examples, padded
from indexer.heads.inputs.recipe import Recipe, fit_recipe
from indexer.heads.models.answers import Answers, answers_of, probabilities
from indexer.heads.models.model import HeadModel
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.models.tastes import with_network

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 8)).astype(np.float32)
NEW = RNG.normal(size=(40, 8)).astype(np.float32)
THREE = np.digitize(ROWS[:, 0] + 0.3 * ROWS[:, 1], [-0.5, 0.5])


def plain(width: int) -> Recipe:
    return Recipe((), np.zeros(width, np.float32), np.ones(width, np.float32))


def raw(model: HeadModel, rows: Floats) -> Floats:
    return raw_outputs(model, plain(rows.shape[1]), Examples(rows))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_trees_as_arrays_equal_scikit_learn(n_classes: int) -> None:
    y = np.minimum(THREE, n_classes - 1)
    answers = Answers(Task.CLASSES, tuple("abc"[:n_classes]), y)
    known = GradientBoostingClassifier(**_OPTIONS, random_state=1).fit(ROWS, y)
    mine = probabilities(Task.CLASSES, raw(fit_trees(ROWS, answers, seed=1), NEW))
    assert np.allclose(mine, known.predict_proba(NEW), atol=1e-5)


def test_trees_of_a_number_equal_scikit_learn() -> None:
    y = 100 + 20 * ROWS[:, 0] * ROWS[:, 1]
    known = GradientBoostingRegressor(**_OPTIONS, random_state=1)
    known.fit(ROWS, (y - y.mean()) / y.std())
    mine = raw(fit_trees(ROWS, Answers(Task.NUMBER, (), y), seed=1), NEW)[:, 0]
    assert np.allclose(mine, known.predict(NEW) * y.std() + y.mean(), rtol=1e-4)


def test_tastes_as_arrays_equal_a_linear_model_of_persons_times_axes() -> None:
    """Axes, levels and tastes are folded into arrays that take rows as they come."""
    persons, low, high = np.array([6, 7]), np.array([-0.5, -0.7]), np.array([2.0, 1.4])
    rows, new = ROWS.copy(), NEW.copy()
    for some, seed in ((rows, 1), (new, 2)):
        is_of = np.eye(3)[np.random.default_rng(seed).integers(0, 3, len(some)), :2]
        some[:, persons] = np.where(is_of > 0, high, low)
    y = (rows[:, 0] * np.where(rows[:, 6] > 0, 1, -1) > 0).astype(np.int64)
    model = fit_tastes(rows, Answers(Task.CLASSES, ("no", "yes"), y), 5, persons, strength=0.3)
    axes = model.arrays["axes"]
    assert np.allclose(((rows[:, :5] @ axes.T) ** 2).sum(axis=1).mean(), 1, atol=1e-3)

    def whole(some: Floats) -> Floats:
        seen, is_of = some[:, :5] @ axes.T, (some[:, persons] > 0).astype(np.float32)
        own = OWN * np.concatenate([is_of[:, [at]] * seen for at in range(2)], axis=1)
        return np.concatenate([seen, some[:, 5:6], LEVEL * is_of, own], axis=1)

    known = LogisticRegression(C=0.3, max_iter=3000, tol=1e-3).fit(whole(rows), y)
    mine = raw(model, new)
    assert np.allclose(mine[:, 1] - mine[:, 0], known.decision_function(whole(new)), atol=1e-2)


@pytest.mark.parametrize("task", [Task.CLASSES, Task.NUMBER])
def test_a_network_beside_tastes_says_as_much_as_these(task: Task) -> None:
    persons, rows = np.array([6, 7]), np.abs(ROWS)
    y = (THREE > 0).astype(np.int64) if task is Task.CLASSES else 100 + 10.0 * THREE
    answers = Answers(task, ("no", "yes") if task is Task.CLASSES else (), y)
    tastes = fit_tastes(rows, answers, 5, persons, strength=0.3)
    network = fit_network(rows, [answers], seed=1)[0]
    both = with_network(tastes, network, rows)
    mine, own, other = (raw(each, NEW) for each in (both, tastes, network))
    if task is Task.NUMBER:
        assert np.allclose(mine, (own + other) / 2, atol=1e-3)
        return
    share = raw(tastes, rows).std() / raw(network, rows).std()
    assert np.allclose(mine, (own + share * other) / 2, atol=1e-4)


def test_trees_of_one_row_say_its_number() -> None:
    model = fit_trees(ROWS[:1], Answers(Task.NUMBER, (), np.array([7.0])), seed=1)
    assert np.allclose(raw(model, NEW), 7.0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_linear_models_equal_scikit_learn(n_classes: int) -> None:
    y = np.minimum(THREE, n_classes - 1)
    known = LogisticRegression(C=0.3, max_iter=3000, tol=1e-3).fit(ROWS.astype(np.float64), y)
    answers = Answers(Task.CLASSES, tuple("abc"[:n_classes]), y)
    mine = probabilities(Task.CLASSES, raw(fit_linear(ROWS, answers, strength=0.3), NEW))
    assert np.allclose(mine, known.predict_proba(NEW.astype(np.float64)), atol=1e-4)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_trusted_direction_is_one_more_number_of_a_linear_model(n_classes: int) -> None:
    y = np.minimum(THREE, n_classes - 1)
    answers = Answers(Task.CLASSES, tuple("abc"[:n_classes]), y)
    direction = RNG.normal(size=8).astype(np.float32)
    along, new = ROWS @ direction, NEW @ direction
    scale = TRUST / along.std()
    wide = np.c_[ROWS, scale * (along - along.mean())].astype(np.float64)
    known = LogisticRegression(C=0.01, max_iter=3000, tol=1e-3).fit(wide, y)
    asked = np.c_[NEW, scale * (new - along.mean())].astype(np.float64)
    mine = raw(fit_towards(ROWS, answers, direction, strength=0.01), NEW)
    assert np.allclose(probabilities(Task.CLASSES, mine), known.predict_proba(asked), atol=1e-3)


def test_few_rows_add_to_what_is_trusted() -> None:
    rng = np.random.default_rng(3)
    rows, new = (rng.normal(size=(n, 300)).astype(np.float32) for n in (20, 400))
    direction = np.zeros(300, np.float32)
    direction[:2] = 1.0, 0.3
    y, wanted = (each[:, 0] + 0.2 * each[:, 2] > 0 for each in (rows, new))
    answers = Answers(Task.CLASSES, ("no", "yes"), y.astype(np.int64))
    plain_model = fit_linear(rows, answers, strength=0.003)
    model = fit_towards(rows, answers, direction, strength=0.003)
    shares = [(raw(each, new).argmax(axis=1) == wanted).mean() for each in (plain_model, model)]
    assert shares[0] < 0.7 < 0.8 < shares[1]


def test_a_class_without_training_rows_is_next_to_impossible() -> None:
    answers = Answers(Task.CLASSES, ("a", "b", "never", "c"), np.where(THREE == 2, 3, THREE))
    for model in (fit_linear(ROWS, answers, strength=1.0), fit_trees(ROWS, answers, seed=0)):
        chances = probabilities(Task.CLASSES, raw(model, NEW))
        assert chances[:, 2].max() < 0.01


def test_several_labels_are_told_apart_each_for_itself() -> None:
    y = np.stack([ROWS[:, 0] > 0, ROWS[:, 1] > 0, np.ones(60, bool)], axis=1).astype(np.float32)
    answers = Answers(Task.SEVERAL, ("x", "y", "always"), y)
    for model in (fit_linear(ROWS, answers, strength=1.0), fit_trees(ROWS, answers, seed=0)):
        chances = probabilities(Task.SEVERAL, raw(model, NEW))
        assert ((chances[:, 0] > 0.5) == (NEW[:, 0] > 0)).mean() > 0.8
        assert chances[:, 2].min() > 0.9


def test_a_network_learns_what_no_linear_model_can() -> None:
    y = (ROWS[:, 0] * ROWS[:, 1] > 0).astype(np.int64)
    answers = Answers(Task.CLASSES, ("no", "yes"), y)
    network = fit_network(ROWS, [answers], seed=0)[0]
    again = fit_network(ROWS, [answers], seed=0)[0]
    assert (raw(network, ROWS).argmax(axis=1) == y).mean() > 0.9
    assert np.array_equal(raw(network, NEW), raw(again, NEW))


def test_rows_without_a_label_of_one_target_count_for_the_other() -> None:
    some = np.where(np.arange(60) % 2 == 0, (ROWS[:, 0] > 0).astype(np.int64), -1)
    numbers = np.where(np.arange(60) % 2 == 1, ROWS[:, 1] * 10.0, np.nan)
    targets = [Answers(Task.CLASSES, ("no", "yes"), some), Answers(Task.NUMBER, (), numbers)]
    classes, number = fit_network(ROWS, targets, seed=0)
    assert (raw(classes, ROWS).argmax(axis=1) == some)[::2].mean() > 0.9
    assert np.corrcoef(raw(number, ROWS)[1::2, 0], numbers[1::2])[0, 1] > 0.9


def test_columns_become_numbers_of_one_scale_and_keep_no_name() -> None:
    columns = {"n": ["1", "", "5"], "c": ["a", "b", "a"], "who": ["anna", "ben", "anna"]}
    examples = Examples(np.eye(3, 4, dtype=np.float32), columns=columns)
    recipe = fit_recipe(examples, {"n": "number", "c": "category", "who": "person"}, salt="s")
    rows = recipe.rows(examples)
    assert rows.shape == (3, 4 + 2 + 2 + 2)
    assert np.allclose(rows.mean(axis=0), 0, atol=1e-5)
    assert "anna" not in repr(recipe.columns)
    unknown = Examples(examples.vectors[:1], columns={"n": ["1"], "c": ["z"], "who": ["carl"]})
    assert np.isfinite(recipe.rows(unknown)).all()


def test_rare_categories_beyond_the_limit_are_unknown() -> None:
    code = fit_column("c", "category", [f"v{n}" for n in range(300)] + ["often"] * 3, "")
    assert (len(code.values), code.values[0]) == (200, "often")


def nuisance(n_each: int, seed: int) -> tuple[Floats, Answers]:
    """Three classes apart on three axes, and one direction in which rows of a class differ much."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), n_each)
    rows = rng.normal(0, 0.2, (len(y), 60))
    rows += rng.normal(0, 2.0, (len(y), 1)) * np.cos(np.arange(60))
    rows[np.arange(len(y)), y] += 1.0
    return rows.astype(np.float32), Answers(Task.CLASSES, ("a", "b", "c"), y)


@pytest.mark.parametrize("n_each", [8, 100])
def test_the_discriminant_equals_scikit_learns(n_each: int) -> None:
    rows, answers = nuisance(n_each, seed=1)
    within = _contrasts(rows.astype(np.float64), answers.y)
    share = max(LEAST_SHRINKAGE, ledoit_wolf_shrinkage(within, assume_centered=True))
    known = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=share).fit(rows, answers.y)
    mine = raw(fit_discriminant(rows, answers), rows)
    theirs = known.decision_function(rows)
    apart = mine - mine[:, :1]
    free = (len(rows) - 3) / len(rows)
    assert np.allclose(apart, free * (theirs - theirs[:, :1]), rtol=1e-3, atol=1e-3)


def test_five_rows_a_class_tell_the_discriminant_what_does_not_matter() -> None:
    rows, answers = nuisance(5, seed=2)
    new, wanted = nuisance(100, seed=3)
    found = {
        "discriminant": raw(fit_discriminant(rows, answers), new),
        "logistic": raw(fit_linear(rows, answers, strength=0.3), new),
    }
    right = {name: float((each.argmax(1) == wanted.y).mean()) for name, each in found.items()}
    assert right["discriminant"] > right["logistic"] + 0.1


def test_a_class_of_one_row_or_none_is_no_trouble_to_the_discriminant() -> None:
    answers = Answers(Task.CLASSES, ("a", "b", "c"), np.array([0, 2]))
    out = raw(fit_discriminant(ROWS[:2], answers), ROWS[:2])
    assert out.argmax(axis=1).tolist() == [0, 2]
    assert np.isfinite(out).all()


def test_what_does_not_move_has_no_changes() -> None:
    vector = np.eye(1, 4, dtype=np.float32)[0]
    assert not changes_of(vector, vector[None]).any()
    assert not changes_of(vector, np.tile(vector, (5, 1))).any()


def test_changes_tell_which_way_and_how_much() -> None:
    ahead = np.eye(2, dtype=np.float32)
    mean = np.array([0.6, 0.8], np.float32)
    drift = changes_of(mean, ahead)[2:4]
    assert np.allclose(drift, [-1, 1])
    assert np.allclose(changes_of(mean, ahead[::-1])[2:4], -drift)
    assert np.allclose(changes_of(mean, ahead)[4:], [0.5, 0.5, 1, 1])
    correction = changes_of(mean, ahead)[:2]
    assert np.allclose(correction, [-0.1, 0.1], atol=1e-6)


def test_long_sequences_are_thinned_out_evenly() -> None:
    rows = np.arange(100, dtype=np.float32)[:, None]
    out, lengths = padded([rows, rows[:3]], 5)
    assert out[0, :, 0].tolist() == [0, 25, 50, 74, 99]
    assert out[1, :, 0].tolist() == [0, 1, 2, 0, 0]
    assert lengths.tolist() == [5, 3]


def test_a_minus_is_none_of_several_labels() -> None:
    answers = answers_of(Task.SEVERAL, [("x", "y"), ("-",), ("y",)])
    assert answers.classes == ("x", "y")
    assert answers.y.tolist() == [[1, 1], [0, 0], [0, 1]]
