"""Where nothing is looked for and something narrows: all videos that pass the filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.catalogue import Sort, Wanted
from ui.library.library import Library
from ui.pages.components.video_card import card_of
from ui.pages.search.address import AT_FIRST, MOST_SHOWN, Asked
from ui.pages.search.finding import filters_of

_SORTS: dict[str, Sort] = {"long": "length", "short": "short", "title": "title", "old": "old"}
"""By the order of the page, that of the shelf; the latest come first where it is none of these."""


def passing_data(library: Library, asked: Asked, *, shows_path: bool = True) -> dict[str, Any]:
    """What the page draws of them; `shows_path`: who sees it may see where files lie.

    Raises:
        ReelwiseError: No video lies in a folder or has a tag that is asked for, or a condition is
            none.
    """
    passing = library.passing(filters_of(library, asked))
    listed = library.shelf.listed(Wanted(sort=_SORTS.get(asked.sort, "date")))
    found = listed[np.isin(listed, passing)].tolist()
    shown = found[: asked.n]
    videos = library.catalogue.videos_by_id(shown)
    not_shown = library.reviews.withholding.now()
    is_all = len(found) <= asked.n or asked.n >= MOST_SHOWN
    return {
        "sort": asked.sort if asked.sort in _SORTS else "new",
        "videos": [
            card_of(videos[each], shows_path=shows_path, not_shown=not_shown)
            for each in shown
            if each in videos
        ],
        "n_videos": len(found),
        "more": None if is_all else min(MOST_SHOWN, asked.n + AT_FIRST),
    }
