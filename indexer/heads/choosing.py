"""Which model a head gets: all kinds are fitted on the same folds, the best one is kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids, Mask
from data.labels.kinds import ColumnKind, Task
from indexer.heads.fitting.discriminant import fit_discriminant
from indexer.heads.fitting.linear import fit_linear, fit_towards
from indexer.heads.fitting.network import fit_network
from indexer.heads.fitting.sequence import fit_sequence
from indexer.heads.fitting.tastes import fit_tastes
from indexer.heads.fitting.trees import MOST_OUTPUTS, fit_trees
from indexer.heads.fitting.volume import fit_volume
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import Recipe, Trunk, fit_recipe
from indexer.heads.judging.calibration import (
    Calibration,
    calibrated_by_others,
    fit_calibration,
    log_loss,
)
from indexer.heads.judging.figures import Figures, figures_of
from indexer.heads.judging.splits import Splits
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import OF_FRAMES, Family, HeadModel
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.models.tastes import with_network
from indexer.heads.models.volume import beside

STRENGTHS = (0.003, 0.03, 0.3, 3.0)
"""Inverse penalties of linear models: 512 numbers and 20 to 2,000 rows want these."""
OF_TASTES = (0.03, 0.1, 0.3)
"""The same of models in which persons have tastes of their own (docs/heads.md)."""
MOST_OF_CHANGES = 0.03
"""Larger ones are not tried with changes, of which there are four times as many numbers."""
ENOUGH_WITHOUT_WORDS = 200
"""Of fewer rows linear models that do not build on the words are not tried where there are some:
held-out folds of so few rows, found by these words, say too little about others."""


@dataclass(frozen=True)
class Candidate:
    """One way to fit a head."""

    name: str
    """What it is called in tables."""
    family: Family
    """Kind of its model."""
    strength: float = 1.0
    """Inverse penalty of a linear model."""
    shared: bool = False
    """Its hidden layers are fitted for all targets of the file at once."""
    changes: bool = False
    """It is also told how a stretch changes."""
    words: bool = False
    """Of linear models, one that trusts how well a stretch fits words, and adds to it."""
    discriminant: bool = False
    """Of linear models, the discriminant."""
    beside: bool = False
    """Of networks over small pictures, the one with a linear model of clip vectors beside it; of
    tastes, the one with a network."""


@dataclass(frozen=True)
class Material:
    """Everything that heads are fitted on: the rows of one file."""

    examples: Examples
    """What is known of n rows."""
    kinds: Mapping[str, ColumnKind]
    """Kinds of their columns."""
    targets: Mapping[str, tuple[Ids, Answers]]
    """By label column: the places of the rows that have a label of it, and the labels."""
    video_ids: Ids
    """(n,) the video of each row."""
    salt: str
    """What hashes of persons begin with."""
    at_s: NDArray[np.float64] | None = None
    """(n,) when each row was; None where the file has no times."""
    trunks: tuple[Trunk, ...] = ()
    """Layers of other heads to build on."""
    words: Floats | None = None
    """(d,) vector of words for what is looked for; None for none."""
    seed: int = 0
    """Of everything random."""
    networks: dict[tuple[str, bytes], HeadModel] = field(default_factory=dict)
    """Those that were fitted, by target and rows: several candidates use them."""


@dataclass(frozen=True)
class Judged:
    """A candidate on held-out rows."""

    candidate: Candidate
    """What was fitted."""
    loss: float
    """Held-out log loss, RMSE for numbers: the lowest is chosen."""
    figures: Figures
    """Its other figures."""
    calibration: Calibration
    """Fitted on all held-out rows."""
    residual: float
    """Standard deviation of held-out errors of a number; 0 for labels."""
    held_out: Floats
    """(j, outputs) of the judged rows, calibrated by the other folds."""


@dataclass(frozen=True)
class Fitted:
    """A head's model, fitted on all rows."""

    recipe: Recipe
    """From examples to rows."""
    model: HeadModel
    """From rows to logits."""


