"""`reelwise train toon`: make the embedded encoder again."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ui.answer import Answer
from ui.options import HomeOption, JsonOption
from ui.readable import length

group = typer.Typer(help="Train encoders.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _train() -> None:
    """Train encoders."""


@group.command("toon")
def toon(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0)] = 0,
    scenes: Annotated[
        int | None, typer.Option("--scenes", metavar="N", min=64, help="Scenes drawn to train on.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="Batches of some 80 clips.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Train the embedded toon encoder from nothing, on cartoons that it draws itself."""
    from embeddings.train_toon import ToonTraining, train_toon

    chosen = {"scenes": scenes, "steps": steps}
    options = ToonTraining(seed=seed, **{k: v for k, v in chosen.items() if v is not None})
    began = time.perf_counter()
    folder = train_toon(out.absolute(), options, report=_report)
    took_s = time.perf_counter() - began
    text = f"trained in {length(took_s)}: reelwise index FOLDER --encoder {folder}"
    return Answer({"out": folder, "seconds": took_s, **dataclasses.asdict(options)}, text)


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
