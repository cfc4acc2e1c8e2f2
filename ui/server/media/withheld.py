"""What moderation does not show: refused, or blurred until somebody asks.

An owner sees everything with `show=1`, and everything blurred with `show=blurred`; of what is only
blurred everybody does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import cv2
import numpy as np
from fastapi import Depends, Query
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from data.review.withheld import NOTHING, NotShown, Stretch
from ui.api.answers import problem
from ui.api.served import Served, Visitor, visitor_of

BLUR_CELLS = 12
"""Cells of a blurred picture, side by side: shapes cannot be told any more."""
ALL_S = 1e9

Show = Annotated[
    Literal["0", "1", "blurred"],
    Query(
        description="1: as it is; blurred: blurred. Of what is withheld for owners alone, of what "
        "moderation blurs for all."
    ),
]
"""Parameter of a route."""


@dataclass(frozen=True)
class Watched:
    """What is not shown now, for who asks."""

    not_shown: NotShown
    """Of the library."""
    visitor: Visitor
    """Who asks."""
    show: str = "0"
    """How they ask for it, see `Show`."""

    def refused(self, video_id: int, start_s: float = 0.0, end_s: float = ALL_S) -> Response | None:
        """404 for a part that is withheld; 403 for a viewer who asks for it all the same."""
        stretch = self.not_shown.why(video_id, start_s, end_s)
        if stretch is None or (self.show != "0" and self.visitor.is_owner):
            return None
        if self.show != "0":
            return problem(
                403, "owners_only", "only an owner sees what is withheld", "ask an owner"
            )
        return problem(404, "withheld", *_told(stretch, self.visitor))

    def is_blurred(self, video_id: int, start_s: float, end_s: float) -> bool:
        """Whether a part is to be blurred."""
        if self.show != "0":
            return self.show == "blurred"
        return self.not_shown.blur(video_id, start_s, end_s) is not None

    @property
    def kept(self) -> dict[str, str]:
        """How long a browser may keep a picture: where there are cases, it asks each time."""
        age = "max-age=3600" if self.not_shown is NOTHING else "no-cache"
        return {"cache-control": f"private, {age}"}


EVERYTHING = Watched(NOTHING, Visitor())
"""Nothing is withheld."""


def _told(stretch: Stretch, visitor: Visitor) -> tuple[str, str]:
    if not visitor.is_owner:
        return "this part of the video is withheld", "ask an owner of this library"
    how = "blocked" if stretch.decided else "hidden until somebody decides"
    told = f"this part of the video is {how}: case {stretch.case_id}, {stretch.rule}"
    return told, f"GET /api/v1/review/cases/{stretch.case_id} says why; show=1 gives it"


def _watched(request: Request, show: Show = "0") -> Watched:
    served = request.app.state.served
    assert isinstance(served, Served)
    now = served.library.reviews.withholding.now()
    return Watched(now, visitor_of(request), show)


WatchedHere = Annotated[Watched, Depends(_watched)]
"""Parameter of a route: what is not shown, with its parameter `show`."""


def blurred(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) without what could be told from it: means of some cells, and smooth between."""
    height, width = pixels.shape[:2]
    rows = max(1, round(BLUR_CELLS * height / width))
    small = cv2.resize(pixels, (BLUR_CELLS, rows), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.uint8)
