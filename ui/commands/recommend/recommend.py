"""`reelwise recommend`: what a person may want to watch next."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.terminal.answer import Answer, Document
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, LimitOption
from ui.terminal.text import columns


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
    playing: Annotated[
        str | None,
        typer.Option("--playing", metavar="VIDEO", help="What plays now; its like moves up."),
    ] = None,
    explore: Annotated[
        float,
        typer.Option(
            "--explore",
            metavar="SHARE",
            min=0,
            max=1,
            help="Probability with which each place is left to chance; the page is logged.",
        ),
    ] = 0.0,
    log: Annotated[
        bool, typer.Option("--log", help="Log the page: see `reelwise history impressions`.")
    ] = False,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Recommend videos to a person; someone new gets what is watched most."""
    from ui.documents import recommend_document
    from ui.library import Library

    with Library(home, device=device) as library:
        recommender = library.recommender
        result = recommender.recommend(
            user, limit, exclude=exclude or (), playing=playing, explore=explore
        )
        if log and not explore:  # with chance it is logged in any case
            recommender.log(result)
        document = recommend_document(user, result, recommender.model)
    return Answer(document, _text(document, explain=explain), notice=document["warning"] or "")


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
        f"{rank:>3}  {title}\n     score {score} from {item['source']}: {why}{_chance(item)}\n"
        f"     {item['path']}"
        for (rank, score, title, why), item in zip(rows, items, strict=True)
    )


def _chance(item: Document) -> str:
    return f"; here with probability {item['propensity']:.3g}" if "propensity" in item else ""
