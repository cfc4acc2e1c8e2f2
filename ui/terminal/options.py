"""Options that several commands share, and the examples below their help."""

from pathlib import Path
from typing import Annotated, Literal

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="REELWISE_HOME",
        file_okay=False,
        help="Folder that holds the library's state.  [default: the user's data folder]",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]
DeviceOption = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option(
        metavar="auto|cpu|cuda",
        help="Where encoder and index run; auto takes a GPU where there is one and it pays.",
    ),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Encoder weights, .safetensors or .pt.  [default: those the library was indexed "
        "with, else downloaded]",
    ),
]
LimitOption = Annotated[
    int, typer.Option("-k", metavar="N", min=1, max=1000, help="Maximum number of results.")
]
LikeOption = Annotated[
    str | None,
    typer.Option(
        metavar="CLIP[@START-END]",
        help="What is similar to this video file, or to a part of it in seconds.",
    ),
]
ImageOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What is similar to this picture.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Number of decoding processes.  [default: one a core]"),
]

IndexKindOption = Annotated[
    Literal["auto", "flat_fp16", "ivf_fp16", "ivf_rabitq", "hnsw_fp16"] | None,
    typer.Option(
        "--index-kind",
        metavar="KIND",
        help="Kind of the index, remembered: auto suits the number of clips; flat_fp16 compares "
        "every clip; ivf_fp16 and ivf_rabitq the likely ones, in much or in little memory; "
        "hnsw_fp16 walks a graph.  [default: as the library does, at first auto]",
    ),
]
IndexRecallOption = Annotated[
    float | None,
    typer.Option(
        "--index-recall",
        metavar="R",
        help="Least share of the ten nearest clips that the index finds, 0.5 to 1, remembered.  "
        "[default: as the library does, at first 0.95]",
    ),
]

ClipsOption = Annotated[
    Literal["shots", "whole-shots", "windows", "keyframes", "difference"] | None,
    typer.Option(
        "--clips",
        metavar="shots|whole-shots|windows|keyframes|difference",
        help="How videos are cut into clips, remembered: at cuts, long shots in pieces; at cuts "
        "alone; by time alone; at key frames; or where a frame differs from the one before it.  "
        "[default: as the library does, at first shots]",
    ),
]
ClipLengthOption = Annotated[
    float | None,
    typer.Option(
        "--clip-length",
        metavar="S",
        help="Longest clip in seconds, 1 to 600, remembered.  [default: as before, at first 10]",
    ),
]
ClipOverlapOption = Annotated[
    float | None,
    typer.Option(
        "--clip-overlap",
        metavar="X",
        help="Part of a clip, 0 to 0.9, that it shares with the next where a longer stretch is "
        "cut into clips of --clip-length, remembered.  [default: as before, at first 0.5]",
    ),
]
ClipChangeOption = Annotated[
    float | None,
    typer.Option(
        "--clip-change",
        metavar="X",
        help="--clips difference: least change from frame to frame, 1 - cosine of their vectors, "
        "remembered.  [default: as before, at first 0.35]",
    ),
]


def examples(*lines: str) -> str:
    """The text below a command's help: command lines to try, each on a line of its own."""
    # Typer's plain help keeps the line breaks of a paragraph that begins with this mark.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
