"""`reelwise recommend`: what a user may want to watch next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.documents import is_gone, reason_in_words, recommend_document
from ui.library.library import Library
from ui.terminal.answer import EXIT_DONE, EXIT_SOME_FILES_FAILED, Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, LimitOption
from ui.terminal.text import columns

if TYPE_CHECKING:
    from recommender.answer.items import Item, Recommendations


def recommend(
    user: Annotated[str, typer.Argument(metavar="USER", help="Name of the user.")],
    limit: LimitOption = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show score, source, reason and path of each video.")
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VIDEO", help="Video not to recommend: path, file name or id; repeatable."
        ),
    ] = None,
    playing: Annotated[
        str | None,
        typer.Option(metavar="VIDEO", help="Video that is playing; similar videos rank higher."),
    ] = None,
    explore: Annotated[
        float,
        typer.Option(
            metavar="P",
            min=0,
            max=1,
            help="Probability, from 0 to 1, that a place is filled at random; above 0 the page is "
            "logged.",
        ),
    ] = 0.0,
    log: Annotated[
        bool, typer.Option("--log", help="Log the page; see reelwise history impressions.")
    ] = False,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Recommend videos to a user; a new user gets what is watched most."""
    with Library(home, device=device) as library:
        result = library.recommend(
            user, k=limit, exclude=exclude or (), playing=playing, explore=explore, log=log
        )
        document = recommend_document(result, library.recommender.model)
        unknown = library.history.unknown(user)
    # A new person is welcome; a slip of the keyboard should be seen.
    slip = unknown if unknown and "did you mean" in unknown else None
    notice = "\n".join(filter(None, [document["warning"], slip, result.not_logged]))
    code = EXIT_SOME_FILES_FAILED if result.not_logged else EXIT_DONE
    return Answer(document, _text(result, explain=explain), code, notice)


def _text(result: Recommendations, *, explain: bool) -> str:
    if not result.items:
        return (
            f"nothing left to recommend to {printable(result.user)}: every video here was watched"
        )
    rows = [
        [str(item.rank), f"{item.score:.2f}", _title(item), printable(reason_in_words(item))]
        for item in result.items
    ]
    if not explain:
        return "\n".join(columns(rows))
    return "\n".join(
        f"{rank:>3}  {title}\n     score {score} from {item.source}: {why}"
        + (f"; here with probability {item.propensity:.3g}" if result.explore > 0 else "")
        + f"\n     {printable(str(item.path))}"
        for (rank, score, title, why), item in zip(rows, result.items, strict=True)
    )


def _title(item: Item) -> str:
    return printable(item.title) + ("   (the file is gone)" if is_gone(item.path) else "")
