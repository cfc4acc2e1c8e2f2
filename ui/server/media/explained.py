"""What of a frame spoke, as a transparent picture that is laid over it: made on demand, cached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from data.video.children.pool import StillWanted
from ui.api.browsing.explanation import ExplanationWanted
from ui.api.served import Asking, ServedHere
from ui.api.shape.answers import problem
from ui.api.shape.fields import Seconds, VideoId
from ui.api.strict import StrictRoute
from ui.library.library import Library
from ui.server.media.cache import FileCache
from ui.server.media.files import Media, no_such
from ui.server.media.frames import FrameSource
from ui.server.media.pictures import cached_name
from ui.server.media.turns import Turns, Unmade
from ui.server.media.withheld import Watched

AT_ONCE = 1
"""Overlays that are made at once: each decodes a frame and takes a network forth and back."""
CACHE_BYTES = 32_000_000
WIDTH_PX = 480
MAKING = 1
"""Raised where overlays come out otherwise than before."""


class OverlayWanted(ExplanationWanted):
    """The parameters of an overlay."""

    t: Seconds = Field(0.0, description="Seconds; the frame that is shown then.")


class Overlays:
    """The overlays of frames, with their cache."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        self._library = library
        self._found = Media(library.catalogue).found
        self._cache = FileCache(library.home.cache / "explanations", CACHE_BYTES)
        self.drawing = Turns(AT_ONCE)
        frames.closing.callback(self._cache.close)

    def overlay(self, video_id: int, wanted: OverlayWanted, watched: Watched) -> Response | Unmade:
        """What of the frame at a time spoke, PNG with transparency in the shape of the video.

        Raises:
            Refused: The question is none.
            ReelwiseError: It cannot be explained.
        """
        from indexer.explanation.pictures import nearest_place

        found = self._found(video_id)
        if found is None:
            return no_such("there is no such picture")
        explained = wanted.explained(self._library, video_id)
        place = nearest_place(explained.explanation, wanted.t)
        time_s = float(explained.explanation.times_s[place])
        refused = watched.refused(video_id, time_s, time_s)
        if refused is not None:
            return refused
        if watched.is_blurred(video_id, time_s, time_s):
            # Where something is would tell what the blur hides.
            return problem(404, "blurred", "this part of the video is blurred", "show=1")

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            from indexer.explanation.drawing import overlay_png
            from indexer.search.examples.frames import for_a_visitor

            reading = for_a_visitor(still_wanted)
            looked = self._library.explanations.look(explained, [place], reading, pictures=False)
            rows, columns = looked.maps.shape[1:]
            draft.write_bytes(overlay_png(looked.maps[0], WIDTH_PX, WIDTH_PX * rows // columns))
            return True

        question = wanted.model_dump(exclude={"t", "show", "start", "end"}, exclude_none=True)
        encoder = self._library.explanations.searcher.encoder.id
        # The label that a head gives depends on the stretch, which is no part of the question.
        about = (explained.explanation.label, *explained.about, encoder)
        facts = (MAKING, f"{time_s:.3f}", json.dumps(question, sort_keys=True), *about)
        name = cached_name(found[1], facts, ".png")
        if name is None:
            return no_such("the file of this video is gone")
        return Unmade(self._cache, name, draw, watched.kept)


def _overlays(request: Request) -> Overlays:
    overlays = request.app.state.overlays
    assert isinstance(overlays, Overlays)
    return overlays


router = APIRouter(route_class=StrictRoute, tags=["media"])


@router.get(
    "/explanations/{video_id}",
    summary="Why it is found: which part of a frame spoke",
    response_class=Response,
)
async def overlay(
    request: Request,
    video_id: VideoId,
    wanted: Annotated[OverlayWanted, Query()],
    overlays: Annotated[Overlays, Depends(_overlays)],
    served: ServedHere,
    visitor: Asking,
) -> Response:
    """What of the frame at `t` spoke, to be laid over the picture: PNG with transparency.

    The first one loads the encoder; each decodes one frame. One is made at a time.
    """
    watched = Watched(served.library.reviews.withholding.now(), visitor, wanted.show)
    return await overlays.drawing.answer(
        request, lambda: overlays.overlay(video_id, wanted, watched)
    )
