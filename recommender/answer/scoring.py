"""Score candidates for one request: blend the sources, push dislikes down, name the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.answer.items import REST, Because, Item, UserRequest
from recommender.answer.page import Candidates, Place
from recommender.answer.playing import PLAYING, PlayingNow, with_playing
from recommender.events.videos import VideoTable
from recommender.model.blend import Blend, Blender
from recommender.model.taste import pushed_down
from recommender.sources.base import Source
from recommender.sources.content import Content
from recommender.sources.item_links import Rows
from recommender.sources.registry import BY_NAME, EASE, NEW, NEXT_ITEM, RECENT_EASE, RP3BETA

_TIE_BREAK = 1e-6  # below any score of a source


@dataclass(frozen=True, eq=False)
class Scored:
    """The videos scored for one request."""

    videos: VideoTable
    unwatched: NDArray[np.bool_]
    """(n,) videos without an event for or against them."""
    request: UserRequest
    sources: Mapping[str, Source]
    rows: NDArray[np.int64]
    """(m,) the scored videos, in rising order: all, or a shortlist."""
    blend: Blend
    """The sources blended, before dislikes and re-ranking; one user, m columns."""
    similarity: NDArray[np.float32]
    """(m,) to what the user liked, 0 to 1; zeros without a history."""

    def candidates(self) -> Candidates:
        """The scored videos that may be recommended."""
        allowed = np.flatnonzero(self.request.allowed[self.rows])
        rows, similarity = self.rows[allowed], self.similarity[allowed]
        scores = self.blend.total[0, allowed].astype(np.float64)
        # Videos without a score from any source are ordered by similarity, below all others.
        scores = np.minimum(scores + _TIE_BREAK * (1.0 + similarity) / 2.0, 1.0)
        scores = scores * pushed_down(self.request.taste, self.videos, rows)
        new = np.flatnonzero(self.unwatched[rows])
        # New videos similar to the history come first; those similar to nothing, by date.
        keys = (-self.videos.added_at_s[rows[new]], -similarity[new])
        return Candidates(rows, scores, new[np.lexsort(keys)])

    def item(self, rank: int, place: Place) -> Item:
        """The item of one place of the page, with its reason."""
        source = self._source(place)
        cause: int | None = None
        if source == PLAYING:
            cause = self.request.playing
        elif source != REST and BY_NAME[source].personal:
            history = self.request.taste.history
            cause = int(history.item[np.argmax(self.sources[source].links(history, place.row))])
            source = PLAYING if cause == self.request.playing else source
        videos = self.videos
        return Item(
            rank,
            int(videos.ids[place.row]),
            videos.path(place.row),
            videos.title(place.row),
            place.score,
            source,
            None if cause is None else Because(int(videos.ids[cause]), videos.title(cause)),
            place.propensity,
        )

    def _source(self, place: Place) -> str:
        """The source that added most to a video; `NEW` or `REST` where none did."""
        at = int(np.searchsorted(self.rows, place.row))
        source = NEW if place.reserved else self.blend.source(0, at)
        if source is None:
            source = NEW if self.unwatched[place.row] else REST
        return source


def score(
    videos: VideoTable,
    unwatched: NDArray[np.bool_],
    request: UserRequest,
    blender: Blender,
    trust: float,
    rows: Rows,
) -> Scored:
    """Score all videos, or those in `rows`, in rising order, for one request.

    `unwatched` (n,) are without an event for or against them; sources of what other users did count
    by `trust`, 0 to 1.
    """
    history = request.taste.history
    allowed = request.allowed if rows is None else request.allowed[rows]
    blend = blender.blend(history, allowed[None], rows)
    if request.playing >= 0:
        near = PlayingNow(videos, linking(blender.sources), trust)
        blend = with_playing(blend, near.scores(request.playing, allowed[None], rows))
    similarity = Content(videos.centred).scores(history, rows)[0]
    scored = np.arange(len(videos)) if rows is None else rows
    return Scored(videos, unwatched, request, blender.sources, scored, blend, similarity)


def linking(sources: Mapping[str, Source]) -> list[Source]:
    """The sources that link single videos."""
    # For a history of one video both forms of EASE score the same.
    ease = RECENT_EASE if RECENT_EASE in sources else EASE
    return [sources[name] for name in (ease, NEXT_ITEM, RP3BETA) if name in sources]
