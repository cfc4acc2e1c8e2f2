"""Which videos a search may find, and which of their files a hit names: one that is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from data.arrays import Ids, Mask
from data.catalogue import Catalogue, LiveVideos, Video, VideoLimits
from data.review.withheld import NOTHING, NotShown
from data.video.found import file_title
from indexer.search.query import Filters
from indexer.search.result import Hit
from indexer.search.view import View
from indexer.store.segments.columns import TableRows


@dataclass(frozen=True)
class Shown:
    """The videos that may be found; only those that are asked for are read."""

    live: LiveVideos
    """Those that are searched."""
    limits: VideoLimits
    """What they have to be."""
    exclude: int | None = None
    """Id of one that is left out."""
    not_shown: NotShown = NOTHING
    """What moderation withholds."""

    @classmethod
    def of(cls, live: LiveVideos, filters: Filters, not_shown: NotShown = NOTHING) -> Shown:
        """Those that pass filters, without what is withheld."""
        return cls(live, filters.limits, filters.exclude_video, not_shown)

    @cached_property
    def ids(self) -> Ids | None:
        """Ids of those within the limits, ascending; None where there are no limits."""
        return None if self.limits == VideoLimits() else self.live.passing(self.limits)

    @cached_property
    def id_set(self) -> frozenset[int] | None:
        """The same as a set."""
        return None if self.ids is None else frozenset(self.ids.tolist())

    @cached_property
    def clips(self) -> Ids | None:
        """Ids of the clips that may be found, ascending; None where no condition is on clips."""
        return self.live.passing_clips(self.limits.where)

    @property
    def none_passes(self) -> bool:
        """Whether there are videos and the limits leave none of them."""
        return self.ids is not None and not (self.ids != self.exclude).any() and bool(self.live)

    def rows(self, view: View) -> Mask | None:
        """(n_rows,) which rows of a view may be found; None where all may."""
        passing, withheld = self.passing(view), self._withheld(view)
        if not len(withheld):
            return passing
        allowed = np.ones(view.n_rows, np.bool_) if passing is None else passing
        allowed[withheld] = False
        return allowed

    def _withheld(self, view: View) -> TableRows:
        if not self.not_shown:
            return np.zeros(0, np.intp)
        rows = view.rows_of(self.not_shown.videos)
        return rows[np.isin(view.clips(rows).ids, self.not_shown.clips)]

    def passing(self, view: View) -> Mask | None:
        """(n_rows,) which rows of a view pass the filters; None where all do."""
        if self.ids is None and self.exclude is None:
            return None
        allowed = np.ones(view.n_rows, np.bool_) if self.ids is None else view.mask_of(self.ids)
        if self.exclude is not None:
            allowed[view.rows_of([self.exclude])] = False
        if self.clips is not None:
            allowed &= view.mask_of_clips(self.clips)
        return allowed

    def some(self, ids: Iterable[int]) -> dict[int, Video]:
        """Read some of them, called as their first copy below the folder that was asked for.

        A video that is gone since the index was opened is left out.

        Args:
            ids: Videos that were found among `rows`, or among lines of `id_set`.
        """
        videos = self.live.some({each for each in ids if each != self.exclude})
        if self.limits.under is None:
            return videos
        paths = self.live.first_below(self.limits.under, videos)
        return {each: called(videos[each], path) for each, path in paths.items()}


def without_withheld(hits: Sequence[Hit], not_shown: NotShown) -> list[Hit]:
    """The hits without those that have a part in what is withheld, in their order."""
    if not not_shown:
        return list(hits)
    kept = [hit for hit in hits if not_shown.why(hit.video_id, hit.start_s, hit.end_s) is None]
    return [replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1)]


def called(video: Video, path: Path) -> Video:
    """The video as one of its copies is called."""
    if path == video.path:
        return video
    return replace(video, path=path, title=file_title(path) or video.title)


def with_files_that_are_there(
    hits: Sequence[Hit], catalogue: Catalogue, under: Path | None
) -> list[Hit]:
    """The hits, each with the first copy that is there where its own file is gone.

    A hit keeps its file where no copy is there, so it is shown that the file is gone.

    Args:
        hits: What was found.
        catalogue: Knows the copies.
        under: The folder that was asked for; copies elsewhere do not count. None takes all.
    """
    gone = {hit.video_id for hit in hits if not hit.path.exists()}
    files = catalogue.files.of_videos(gone) if gone else {}
    return [_elsewhere(hit, files.get(hit.video_id, ()), under) for hit in hits]


def _elsewhere(hit: Hit, files: Sequence[Path], under: Path | None) -> Hit:
    """The hit as the first of these files that is there; as it is where none is."""
    for path in files:
        if (under is None or path.is_relative_to(under)) and path.exists():
            return replace(hit, path=path, title=file_title(path) or hit.title)
    return hit