def candidates(
    material: Material, target: str, families: Sequence[Family] | None
) -> list[Candidate]:
    """What is tried for a target; with several targets a shared network too."""
    _, answers = material.targets[target]
    found = _linear_ones(material, answers.task)
    if _has_persons(material):
        own = [Candidate(f"{Family.TASTES} {s:g}", Family.TASTES, s) for s in OF_TASTES]
        found += [*own, *(replace(each, name=f"{each.name}, mlp", beside=True) for each in own)]
    if answers.n_outputs <= MOST_OUTPUTS:
        found.append(Candidate("boosting", Family.BOOSTING))
    found.append(Candidate("mlp", Family.NETWORK))
    if len(material.targets) > 1:
        found.append(Candidate("shared mlp", Family.NETWORK, shared=True))
    if material.examples.frames is not None:
        for family in sorted(OF_FRAMES):
            found.append(Candidate(str(family), family))
            found.append(Candidate(f"{family}, changes", family, changes=True))
    if material.examples.volumes is not None:
        found.append(Candidate(str(Family.VOLUME), Family.VOLUME))
        found.append(Candidate(f"{Family.VOLUME}, clips", Family.VOLUME, beside=True))
    return [each for each in found if families is None or each.family in families]


def _linear_ones(material: Material, task: Task) -> list[Candidate]:
    """Linear models; of few rows such as build on the words, where there are some."""
    found = [Candidate(f"linear {s:g}", Family.LINEAR, s) for s in STRENGTHS]
    few = [each for each in found if each.strength <= MOST_OF_CHANGES]
    built = [replace(each, name=f"{each.name}, words", words=True) for each in few]
    if task is Task.CLASSES:
        found.append(Candidate("discriminant", Family.LINEAR, discriminant=True))
        few.append(found[-1])
    if material.words is not None and len(material.examples) < ENOUGH_WITHOUT_WORDS:
        found = few = built
    elif material.words is not None:
        found, few = [*found, *built], [*few, *built]
    if material.examples.changes is not None:
        found = [*found, *(replace(e, name=f"{e.name}, changes", changes=True) for e in few)]
    return found


def _has_persons(material: Material) -> bool:
    """Whether rows are of persons, of whom there are at least two."""
    columns = material.examples.columns.items()
    return any(
        material.kinds[name] == "person" and len(set(values)) > 1 for name, values in columns
    )


def judge(
    material: Material,
    target: str,
    splits: Splits,
    tried: Sequence[Candidate],
    told: Callable[[str], None],
) -> list[Judged]:
    """Fit each candidate on each fold and judge it on what the fold holds out; the best first."""
    _, answers = material.targets[target]
    judged = answers.some(splits.judged)
    ends = np.cumsum([0, *(len(test) for _, test in splits.folds)])
    parts = [np.arange(a, b) for a, b in pairwise(ends.tolist())]
    found = []
    for candidate in tried:
        raw = np.concatenate(list(_held_out(material, target, splits, candidate)))
        honest = calibrated_by_others(raw, judged, parts)
        residual = 0.0
        if answers.task is Task.NUMBER:
            residual = float(np.std(raw[:, 0] - judged.y))
        found.append(
            Judged(
                candidate,
                log_loss(honest, judged),
                figures_of(honest, judged),
                fit_calibration(raw, judged),
                residual,
                honest,
            )
        )
        told(f"{target}: {candidate.name}, held-out loss {found[-1].loss:.4f}")
    return sorted(found, key=lambda each: each.loss)


def _held_out(
    material: Material, target: str, splits: Splits, candidate: Candidate
) -> Iterator[Floats]:
    """Raw outputs for the judged rows of each fold."""
    places, _ = material.targets[target]
    for train, test in splits.folds:
        fitted = fit(material, target, candidate, train)
        yield raw_outputs(fitted.model, fitted.recipe, material.examples.some(places[test]))


def fit(material: Material, target: str, candidate: Candidate, train: Ids | None = None) -> Fitted:
    """Fit a candidate on some rows of a target; None takes all."""
    places, answers = material.targets[target]
    if candidate.shared:
        return _fit_shared(material, target, places if train is None else places[train])
    if train is not None:
        places, answers = places[train], answers.some(train)
    examples = material.examples.some(places)
    of_frames = candidate.family in OF_FRAMES
    recipe = _recipe(material, examples, changes=candidate.changes and not of_frames)
    rows = recipe.rows(examples)
    if candidate.family is Family.VOLUME:
        model = _of_volumes(material, candidate, recipe, (target, places), answers)
    elif candidate.family is Family.TASTES:
        model = _of_persons(material, candidate, (recipe, rows), (target, places), answers)
    elif candidate.family is Family.LINEAR:
        model = _linear(material, candidate, recipe, rows, answers)
    elif candidate.family is Family.BOOSTING:
        model = fit_trees(rows, answers, seed=material.seed)
    elif candidate.family is Family.NETWORK:
        model = _network(material, rows, (target, places), answers)
    else:
        assert examples.frames is not None
        columns = rows[:, recipe.of_vector :]
        model = fit_sequence(
            candidate.family,
            examples.frames,
            columns,
            answers,
            seed=material.seed,
            changes=candidate.changes,
        )
    return Fitted(recipe, model)


