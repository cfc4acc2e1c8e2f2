"""Texts that have nothing to do with a library, compared with the clips that a query may find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Mask
from indexer.accident import SAMPLE_CLIPS, BestByAccident, best_by_accident


class SearchedClips(Protocol):
    """The clips that are searched."""

    @property
    def n_clips(self) -> int:
        """How many there are."""

    @property
    def sample(self) -> Floats:
        """(s, d) vectors of up to `SAMPLE_CLIPS` of them, drawn evenly at random."""

    def vectors(self, rows: NDArray[np.intp]) -> Floats:
        """(r, d) vectors at some rows of the clip table."""


@dataclass(frozen=True)
class Unrelated:
    """An accident is the best score of such a text among the clips that compete for a query.

    Clips of one video are alike, and so are those of one camera or folder: how high the few score
    that pass a filter does not follow from how high all score. So it is measured among the few.
    """

    texts: Floats
    """(t, d) unit rows, each mixed with what the query does not want."""
    clips: SearchedClips
    """What is searched."""

    @cached_property
    def everywhere(self) -> BestByAccident | None:
        """Where all clips compete; None for an empty library."""
        return best_by_accident(self.texts, self.clips.sample, self.clips.n_clips)

    def among(self, allowed: Mask | None) -> BestByAccident | None:
        """Where the allowed rows (m,) of the clip table compete; all of them for None."""
        if allowed is None:
            return self.everywhere
        rows = np.flatnonzero(allowed)
        n_clips = len(rows)
        if n_clips > SAMPLE_CLIPS:
            rng = np.random.default_rng(n_clips)
            rows = np.sort(rng.choice(rows, SAMPLE_CLIPS, replace=False))
        return best_by_accident(self.texts, self.clips.vectors(rows), n_clips)
