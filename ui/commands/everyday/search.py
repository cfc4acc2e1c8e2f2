"""`reelwise search`: moments by words, by an example, or both."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import ReelwiseError
from ui.terminal.answer import Answer, Document
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, LimitOption, WeightsOption
from ui.terminal.text import columns, short_path, span


def search(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What to look for.")] = None,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="CLIP[@START-END]", help="More like this video file."),
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="More like this picture.")
    ] = None,
    without: Annotated[
        str | None, typer.Option("--not", metavar="TEXT", help="Away from this.")
    ] = None,
    limit: LimitOption = 10,
    min_relevance: Annotated[
        float, typer.Option("--min-relevance", metavar="R", min=0, max=1, help="0 to 1.")
    ] = 0.0,
    under: Annotated[
        Path | None, typer.Option("--under", metavar="PATH", help="Only videos below this folder.")
    ] = None,
    min_duration: Annotated[
        float | None, typer.Option("--min-duration", metavar="S", min=0, help="Of the video.")
    ] = None,
    max_duration: Annotated[
        float | None, typer.Option("--max-duration", metavar="S", min=0, help="Of the video.")
    ] = None,
    no_merge: Annotated[
        bool, typer.Option("--no-merge", help="Single clips, not moments.")
    ] = False,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Find moments by words, by an example clip or picture, or by both together."""
    if not (text or like or image):
        raise ReelwiseError(
            "nothing to search for",
            fix='reelwise search "a red car drives to the left"    (or --like CLIP, --image FILE)',
        )
    from indexer.search.query import Filters, Query
    from ui.documents import search_document
    from ui.library import Library

    query = Query(text=text, like=like, image=image, without=without)
    filters = Filters(
        under=under.absolute() if under else None,
        min_duration_s=min_duration,
        max_duration_s=max_duration,
        min_relevance=min_relevance,
    )
    with Library(home, weights=weights, device=device) as library:
        result = library.searcher.search(query, k=limit, filters=filters, merge=not no_merge)
    document = search_document(query.as_dict(), result)
    return Answer(document, search_text(document))


def search_text(document: Document) -> str:
    """The hits as lines: rank, relevance, path, stretch, title."""
    from ui.documents import NOTHING_MATCHES

    hits = document["hits"]
    rows = [
        [
            str(hit["rank"]),
            f"{hit['relevance']:.2f}",
            short_path(hit["path"]),
            span(hit["start_s"], hit["end_s"]),
            hit["title"],
        ]
        for hit in hits
    ]
    lines = columns(rows)
    if not document["confident"]:
        lines.insert(0, NOTHING_MATCHES + ("; the nearest are:" if lines else ""))
    return "\n".join(lines)
