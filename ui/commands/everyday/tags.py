"""`reelwise tags`: names that a person gives videos, to find them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, count, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.catalogue import Video
    from indexer.search.keywords import Keyword
    from ui.library.documents import Document

LINE_CHARS = 60
"""Characters of a line that stands beside a key word."""
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
    """List the tags of the library, or those of one video with its key words.

    Both those that people gave and those of reelwise tag. Each key word comes with the moment or
    the line that shows it.
    """
    from ui.library.labelling.tagging import automatic_tags, keyword_document, tag_document

    with Library(home) as library:
        if video is not None:
            known = library.catalogue.video(video)
            keywords = library.keywords(known.id)
            document = _document(library, known)
            document["keywords"] = [keyword_document(each) for each in keywords]
            return Answer(document, "\n".join([_text(document), *_keyword_lines(keywords)]))
        used = library.catalogue.tags.all()
        seen = automatic_tags(library.catalogue)
    rows = [[printable(tag.name), count(tag.videos, "video"), ""] for tag in used]
    rows += [[each.tag, count(each.videos, "video"), "seen"] for each, _ in seen]
    document = {
        "tags": [{"tag": tag.name, "videos": tag.videos} for tag in used],
        "automatic": [tag_document(each, word) for each, word in seen],
    }
    return Answer(document, "\n".join(columns(rows, indent="")) or "no video has a tag")


def _keyword_lines(keywords: Sequence[Keyword]) -> list[str]:
    rows = [
        [
            each.text,
            "seen" if each.channel == "tag" else str(each.channel),
            f"{each.score:.2f}",
            span(each.start_s, each.end_s),
            each.line if len(each.line) <= LINE_CHARS else f"{each.line[: LINE_CHARS - 3]}...",
        ]
        for each in keywords
    ]
    return columns(rows)


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