def _linear(
    material: Material, candidate: Candidate, recipe: Recipe, rows: Floats, answers: Answers
) -> HeadModel:
    if candidate.discriminant:
        return fit_discriminant(rows, answers)
    if not candidate.words:
        return fit_linear(rows, answers, strength=candidate.strength)
    assert material.words is not None
    assert not material.trunks
    # In which direction of the scaled rows clip vectors come nearer to the words.
    direction = np.zeros_like(recipe.spread)
    direction[: len(material.words)] = material.words
    return fit_towards(rows, answers, direction * recipe.spread, strength=candidate.strength)


def _of_persons(
    material: Material,
    candidate: Candidate,
    known: tuple[Recipe, Floats],
    of: tuple[str, Ids],
    answers: Answers,
) -> HeadModel:
    """A model of the tastes of persons, and the network that may be beside it."""
    recipe, rows = known
    persons = recipe.places_of("person", material.examples)
    model = fit_tastes(rows, answers, recipe.of_vector, persons, strength=candidate.strength)
    if not candidate.beside:
        return model
    return with_network(model, _network(material, rows, of, answers), rows)


def _network(material: Material, rows: Floats, of: tuple[str, Ids], answers: Answers) -> HeadModel:
    """A small network over the rows at some places of a target; it is fitted once."""
    at = (f"{Family.NETWORK} {of[0]}", of[1].tobytes())
    if at not in material.networks:
        material.networks[at] = fit_network(rows, [answers], seed=material.seed)[0]
    return material.networks[at]


def _of_volumes(
    material: Material,
    candidate: Candidate,
    recipe: Recipe,
    of: tuple[str, Ids],
    answers: Answers,
) -> HeadModel:
    """A network over the small pictures of some rows of a target, and what is beside it."""
    target, places = of
    examples = material.examples.some(places)
    assert examples.volumes is not None
    rows, at = recipe.rows(examples), (target, places.tobytes())
    if at not in material.networks:
        columns, videos = rows[:, recipe.of_vector :], material.video_ids[places]
        material.networks[at] = fit_volume(
            examples.volumes, columns, answers, videos, seed=material.seed
        )
    network = material.networks[at]
    if not candidate.beside:
        return network
    if answers.task is Task.CLASSES:
        linear = fit_discriminant(rows, answers)
    else:
        linear = fit_linear(rows, answers, strength=MOST_OF_CHANGES)
    return beside(network, linear, examples.volumes, rows, recipe.of_vector)


def _recipe(material: Material, examples: Examples, *, changes: bool = False) -> Recipe:
    return fit_recipe(
        examples, material.kinds, salt=material.salt, trunks=material.trunks, changes=changes
    )


def _fit_shared(material: Material, target: str, own: Ids) -> Fitted:
    """One trunk for all targets, on the training rows of this one and what does not betray others.

    Rows without a label of this target count where their video is not held out, and where they are
    earlier than all that is.
    """
    labelled = material.targets[target][0]
    held_out = np.setdiff1d(labelled, own)
    others = np.setdiff1d(np.arange(len(material.examples)), labelled)
    if len(held_out):
        held_videos = material.video_ids[held_out]
        others = others[~np.isin(material.video_ids[others], held_videos)]
        if material.at_s is not None:
            others = others[material.at_s[others] < material.at_s[held_out].min()]
    places = np.union1d(own, others)
    examples = material.examples.some(places)
    recipe = _recipe(material, examples)
    targets = [
        _spread(answers, np.searchsorted(places, mine), np.isin(mine, places), len(places))
        for mine, answers in material.targets.values()
    ]
    models = fit_network(recipe.rows(examples), targets, seed=material.seed)
    return Fitted(recipe, dict(zip(material.targets, models, strict=True))[target])


def _spread(answers: Answers, at: Ids, keep: Mask, n: int) -> Answers:
    """Labels of n rows, of which only those at some places have one."""
    y = answers.y
    empty = np.full((n, *y.shape[1:]), -1 if answers.task is Task.CLASSES else np.nan, y.dtype)
    empty[at[keep]] = y[keep]
    return replace(answers, y=empty)
