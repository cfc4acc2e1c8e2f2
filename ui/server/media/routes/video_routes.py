"""The routes of the API that give what the player needs beside the file itself."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from data.video.children.excerpting import Excerpts
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Flag, Seconds, VideoId, Whole, Words
from ui.api.strict import StrictRoute
from ui.library.library import Library
from ui.server.media.clips import Clips
from ui.server.media.files import Media
from ui.server.media.frames import CHILDREN, FrameSource
from ui.server.media.streams import Streams
from ui.server.media.strips import Strips
from ui.server.media.turns import Turns
from ui.server.media.withheld import Watched, WatchedHere

CONVERTING = 2
"""Parts of videos that are converted at once, whatever the number of visitors."""


class PlayerFiles:
    """What the routes work with."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        media = Media(library.catalogue)
        self.strips = Strips(library.home.cache, media.found, frames)
        self.drawing = Turns(CHILDREN)
        excerpts = Excerpts(CONVERTING)
        self.streams = Streams(library.home.cache, media.found, excerpts)
        self.clips = Clips(library.home.cache, media.found, excerpts)
        self.converting = Turns(CONVERTING)
        for each in (excerpts, self.streams.cache, self.clips.cache):
            frames.closing.callback(each.close)


def _files(request: Request) -> PlayerFiles:
    files = request.app.state.player_files
    assert isinstance(files, PlayerFiles)
    return files


class ClipWanted(BaseModel):
    """The parameters of a clip."""

    model_config = ConfigDict(extra="forbid")

    start: Seconds = Field(description="Seconds.")
    end: Seconds = Field(description="Seconds.")
    fast: Flag = Field(default=False, description="As it is, from the key picture before.")
    name: Words = Field(default="clip", description="What the file is called.")
    show: Literal["0", "1"] = Field(
        default="0", description="1: as it is, also what is blurred, and for owners withheld."
    )


Number = Annotated[Whole, Path(ge=0, le=100_000)]
FilesHere = Annotated[PlayerFiles, Depends(_files)]
router = APIRouter(route_class=StrictRoute, tags=["media"])


async def strip(
    request: Request, video_id: VideoId, files: FilesHere, watched: WatchedHere
) -> Response:
    """24 frames at equal distances from beginning to end, side by side, JPEG of 3840x90.

    What is withheld is left empty.
    """
    return await files.drawing.answer(request, lambda: files.strips.strip(video_id, watched))


async def stream(
    request: Request, video_id: VideoId, files: FilesHere, watched: WatchedHere
) -> Response:
    """HLS playlist: the video as H.264 and AAC, whole, for files that browsers cannot play.

    What is withheld is black and silent in it.
    """
    return watched.forbidden(video_id) or await files.converting.answer(
        request, lambda: files.streams.master(video_id, watched)
    )


def pieces(video_id: VideoId, files: FilesHere, watched: WatchedHere) -> Response:
    """HLS playlist of the pieces of a stream."""
    return watched.forbidden(video_id) or files.streams.media(video_id, watched)


async def head(
    request: Request, video_id: VideoId, files: FilesHere, watched: WatchedHere
) -> Response:
    """What comes before the pieces of a stream, fragmented MP4."""
    return watched.forbidden(video_id) or await files.converting.answer(
        request, lambda: files.streams.head(video_id, watched)
    )


async def piece(
    request: Request, video_id: VideoId, number: Number, files: FilesHere, watched: WatchedHere
) -> Response:
    """Four seconds of a stream, fragmented MP4; made when it is asked for."""
    return watched.forbidden(video_id) or await files.converting.answer(
        request, lambda: files.streams.piece(video_id, number, watched)
    )


async def clip(
    request: Request,
    video_id: VideoId,
    files: FilesHere,
    wanted: Annotated[ClipWanted, Query()],
    served: ServedHere,
    visitor: Asking,
) -> Response:
    """A part of a video as a file: exactly and encoded anew, or `fast` as it is.

    What is blurred is blurred and silent in it, and cannot be had fast. A fast clip begins at the
    key picture before `start`; the header `x-reelwise-begins-earlier-s` says how many seconds
    earlier.
    """
    watched = Watched(served.library.reviews.withholding.now(), visitor, wanted.show)
    refused = watched.refused(video_id, wanted.start, wanted.end)
    return refused or await files.converting.answer(
        request,
        lambda: files.clips.clip(
            video_id,
            (wanted.start, wanted.end),
            watched,
            is_copy=wanted.fast,
            name=wanted.name,
        ),
    )


_ROUTES: tuple[tuple[str, Callable[..., object], str], ...] = (
    ("/strips/{video_id}", strip, "The film strip of a video"),
    ("/streams/{video_id}/index.m3u8", stream, "A video converted for browsers, HLS"),
    ("/streams/{video_id}/media.m3u8", pieces, "The pieces of a stream"),
    ("/streams/{video_id}/head.mp4", head, "The head of a stream"),
    ("/streams/{video_id}/{number}.m4s", piece, "A piece of a stream"),
    ("/clips/{video_id}", clip, "A part of a video as a file"),
)
for path, endpoint, summary in _ROUTES:
    router.add_api_route(path, endpoint, summary=summary, response_class=Response)
    router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
