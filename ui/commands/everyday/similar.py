"""`reelwise similar`: more like an indexed video."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.commands.everyday.search import search_text
from ui.terminal.answer import Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, LimitOption


def similar(
    video: Annotated[
        str,
        typer.Argument(metavar="VIDEO[@START-END]", help="Path, file name or id; seconds."),
    ],
    limit: LimitOption = 10,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Find moments like an indexed video or a stretch of it, from its stored vectors."""
    from ui.documents import search_document
    from ui.library import Library

    with Library(home, device=device) as library:
        result = library.similar(video, k=limit)
    document = search_document({"similar": video}, result)
    return Answer(document, search_text(document))
