"""The options that every command takes, and those that several share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        envvar="REELWISE_HOME",
        file_okay=False,
        help="Folder that holds the library: catalogue, vectors, index.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout, nothing else there.")
]
DeviceOption = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option("--device", metavar="auto|cpu|cuda", help="Where the encoder runs."),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="Encoder weights: .safetensors or .pt."),
]
LimitOption = Annotated[int, typer.Option("-k", metavar="N", min=1, max=1000, help="How many.")]
