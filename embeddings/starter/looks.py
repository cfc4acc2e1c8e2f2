"""How a frame looks: a projection of the network's features that views of one scene share.

Trained by ourselves (`embeddings.starter.make`) so that a crop, a washed-out, blurred, barred,
mirrored or re-encoded copy of a picture lies close to it, and other pictures far away.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from safetensors.numpy import load_file

from embeddings.plain.layers import Floats, unit
from embeddings.starter.labels import DATA

LOOKS_FILE = DATA / "looks.safetensors"


@dataclass(frozen=True)
class Looks:
    """A linear map of the square roots of the features."""

    mean: Floats
    """(1280,): taken off before."""
    projection: Floats
    """(1280, 125)."""

    def of_features(self, features: Floats) -> Floats:
        """(n, 1280), not negative -> (n, 125) unit rows."""
        return unit((np.sqrt(features) - self.mean) @ self.projection)


@cache
def load_looks() -> Looks:
    """The projection of the package."""
    arrays = {name: array.astype(np.float32) for name, array in load_file(LOOKS_FILE).items()}
    return Looks(**arrays)
