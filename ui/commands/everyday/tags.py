"""`reelwise tags`: names that a person gives videos, to find them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, count

if TYPE_CHECKING:
    from data.catalogue import Video
    from ui.library.documents import Document

VideoArgument = Annotated[
    str, typer.Argument(metavar="VIDEO", help="Path, file name or id of an indexed video.")
]
TagsArgument = Annotated[
    list[str], typer.Argument(metavar="TAG", help="Names; case and blanks do not matter.")
]


def add_tags(
    video: VideoArgument, names: TagsArgument, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Give a video tags; they stay with its content, whatever its files are called."""
    from data.catalogue.guard.copies import copy_if_due

    with Library(home) as library:
        known = library.catalogue.video(video)
        new = library.catalogue.tags.add(known.id, names)
        copy_if_due(library.home)
        document = _document(library, known)
    return Answer(document | {"added": new}, _text(document))


def remove_tags(
    video: VideoArgument, names: TagsArgument, home: HomeOption = None, as_json: JsonOption = False
) -> Answer:
    """Take tags from a video."""
    from data.catalogue.guard.copies import copy_if_due

    with Library(home) as library:
        known = library.catalogue.video(video)
        library.catalogue.tags.remove(known.id, names)
        copy_if_due(library.home)
        document = _document(library, known)
    return Answer(document, _text(document))


def list_tags(
    video: Annotated[
        str | None,
        typer.Argument(metavar="[VIDEO]", help="Only the tags of this video."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List the tags of the library with how many videos have each, or those of one video."""
    with Library(home) as library:
        if video is not None:
            document = _document(library, library.catalogue.video(video))
            return Answer(document, _text(document))
        used = library.catalogue.tags.all()
    lines = columns([[printable(tag.name), count(tag.videos, "video")] for tag in used], indent="")
    return Answer(
        {"tags": [{"tag": tag.name, "videos": tag.videos} for tag in used]},
        "\n".join(lines) or "no video has a tag",
    )


def _document(library: Library, video: Video) -> Document:
    return {
        "video_id": str(video.id),
        "path": str(video.path),
        "title": video.title,
        "tags": library.catalogue.tags.of([video.id]).get(video.id, []),
    }


def _text(document: Document) -> str:
    tags = ", ".join(document["tags"]) or "no tag"
    return printable(f"{document['title']}: {tags}")
