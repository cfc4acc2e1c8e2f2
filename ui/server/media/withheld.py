"""What moderation does not show: refused, or blurred until somebody asks.

An owner sees everything with `show=1`, and everything blurred with `show=blurred`; of what is only
blurred everybody does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from data.review.withheld import NOTHING, NotShown, Stretch
from data.video.excerpts.covers import Cover
from ui.api.served import Served, Visitor, visitor_of
from ui.api.shape.answers import problem

ALL_S = 1e9

Show = Annotated[
    Literal["0", "1", "blurred"],
    Query(
        description="1: as it is; blurred: blurred. Of what is withheld for owners alone, of what "
        "moderation blurs for all."
    ),
]
"""Parameter of a route."""

Covers = tuple[Cover, ...]


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
        if stretch is None or self.shows_withheld:
            return None
        return self.forbidden(video_id) or problem(404, "withheld", *_told(stretch, self.visitor))

    def forbidden(self, video_id: int) -> Response | None:
        """403 for a viewer who asks for what is withheld of a video."""
        asks = self.show != "0" and not self.visitor.is_owner
        if not asks or video_id not in self.not_shown.stretches:
            return None
        return problem(403, "owners_only", "only an owner sees what is withheld", "ask an owner")

    @property
    def shows_withheld(self) -> bool:
        """Whether who asks sees what is withheld."""
        return self.show != "0" and self.visitor.is_owner

    def covers(self, video_id: int, start_s: float = 0.0, end_s: float = ALL_S) -> Covers:
        """What is black, or blurred, in a part that is converted: what is withheld."""
        if self.show == "1" and self.visitor.is_owner:
            return ()
        found = self.not_shown.stretches.get(video_id, ())
        return _within(found, start_s, end_s, "blurred" if self.shows_withheld else "black")

    def blurs(self, video_id: int, start_s: float, end_s: float) -> Covers:
        """What is blurred in a part that is converted."""
        if self.show == "blurred":
            return (Cover(start_s, end_s, "blurred"),)
        found = () if self.show == "1" else self.not_shown.blurred.get(video_id, ())
        return _within(found, start_s, end_s, "blurred")

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


def _within(
    found: Iterable[Stretch], start_s: float, end_s: float, how: Literal["black", "blurred"]
) -> Covers:
    here = (each for each in found if each.overlaps(start_s, end_s))
    return tuple(Cover(each.start_s, each.end_s, how) for each in here)


def _told(stretch: Stretch, visitor: Visitor) -> tuple[str, str]:
    if not visitor.is_owner:
        return "this part of the video is withheld", "ask an owner of this library"
    if stretch.case_id is None:
        told = f"this part of the video is not shown until the rule {stretch.rule} has looked at it"
        return told, "on the server: reelwise review scan --new; show=1 gives it"
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
