"""Texts that have nothing to do with a library, compared with the clips that a query may find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexer.search.accident import BestByAccident, best_by_accident
from indexer.search.view import SAMPLE_CLIPS, View
from indexer.store.faiss_index import Floats, Mask


@dataclass(frozen=True)
class Unrelated:
    """An accident is the best score of such a text among the clips that compete for a query.

    Clips of one video are alike, and so are those of one camera or folder: how high the few score
    that pass a filter does not follow from how high all score. So it is measured among the few.
    """

    texts: Floats
    """(t, d) unit rows, each mixed with what the query does not want."""
    view: View
    """What is searched."""

    @cached_property
    def everywhere(self) -> BestByAccident | None:
        """Where all clips compete; None for an empty library."""
        return best_by_accident(self.texts, self.view.sample, self.view.n_clips)

    def among(self, allowed: Mask | None) -> BestByAccident | None:
        """Where the allowed rows (m,) of the clip table compete; all of them for None."""
        if allowed is None:
            return self.everywhere
        rows = np.flatnonzero(allowed)
        n_clips = len(rows)
        if n_clips > SAMPLE_CLIPS:
            rng = np.random.default_rng(n_clips)
            rows = np.sort(rng.choice(rows, SAMPLE_CLIPS, replace=False))
        return best_by_accident(self.texts, self.view.vectors(rows), n_clips)
