"""`reelwise train toon`: make the embedded encoder again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.answer import Answer
from ui.options import HomeOption, JsonOption

group = typer.Typer(help="Train encoders.", no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _train() -> None:
    """Train encoders."""


@group.command("toon")
def toon(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the checkpoint goes.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N")] = 0,
    minutes: Annotated[
        float, typer.Option("--minutes", metavar="M", min=0.01, help="How long to train.")
    ] = 100.0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Train the toon encoder from nothing on toons drawn on the way."""
    from embeddings.train_toon import train_toon

    card = train_toon(out, seed=seed, minutes=minutes)
    return Answer({"out": str(out), **card}, f"checkpoint written to {out}")
