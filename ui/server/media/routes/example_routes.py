"""The picture of an example that a visitor gave."""

import hashlib
from pathlib import Path as FilePath
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from data.errors import ReelwiseError
from data.video.children.pool import StillWanted
from indexer.search.examples.pictures import is_picture, read_image
from ui.api.shape.refusals import not_there
from ui.api.strict import StrictRoute
from ui.library.library import Library
from ui.server.media.cache import FileCache
from ui.server.media.frames import CHILDREN, FrameSource
from ui.server.media.pictures import THUMBNAIL, encode_jpeg
from ui.server.media.turns import Turns, Unmade

CACHE_BYTES = 32_000_000


class ExamplePictures:
    """What the route works with."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        self._examples = library.examples
        self._frames = frames
        self._cache = FileCache(library.home.cache / "example_pictures", CACHE_BYTES)
        self.drawing = Turns(CHILDREN)
        frames.closing.callback(self._cache.close)

    def picture(self, number: str) -> Unmade:
        """The first frame of a clip, or the picture itself, as JPEG.

        Raises:
            Refused: There is no such example any more.
        """
        try:
            path = self._examples.find(number).path
        except ReelwiseError as error:
            fix = "POST /api/v1/examples once more"
            raise not_there(error.problem, code="unknown_example", fix=fix) from error

        def draw(draft: FilePath, still_wanted: StillWanted) -> bool:
            pixels = self._pixels(path, still_wanted)
            if pixels is None:
                return False
            draft.write_bytes(encode_jpeg(pixels))
            return True

        name = hashlib.sha256(number.encode()).hexdigest()[:32] + ".jpg"
        return Unmade(self._cache, name, draw, {"cache-control": "private, max-age=3600"})

    def _pixels(self, path: FilePath, still_wanted: StillWanted) -> NDArray[np.uint8] | None:
        if not is_picture(path):
            return self._frames.at(path, THUMBNAIL, 0.0, still_wanted=still_wanted)
        try:
            return read_image(path, THUMBNAIL)
        except ReelwiseError:
            return None


def _pictures(request: Request) -> ExamplePictures:
    pictures = request.app.state.example_pictures
    assert isinstance(pictures, ExamplePictures)
    return pictures


router = APIRouter(route_class=StrictRoute, tags=["finding"])


@router.get(
    "/examples/{example_id}/thumb", summary="The picture of an example", response_class=Response
)
async def thumb(
    request: Request,
    example_id: Annotated[str, Path(max_length=40)],
    pictures: Annotated[ExamplePictures, Depends(_pictures)],
) -> Response:
    """The first frame of a clip, or the picture itself, JPEG of 480x270."""
    return await pictures.drawing.answer(request, lambda: pictures.picture(example_id))
