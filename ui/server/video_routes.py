"""The routes of the API that give what the player needs beside the file itself."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from ui.api.fields import VideoId
from ui.api.strict import StrictRoute
from ui.library.library import Library
from ui.server.frames import CHILDREN, FrameSource
from ui.server.media import Media
from ui.server.strips import Strips
from ui.server.turns import Turns


class PlayerFiles:
    """What the routes work with."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        media = Media(library.catalogue)
        self.strips = Strips(library.home.cache, media.found, frames)
        self.drawing = Turns(CHILDREN)


def _files(request: Request) -> PlayerFiles:
    files = request.app.state.player_files
    assert isinstance(files, PlayerFiles)
    return files


FilesHere = Annotated[PlayerFiles, Depends(_files)]
router = APIRouter(route_class=StrictRoute, tags=["media"])


async def strip(request: Request, video_id: VideoId, files: FilesHere) -> Response:
    """24 frames at equal distances from beginning to end, side by side, JPEG of 3840x90."""
    return await files.drawing.answer(request, lambda: files.strips.strip(video_id))


_ROUTES: tuple[tuple[str, Callable[..., object], str], ...] = (
    ("/strips/{video_id}", strip, "The film strip of a video"),
)
for path, endpoint, summary in _ROUTES:
    router.add_api_route(path, endpoint, summary=summary, response_class=Response)
    router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
