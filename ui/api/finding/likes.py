"""What `like` names: a video of the library, a stretch of one, or an example that was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from ui.api.finding.asked import video_part
from ui.api.shape.refusals import not_there, wrong
from ui.library.asking.examples import GivenExample
from ui.library.library import Library


@dataclass(frozen=True)
class Like:
    """An example, as a query takes it."""

    clip: str | None = None
    """A file, or a part of one."""
    picture: Path | None = None
    """A picture."""
    video: str | None = None
    """A video of the library, or a part of it, as `Library.similar` takes it."""


def likes(library: Library, like: str) -> Like:
    """What `like` means.

    Raises:
        Refused: It means nothing, or an example whose day is over.
        ReelwiseError: There is no such video.
    """
    from indexer.search.examples.pictures import is_picture

    if not like.startswith("x-"):
        video_id, whole = video_part(like)
        path = library.catalogue.video(video_id).path
        return Like(clip=whole.replace(str(video_id), str(path), 1), video=whole)
    name, at, part = like.partition("@")
    path = example_of(library, name).path
    if is_picture(path):
        if at:
            raise wrong("a picture has no part", fix=f"like={name}")
        return Like(picture=path)
    _, whole = video_part(f"1{at}{part}")
    return Like(clip=f"{path}{whole.removeprefix('1')}")


def example_of(library: Library, example_id: str) -> GivenExample:
    """An example by its id.

    Raises:
        Refused: There is none, or its day is over.
    """
    try:
        return library.examples.find(example_id)
    except ReelwiseError as error:
        fix = "POST /api/v1/examples, once more"
        raise not_there(error.problem, code="unknown_example", fix=fix) from error


def as_long_as_wanted() -> None:
    """Of an example half a minute is read at most; nobody tells whether its visitor has left."""
