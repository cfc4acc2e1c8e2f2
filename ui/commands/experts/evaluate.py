"""`reelwise evaluate`: how well it finds and recommends what it should, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import ReelwiseError
from ui.commands.experts.evaluate_recommend import measure_recommend
from ui.library.documents import Document
from ui.terminal.answer import Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, examples
from ui.terminal.text import columns

evaluate_commands = typer.Typer(
    help="Measure search and recommendation on your own files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@evaluate_commands.callback()
def _evaluate() -> None:
    """Measure search and recommendation on your own files."""


@evaluate_commands.command(
    "search", epilog=examples("reelwise evaluate search --queries queries.csv")
)
def measure_search(
    queries: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Queries with their right answers: CSV with the columns query (or like), video[, "
            "start_s, end_s][, group].",
        ),
    ],
    videos: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that relative file names refer to.  [default: folder of --queries]",
        ),
    ] = None,
    device: DeviceOption = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Measure search: recall@1, 5 and 10, MRR, median rank and mIoU, next to brute force."""
    from indexer.search.evaluate import evaluate_search
    from ui.library.library import Library

    if not queries.is_file():
        raise ReelwiseError(
            f"there is no file {queries}",
            fix="reelwise evaluate search --queries FILE   (CSV: query,video[,start_s,end_s])",
        )
    with Library(home, device=device) as library:
        metrics: Document = dict(evaluate_search(library.searcher, queries, videos=videos))
    return Answer(metrics, "\n".join(_lines(metrics)))


evaluate_commands.command(
    "recommend",
    epilog=examples(
        "reelwise evaluate recommend --train train.csv --test test.csv --items vectors.npz"
    ),
)(measure_recommend)


def _lines(metrics: Document) -> list[str]:
    rows = [
        [name, f"{value:.4g}" if isinstance(value, float) else str(value)]
        for name, value in metrics.items()
        if not isinstance(value, dict)
    ]
    return columns(rows, indent="")
