"""`reelwise recommend`: what a person may want to watch next."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.answer import Answer
from ui.options import DeviceOption, HomeOption, JsonOption, LimitOption
from ui.readable import columns


def recommend(
    user: Annotated[str, typer.Argument(metavar="USER")],
    limit: LimitOption = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell the reason of each item in full.")
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="VIDEO", help="Never this video; repeatable."),
    ] = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Recommend videos to a person; someone new gets what is watched most."""
    from ui.documents import recommend_document
    from ui.library import Library

    with Library(home, device=device) as library:
        result = library.recommender.recommend(user, limit, exclude=exclude or ())
    document = recommend_document(user, result)
    return Answer(document, _text(document, explain=explain))


def _text(document: dict[str, object], *, explain: bool) -> str:
    from ui.documents import reason_in_words

    items = document["items"]
    assert isinstance(items, list)
    if not items:
        return f"nothing left to recommend to {document['user']}: everything here was seen"
    rows = [
        [str(item["rank"]), f"{item['score']:.2f}", item["title"], reason_in_words(item)]
        for item in items
    ]
    if not explain:
        return "\n".join(columns(rows))
    return "\n".join(
        f"{rank:>3}  {title}\n     score {score} from {item['source']}: {why}\n     {item['path']}"
        for (rank, score, title, why), item in zip(rows, items, strict=True)
    )
