"""Where to look in a picture, and where first while the ration is short.

Text stays while scenes move: strokes that were at the same place in the frame before are likelier
text than any others. What was looked at in vain lately comes after what was not, so that in a
picture that moves everywhere each place has its turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.words.screen.ration import Ration
from embeddings.words.screen.settings import DENSER, STABLE_DENSITIES, STABLE_FIRST, VAIN_KEPT
from embeddings.words.screen.strokes import (
    Grey,
    Mask,
    Region,
    bands_of,
    stroke_densities,
    text_regions,
)


class Places:
    """The places of one video where text may be.

    Args:
        ration: What may be looked at.
        shape: Rows and columns of cells.
    """

    def __init__(self, ration: Ration, shape: tuple[int, int]) -> None:
        self._ration = ration
        self._vain: NDArray[np.float32] = np.zeros(shape, np.float32)

    def regions(self, grey: Grey, before: Grey, to_look: Mask) -> tuple[list[Region], list[Region]]:
        """All regions that may hold text, and of them those to look at now, the likeliest first.

        Args:
            grey: The picture.
            before: The picture before it.
            to_look: The cells of it that differ from what was read last.
        """
        self._vain *= np.float32(VAIN_KEPT)
        size = (grey.shape[1], grey.shape[0])
        densities = stroke_densities(grey)
        everywhere = text_regions(densities, to_look, size)
        if self._covers(everywhere):
            return everywhere, self._in_order(everywhere)
        both = stroke_densities(grey, before)
        stable = [text_regions(both, to_look, size, least) for least in STABLE_DENSITIES]
        dense = [everywhere] + [text_regions(densities, to_look, size, least) for least in DENSER]
        return everywhere, self._in_order(self._affordable(dense), self._affordable(stable))

    def looked_in_vain(self, region: Region) -> None:
        """Nothing was read in a region."""
        region.cells(self._vain)[...] += 1

    def _affordable(self, choices: Sequence[list[Region]]) -> list[Region]:
        """The first of the choices, from the widest to the narrowest, that the ration covers."""
        return next((regions for regions in choices if self._covers(regions)), choices[-1])

    def _covers(self, regions: Sequence[Region]) -> bool:
        return self._ration.covers(sum(region.work_px for region in regions))

    def _in_order(self, regions: list[Region], stable: Sequence[Region] = ()) -> list[Region]:
        """Both in small steps, the likeliest to hold text first."""
        weighted = [(1.0, regions), (STABLE_FIRST, stable)]
        steps = [
            (weight * step.density / (1 + self._vain_looks(step)), step)
            for weight, apart in weighted
            for region in apart
            for step in bands_of(region)
        ]
        return [step for _, step in sorted(steps, key=lambda pair: -pair[0])]

    def _vain_looks(self, region: Region) -> float:
        looks = region.cells(self._vain)
        return float(looks.mean()) if looks.size else 0.0
