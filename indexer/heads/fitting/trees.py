"""Gradient boosting (Friedman, 2001), fitted by scikit-learn and kept as arrays of its trees."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from data.arrays import Floats
from data.labels.kinds import Task
from indexer.heads.fitting.linear import ABSENT, constant_logit
from indexer.heads.models.answers import Answers
from indexer.heads.models.forest import DEPTH
from indexer.heads.models.model import Family, HeadModel, scaled

TREES = 80
"""Rounds of boosting; of several classes each has a tree in a round."""
RATE = 0.1
"""How much of each tree counts."""
MOST_OUTPUTS = 30
"""With more labels than this boosting is left out: it would take minutes for little."""

_OPTIONS: dict[str, Any] = {
    "n_estimators": TREES,
    "learning_rate": RATE,
    "max_depth": DEPTH,
    "subsample": 0.8,
    "max_features": "sqrt",
    "init": "zero",
}


def fit_trees(rows: Floats, answers: Answers, *, seed: int) -> HeadModel:
    """Fit trees one after the other, each on what those before it leave open."""
    rows = np.ascontiguousarray(rows, np.float32)
    if answers.task is Task.NUMBER:
        mean, spread = float(answers.y.mean()), float(answers.y.std()) or 1.0
        model = GradientBoostingRegressor(**_options(len(rows)), random_state=seed)
        model.fit(rows, (answers.y - mean) / spread)
        forest = _Forest(1).add(model.estimators_, [0])
        return forest.model(scale=spread, shift=mean)
    forest = _Forest(answers.n_outputs)
    if answers.task is Task.CLASSES:
        present = np.unique(answers.y)
        forest.start[:] = ABSENT
        forest.start[present] = 0.0
        if len(present) > 1:
            places = present[1:] if len(present) == 2 else present
            forest.add(_classifier(rows, answers.y, seed), places.tolist())
        return forest.model()
    for at in range(answers.n_outputs):
        y = answers.y[:, at]
        if len(np.unique(y)) < 2:
            forest.start[at] = constant_logit(y)
        else:
            forest.add(_classifier(rows, y, seed), [at])
    return forest.model()


def _options(n: int) -> dict[str, Any]:
    """For n rows; of one row no share can be drawn."""
    return _OPTIONS if n > 1 else _OPTIONS | {"subsample": 1.0}


def _classifier(rows: Floats, y: NDArray[Any], seed: int) -> NDArray[Any]:
    model = GradientBoostingClassifier(**_options(len(rows)), random_state=seed).fit(rows, y)
    trees: NDArray[Any] = model.estimators_
    return trees


class _Forest:
    """Trees of all outputs as one list of nodes; a leaf leads to itself."""

    def __init__(self, n_outputs: int) -> None:
        self.start = np.zeros(n_outputs, np.float32)
        self._nodes: list[NDArray[np.float64]] = []
        self._outputs: list[int] = []
        self._roots: list[int] = []
        self._n = 0

    def add(self, trees: NDArray[Any], outputs: Sequence[int]) -> "_Forest":
        """Add rounds of trees (rounds, outputs), of the outputs at some places."""
        for each_round in trees:
            for tree, output in zip(each_round, outputs, strict=True):
                self._add(tree.tree_, output)
        return self

    def _add(self, tree: Any, output: int) -> None:
        n, own = tree.node_count, np.arange(tree.node_count)
        is_leaf = tree.children_left < 0
        left = np.where(is_leaf, own, tree.children_left) + self._n
        right = np.where(is_leaf, own, tree.children_right) + self._n
        feature = np.where(is_leaf, 0, tree.feature)
        values = tree.value[:, 0, 0]
        self._nodes.append(np.stack([feature, tree.threshold, left, right, values]))
        self._outputs.append(output)
        self._roots.append(self._n)
        self._n += n

    def model(self, *, scale: float = 1.0, shift: float = 0.0) -> HeadModel:
        """The trees as a model."""
        nodes = np.concatenate(self._nodes, axis=1) if self._nodes else np.zeros((5, 0))
        arrays = {
            "feature": nodes[0].astype(np.int32),
            "threshold": nodes[1],
            "left": nodes[2].astype(np.int32),
            "right": nodes[3].astype(np.int32),
            "value": nodes[4] * RATE,
            "roots": np.array(self._roots, np.int32),
            "outputs": np.array(self._outputs, np.int32),
            "start": self.start,
        }
        return HeadModel(Family.BOOSTING, scaled(arrays, scale, shift))
