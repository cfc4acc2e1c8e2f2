"""Folders: choosing a new one on the server, dropping one, leaving single videos out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.printable import printable
from ui.api.served import ServedHere
from ui.api.shape.fields import VideoId
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners
from ui.library.documents import is_gone

router = APIRouter(
    route_class=StrictRoute,
    tags=["library"],
    prefix="/library",
    dependencies=[OnlyOwners],
)
MOST_AT_ONCE = 1000
"""Files that are left out at once."""


class PlaceToChoose(BaseModel):
    """A folder of the server, and those in it."""

    folder: str = Field(description="Empty for the list of roots.")
    parent: str | None = Field(
        description="The folder above; empty for the list of roots, null at the top."
    )
    folders: list[tuple[str, str]] = Field(description="Name and path of each.")


class FoundThere(BaseModel):
    """What would be added."""

    folder: str
    videos: int
    new: int = Field(description="Of these, files that are not in the library as they are.")
    size_bytes: int = Field(description="Of the new ones.")
    seconds: float | None = Field(
        description="How long reading them will take, about, by what earlier runs took here; null"
        " before any: the progress of the job tells it from the first file on."
    )


class Root(BaseModel):
    """A folder of the library."""

    name: str
    folder: str
    videos: int
    here: bool = Field(description="False: not here now, perhaps on a disk that is unplugged.")


class Chosen(BaseModel):
    """Videos, or files that are none yet."""

    model_config = ConfigDict(extra="forbid")

    videos: list[VideoId] = Field(default=[], max_length=MOST_AT_ONCE)
    paths: list[str] = Field(default=[], max_length=MOST_AT_ONCE)


class Dropped(BaseModel):
    """What left the library; nothing was deleted."""

    videos: int
    paths: list[str] = Field(description="To take them back.")


@router.get("/places", summary="Folders of the server to choose from")
def places(
    served: ServedHere, folder: Annotated[str, Query(max_length=4096)] = ""
) -> PlaceToChoose:
    """Only below the home of the server's user, or where `--browse` allows it."""
    if not folder:
        roots = [(printable(str(each)), str(each)) for each in served.library.places.roots]
        return PlaceToChoose(folder="", parent=None, folders=roots)
    place = served.library.places.look(folder)
    above = None if place.parent is None else str(place.parent)
    if above is None and len(served.library.places.roots) > 1:
        above = ""
    names = [(printable(each.name), str(each)) for each in place.folders if _is_text(each)]
    return PlaceToChoose(folder=str(place.folder), parent=above, folders=names)


@router.get("/places/count", summary="How many videos lie below a folder")
def count(served: ServedHere, folder: Annotated[str, Query(max_length=4096)]) -> FoundThere:
    """Nothing is read; how long it takes goes by what runs on this machine took before."""
    from ui.library.jobs.estimate import estimate

    here = served.library.places.allowed(folder)
    library = served.library
    found = estimate(library.catalogue if library.is_made else None, [here])
    return FoundThere(
        folder=str(here),
        videos=found.videos,
        new=found.new,
        size_bytes=found.size_bytes,
        seconds=found.seconds,
    )


@router.get("/roots", summary="The folders of the library")
def roots(served: ServedHere) -> list[Root]:
    """With their videos; one that is not here now keeps them."""
    shelf = served.library.shelf
    return [
        Root(
            name=printable(each.name or str(each)),
            folder=str(each),
            videos=shelf.folder(each).videos,
            here=not is_gone(each),
        )
        for each in served.library.catalogue.files.roots()
    ]


@router.delete("/roots", summary="Remove a folder from the library")
def remove_root(served: ServedHere, folder: Annotated[str, Query(max_length=4096)]) -> Dropped:
    """Its videos leave search; the files stay where they are."""
    path = Path(folder)
    if path not in served.library.catalogue.files.roots():
        raise wrong("this is no folder of the library", fix="GET /api/v1/library/roots")
    return _dropped(served, [path])


@router.post("/leave-out", summary="Leave videos out of the library")
def leave_out(served: ServedHere, chosen: Chosen) -> Dropped:
    """All files of these videos are passed over from now on; they stay where they are."""
    return _dropped(served, _files_of(served, chosen))


@router.post("/take-back", summary="Leave files out no longer")
def take_back_files(served: ServedHere, chosen: Chosen) -> Dropped:
    """The next index run takes them in again, without reading them again."""
    from indexer.build.removal import take_back

    taken = take_back(served.library.home, _files_of(served, chosen))
    return Dropped(videos=0, paths=[str(each) for each in taken])


def _files_of(served: ServedHere, chosen: Chosen) -> list[Path]:
    files = served.library.catalogue.files
    of_videos = files.of_videos(chosen.videos).values()
    paths = [*map(Path, chosen.paths), *(path for some in of_videos for path in some)]
    if not paths:
        raise wrong("no video or file is named", fix="send videos, a list of ids, or paths")
    if not all(each.is_absolute() and ".." not in each.parts for each in paths):
        raise wrong("a path is not absolute", fix="send paths as GET /library/problems gives them")
    return list(dict.fromkeys(paths))


def _dropped(served: ServedHere, paths: list[Path]) -> Dropped:
    from indexer.build.removal import remove_paths

    removed = remove_paths(served.library.home, paths)
    return Dropped(videos=sum(each.videos for each in removed), paths=[*map(str, paths)])


def _is_text(path: Path) -> bool:
    """Whether JSON can carry it."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        return False
    return True
