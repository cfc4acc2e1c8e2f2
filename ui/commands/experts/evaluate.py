"""`reelwise evaluate`: how well it finds and recommends what it should, in numbers."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from data.errors import ReelwiseError
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import DeviceOption, HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import columns, count, length

_SHOWN = {
    "recall_at_10": "R@10",
    "recall_at_20": "R@20",
    "ndcg_at_10": "NDCG@10",
    "ndcg_at_20": "NDCG@20",
    "mrr": "MRR",
    "coverage_at_10": "coverage",
    "novelty_at_10": "novelty",
}

TrainOption = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="Known events: CSV or Parquet with the columns user, video[, at][, watched_s][, "
        "duration_s][, kind].",
    ),
]
TestOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Events to predict; optional for last-out and rolling."),
]
ValidationOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Events to tune the settings on.")
]
ItemsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Content vectors of the videos: .npz with ids and vectors, or Parquet with "
        "video and vector.",
    ),
]
ProtocolOption = Annotated[
    Literal["given", "last-out", "rolling"],
    typer.Option(
        metavar="given|last-out|rolling",
        help="What is predicted: the events of --test (given), the last event of each user "
        "(last-out), or each period from all before it (rolling).",
    ),
]
StepDaysOption = Annotated[
    float, typer.Option(metavar="D", min=0.001, help="rolling: length of a period, in days.")
]
RefitOption = Annotated[
    bool,
    typer.Option("--refit", help="given: fit on --validation too, once the settings are chosen."),
]


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

    if not queries.is_file():
        raise ReelwiseError(
            f"there is no file {queries}",
            fix="reelwise evaluate search --queries FILE   (CSV: query,video[,start_s,end_s])",
        )
    with Library(home, device=device) as library:
        metrics: Document = dict(evaluate_search(library.searcher, queries, videos=videos))
    return Answer(metrics, "\n".join(_search_lines(metrics)))


def _search_lines(metrics: Document) -> list[str]:
    rows = [
        [name, f"{value:.4g}" if isinstance(value, float) else str(value)]
        for name, value in metrics.items()
        if not isinstance(value, dict)
    ]
    return columns(rows, indent="")


def measure_recommend(
    train: TrainOption,
    test: TestOption = None,
    validation: ValidationOption = None,
    items: ItemsOption = None,
    protocol: ProtocolOption = "given",
    step_days: StepDaysOption = 7.0,
    refit: RefitOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Measure recommendation: rank all videos for each user, next to seven baselines."""
    from recommender.evaluation.run import Files, evaluate_recommend

    metrics: Document = evaluate_recommend(
        Files(train, test, validation, items),
        protocol,
        step_days=step_days,
        refit=refit,
        note=report,
    )
    return Answer(metrics, "\n".join(_recommend_lines(metrics)))


def _recommend_lines(metrics: Document) -> list[str]:
    questions = f"{count(metrics['n'], 'question')} about {count(metrics['people'], 'user')}"
    steps = f" in {count(metrics['steps'], 'step')}" if metrics["steps"] > 1 else ""
    known = f"{count(metrics['videos'], 'video')}, {count(metrics['events'], 'event')}"
    first = f"{metrics['protocol']}: {questions}{steps}, {known}, {length(metrics['seconds'])}"
    table = [["", *_SHOWN.values()], _row("reelwise", metrics)]
    table += [_row(name, one) for name, one in metrics["baselines"].items()]
    differences = [
        [f"- {name}", *(f"{value:+.4f}" for value in gains["ndcg_at_10"])]
        for name, gains in metrics["differences"].items()
    ]
    slices = [
        [name, f"{one['ndcg_at_10']:.4f}", count(one["n"], "question")]
        for name, one in metrics["slices"].items()
    ]
    return [
        first,
        *columns(table),
        "NDCG@10, reelwise minus each baseline: mean, and 95 % interval over users",
        *columns(differences),
        "NDCG@10 of reelwise by length of history, and for new videos",
        *columns(slices),
    ]


def _row(name: str, metrics: Document) -> list[str]:
    return [name, *(f"{metrics[key]:.4f}" for key in _SHOWN)]
