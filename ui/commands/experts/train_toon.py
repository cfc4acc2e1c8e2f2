"""`reelwise train toon`: train the small encoder that the project carries."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.numbers import number_of, whole_number_of
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.progress import report
from ui.terminal.text import length

if TYPE_CHECKING:
    from embeddings.toon.stage import Stage


def toon(
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder to write the model to.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")] = 0,
    scenes: Annotated[
        int | None, typer.Option(metavar="N", min=150, help="Number of scenes to train on.")
    ] = None,
    stages: Annotated[
        str | None,
        typer.Option(
            metavar="PX:STEPS:RATE[:VIEWS],...",
            help="Stages of training: frame size in pixels, number of batches, learning rate.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Model folder to start from; toon is the embedded one."),
    ] = None,
    adversarial: Annotated[
        float | None,
        typer.Option(
            metavar="LEVELS",
            min=0,
            max=64,
            help="Adversarial training: largest change of a pixel, in grey levels of 255.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Train the toon encoder on generated cartoons, from scratch or from a model."""
    from embeddings.toon.stage import check_out, check_start

    check_out(out)
    begin = None if start is None else _model_folder(start)
    if begin is not None:
        check_start(begin)
    given = None if stages is None else _read_stages(stages)
    from embeddings.toon.train import ToonTraining, fine_tuning, train_toon
    from embeddings.training.attack import Attack

    options = ToonTraining() if begin is None else fine_tuning(begin)
    attack = Attack(adversarial, random_start=True) if adversarial else None
    options = dataclasses.replace(options, seed=seed, attack=attack)
    if scenes is not None:
        options = dataclasses.replace(options, scenes=scenes)
    if given is not None:
        options = dataclasses.replace(options, stages=given, shares=None)
    began = time.perf_counter()
    folder = train_toon(out.absolute(), options, start=begin, report=report)
    took_s = time.perf_counter() - began
    text = f"trained in {length(took_s)}: reelwise index FOLDER --encoder {folder}"
    document = {"out": folder, "start": begin, "seconds": took_s, **dataclasses.asdict(options)}
    return Answer(document, text)


def _model_folder(name: str) -> Path:
    from embeddings.backbone.folders import TOON_FOLDER

    return TOON_FOLDER if name == "toon" else Path(name).absolute()


def _read_stages(text: str) -> tuple[Stage, ...]:
    """`64:2000:0.0015,96:200:0.0005:3` as the stages it stands for."""
    from embeddings.toon.stage import Stage

    stages = []
    for part in text.split(","):
        texts = part.split(":")
        if len(texts) > 4:
            raise typer.BadParameter(f"{part!r} has more than PX:STEPS:RATE:VIEWS")
        px, steps, rate, views = _stage_numbers(texts)
        if px is None or steps is None or rate is None or views is None:
            raise typer.BadParameter(f"{part!r} is not PX:STEPS:RATE")
        stage = Stage(px, steps, rate, views)
        if stage.px < 32 or stage.px % 32 or stage.steps < 1 or not 0 < stage.learning_rate < 1:
            raise typer.BadParameter(f"{part!r}: PX a multiple of 32, one step or more, RATE < 1")
        stages.append(stage)
    return tuple(stages)


def _stage_numbers(texts: list[str]) -> tuple[int | None, int | None, float | None, float | None]:
    """Side, steps, rate and views; None for what is no number or not there."""
    px, steps, rate = (*texts, "", "")[:3]
    views = texts[3] if len(texts) > 3 else "1"
    return whole_number_of(px), whole_number_of(steps), number_of(rate), number_of(views)
