"""The routes of the API that give files, pictures and previews of videos."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from ui.api.shape.fields import Seconds, VideoId
from ui.api.strict import StrictRoute
from ui.library.library import Library
from ui.server.media.files import Media
from ui.server.media.frames import CHILDREN, FrameSource
from ui.server.media.pictures import PREVIEW_MAX_S, Pictures
from ui.server.media.turns import Turns
from ui.server.media.withheld import WatchedHere

THUMBNAILS_AT_ONCE = CHILDREN
PREVIEWS_AT_ONCE = 1
"""Each takes a decoding child and an encoder: one child stays free for thumbnails."""
END_S = 1e9
TimeS = Annotated[Seconds, Query(description="Seconds.")]
"""Parameter of a route: a time in the video."""


class Files:
    """What the routes work with."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        self.media = Media(library.catalogue)
        self.pictures = Pictures(library.home.cache, self.media.found, frames)
        self.thumbnails = Turns(THUMBNAILS_AT_ONCE)
        self.previews = Turns(PREVIEWS_AT_ONCE)


def _files(request: Request) -> Files:
    files = request.app.state.files
    assert isinstance(files, Files)
    return files


FilesHere = Annotated[Files, Depends(_files)]
router = APIRouter(route_class=StrictRoute, tags=["media"])


def file(video_id: VideoId, files: FilesHere, watched: WatchedHere) -> Response:
    """The file of a video as it is; with `Range` the bytes asked for (206, 416).

    Of a video with a part that is withheld there is none.
    """
    return watched.refused(video_id) or files.media.answer(video_id)


async def thumb(
    request: Request, video_id: VideoId, files: FilesHere, watched: WatchedHere, t: TimeS = 0.0
) -> Response:
    """The picture at or just after a time, JPEG of 480x270."""
    refused = watched.refused(video_id, t, t)
    return refused or await files.thumbnails.answer(
        request, lambda: files.pictures.thumbnail(video_id, t, watched)
    )


async def preview(
    request: Request,
    video_id: VideoId,
    files: FilesHere,
    watched: WatchedHere,
    start: TimeS = 0.0,
    end: TimeS = END_S,
) -> Response:
    """Up to 30 s as H.264 MP4, for files that browsers cannot play (GIF, HEVC, AVI)."""
    refused = watched.refused(video_id, start, min(end, start + PREVIEW_MAX_S))
    return refused or await files.previews.answer(
        request, lambda: files.pictures.preview(video_id, start, end, watched)
    )


_ROUTES: tuple[tuple[str, Callable[..., object], str], ...] = (
    ("/media/{video_id}", file, "The file of a video, with byte ranges"),
    ("/thumbs/{video_id}", thumb, "A picture of a video at a time"),
    ("/previews/{video_id}", preview, "A stretch of a video as MP4"),
)
for path, endpoint, summary in _ROUTES:
    router.add_api_route(path, endpoint, summary=summary, response_class=Response)
    router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
