"""Similarity to the video that is playing, as one more source of the blend."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.model.blend import CEILING, Blend, calibrated
from recommender.sources.base import Source
from recommender.sources.item_links import Rows

PLAYING = "playing"
"""The source's name."""
PLAYING_WEIGHT = 0.3
"""Weight of the source; the others, as if the video had been watched last, keep the rest."""
LINKED_SHARE = 0.25
"""Share of co-watching, against visual similarity, in the score of the source."""


@dataclass(frozen=True, eq=False)
class PlayingNow:
    """The neighbours of one video: similar ones, and those watched with it."""

    videos: VideoTable
    linking: Sequence[Source]
    """Fitted sources that link single videos."""
    trust: float = 1.0
    """How much these sources count, 0 to 1; the rest is visual similarity."""

    def scores(
        self, row: int, allowed: NDArray[np.bool_] | None = None, rows: Rows = None
    ) -> NDArray[np.float32]:
        """(1, n or len(rows)) scores beside the video in `row`, 0 to 1; its own score is 0."""
        centred = self.videos.centred
        near = centred if rows is None else centred[rows]
        others = np.ones((1, len(near)), bool) if allowed is None else allowed.copy()
        others[0, (np.arange(len(near)) if rows is None else rows) == row] = False
        similar = calibrated((near @ centred[row])[None], others)
        linked = self.linked(row, others, rows)
        share = LINKED_SHARE * self.trust if linked.any() else 0.0
        return np.asarray(((1.0 - share) * similar + share * linked) / CEILING, dtype=np.float32)

    def linked(
        self, row: int, allowed: NDArray[np.bool_], rows: Rows = None
    ) -> NDArray[np.float32]:
        """(1, n or len(rows)) what is watched with it: the top ten that are allowed average 1."""
        alone = Histories(
            np.array([0, 1]), np.array([row]), np.ones(1), np.zeros(1), len(self.videos)
        )
        scores = [calibrated(source.scores(alone, rows), allowed) for source in self.linking]
        known = [one for one in scores if one.any()]
        return np.mean(known, axis=0) if known else np.zeros(allowed.shape, np.float32)


def as_watched_last(history: Histories, row: int) -> Histories:
    """One user's history with the playing video at its end, wholly watched."""
    kept = history.item != row
    at_s = history.at_s[kept]
    now_s = float(history.at_s.max(initial=0.0)) + 1.0
    return Histories(
        np.array([0, len(at_s) + 1]),
        np.append(history.item[kept], row),
        np.append(history.weight[kept], 1.0),
        np.append(at_s, now_s),
        history.n_items,
    )


def with_playing(blend: Blend, scores: NDArray[np.float32]) -> Blend:
    """The blend of one user and the scores of the playing video, (1, n) from 0 to 1."""
    parts = np.concatenate([(1.0 - PLAYING_WEIGHT) * blend.parts, PLAYING_WEIGHT * scores[None]])
    return Blend((*blend.names, PLAYING), np.asarray(parts, dtype=np.float32))
