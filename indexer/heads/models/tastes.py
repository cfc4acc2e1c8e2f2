"""What a linear model says in which persons have tastes of their own.

There may be a network beside it, which knows what is no sum: the two say more than either.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.heads.models.model import HeadModel, layers_raw

PREFIX = "net."
"""Before the names of the arrays of a network beside it."""


def tastes_raw(arrays: Mapping[str, NDArray[Any]], rows: Floats) -> Floats:
    """(n, outputs) before the scale of the numbers; a person who is not known has no taste."""
    axes = arrays["axes"]
    out = rows @ arrays["weight"].T + arrays["bias"]
    seen = rows[:, : axes.shape[1]] @ axes.T
    is_of = rows[:, arrays["persons"]] > arrays["middle"]
    for at in np.flatnonzero(is_of.any(axis=0)).tolist():
        mine = is_of[:, at]
        out[mine] += seen[mine] @ arrays["tastes"][:, at].T
    if "shares" in arrays:
        own, other = arrays["shares"].tolist()
        out = own * out + other * layers_raw(_network(arrays), rows)
    return np.asarray(out, np.float32)


def with_network(tastes: HeadModel, network: HeadModel, rows: Floats) -> HeadModel:
    """Both as one: of rows (n, w) that they were fitted on they say as much, and it is added.

    Numbers are of one scale as they are; logits of the network are too sure of rows it knows.
    """
    parts = [tastes_raw(tastes.arrays, rows), layers_raw(network.arrays, rows)]
    own, other = (float(part.std()) or 1.0 for part in parts)
    shares = (0.5, 0.5) if parts[0].shape[1] == 1 else (0.5, 0.5 * own / other)
    beside = {f"{PREFIX}{name}": array for name, array in network.arrays.items()}
    told = {"shares": np.array(shares, np.float32)}
    return HeadModel(tastes.family, {**tastes.arrays, **beside, **told})


def _network(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {k.removeprefix(PREFIX): a for k, a in arrays.items() if k.startswith(PREFIX)}
