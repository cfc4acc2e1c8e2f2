"""What goes with the video that is playing now, as one more source in a blend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.model.blend import CEILING, Blend, calibrated
from recommender.sources.base import Source
from recommender.sources.item_links import Rows
from recommender.sources.registry import EASE, NEXT_ITEM, RECENT_EASE, RP3BETA

PLAYING = "playing"
"""The source's name."""
WEIGHT = 0.3
"""Of the source in the blend; the rest, asked as if the video had been watched last, has 0.7.

Toon people, 4 worlds, 2,011 times that somebody finished a video right after another one, NDCG@10
of the next, 2026-11-21: .1885 without what plays, .2024 as watched last alone, and with the source
at .1 to .4 .2050, .2060, .2086, .2063 (+.0201 +- .0071 here). Of strangers who watch the first of
the two: .0429, .1186, and .1225, .1247, .1251, .1246. The source alone, the rest not being told, is
worth less: at best .2053, and .1047 of strangers.
"""
LINKED_SHARE = 0.25
"""Of what the crowd says within the source, next to looks.

At shares of .25, .5 and .75 as above: .2086, .2055, .2035; of strangers .1251, .1249, .1220.
"""


@dataclass(frozen=True, eq=False)
class PlayingNow:
    """The neighbours of one video: those that look alike, and those watched with it.

    Args:
        videos: The videos.
        sources: Fitted sources; those that link videos are asked.
        trust: How far the crowd is believed, 0 to 1; the rest goes to looks.
    """

    videos: VideoTable
    """The videos."""
    sources: Mapping[str, Source]
    """Fitted sources; those that link videos are asked."""
    trust: float = 1.0
    """How far the crowd is believed, 0 to 1; the rest goes to looks."""

    def scores(
        self, row: int, allowed: NDArray[np.bool_] | None = None, rows: Rows = None
    ) -> NDArray[np.float32]:
        """(1, n or len(rows)) how well each goes with the video in `row`, 0 to 1; itself 0."""
        centred = self.videos.centred
        near = centred if rows is None else centred[rows]
        others = np.ones((1, len(near)), bool) if allowed is None else allowed.copy()
        others[0, (np.arange(len(near)) if rows is None else rows) == row] = False
        alike = calibrated((near @ centred[row])[None], others)
        linked = self._linked(row, others, rows)
        share = LINKED_SHARE * self.trust if linked.any() else 0.0
        return np.asarray(((1.0 - share) * alike + share * linked) / CEILING, dtype=np.float32)

    def _linked(self, row: int, allowed: NDArray[np.bool_], rows: Rows) -> NDArray[np.float32]:
        nothing = np.zeros(0)
        nobody = Histories(
            np.zeros(2, int), nothing.astype(int), nothing, nothing, len(self.videos)
        )
        alone = as_watched_last(nobody, row)
        # Of one video's history what was watched of late and what ever are the same.
        watched = RECENT_EASE if RECENT_EASE in self.sources else EASE
        asked = [
            self.sources[name] for name in (watched, NEXT_ITEM, RP3BETA) if name in self.sources
        ]
        told = [calibrated(source.scores(alone, rows), allowed) for source in asked]
        said = [one for one in told if one.any()]
        return np.mean(said, axis=0) if said else np.zeros(allowed.shape, np.float32)


def as_watched_last(history: Histories, row: int) -> Histories:
    """One person's history with the playing video at its end, wholly watched."""
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
    """The blend of one person with what goes with the playing video, (1, n) from 0 to 1."""
    parts = np.concatenate([(1.0 - WEIGHT) * blend.parts, WEIGHT * scores[None]])
    return Blend((*blend.names, PLAYING), np.asarray(parts, dtype=np.float32))
