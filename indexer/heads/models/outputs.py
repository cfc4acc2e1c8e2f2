"""What a fitted model gives for examples; torch is loaded for frames in their order alone."""

import numpy as np

from data.arrays import Floats
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import Recipe
from indexer.heads.models.forest import trees_raw
from indexer.heads.models.model import Family, HeadModel, layers_raw
from indexer.heads.models.tastes import tastes_raw
from indexer.heads.models.zero_shot import zero_shot_raw


def raw_outputs(model: HeadModel, recipe: Recipe, examples: Examples) -> Floats:
    """(n, outputs) logits of the classes, or (n, 1) numbers."""
    rows = recipe.rows(examples)
    if model.family is Family.LINEAR:
        out = rows @ model.arrays["weight"].T + model.arrays["bias"]
    elif model.family is Family.TASTES:
        out = tastes_raw(model.arrays, rows)
    elif model.family is Family.BOOSTING:
        out = trees_raw(model.arrays, rows)
    elif model.family is Family.NETWORK:
        out = layers_raw(model.arrays, rows)
    elif model.family is Family.ZERO_SHOT:
        out = zero_shot_raw(model.arrays, rows)
    elif model.family is Family.VOLUME:
        from indexer.heads.models.volume import volume_raw

        assert examples.volumes is not None
        out = volume_raw(model.arrays, examples.volumes, rows, recipe.of_vector)
    else:
        from indexer.heads.models.sequence import sequence_raw

        assert examples.frames is not None
        columns = rows[:, recipe.of_vector :]
        out = sequence_raw(model.family, model.arrays, examples.frames, columns)
    return np.asarray(out * model.arrays["scale"] + model.arrays["shift"], np.float32)
