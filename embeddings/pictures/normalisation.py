"""How pixels come into a network: less a mean, in units of a deviation."""

from dataclasses import dataclass

import numpy as np

from data.video.types import Pixels
from embeddings.plain.layers import Floats

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Normalisation:
    """Of the three colours, 0 to 1."""

    mean: Colour
    """Is taken off."""
    deviation: Colour
    """Is divided by."""

    def of(self, pixels: Pixels) -> Floats:
        """(..., 3) uint8 -> (..., 3)."""
        mean, deviation = (
            np.asarray(each, np.float32) * 255 for each in (self.mean, self.deviation)
        )
        return np.asarray((pixels - mean) / deviation, np.float32)


PUBLISHED = {
    "clip": Normalisation(
        (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    ),
    "half": Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "imagenet": Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""Those that open_clip's published weights were trained with, by a name."""
