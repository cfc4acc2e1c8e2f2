"""`reelwise train spatiotemporal`: teach an encoder motion and order from captioned videos."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from data.errors import ReelwiseError
from ui.library.documents import Document
from ui.terminal.answer import (
    EXIT_DONE,
    EXIT_SOME_FILES_FAILED,
    Answer,
    troubles_document,
    troubles_notice,
)
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, WeightsOption
from ui.terminal.progress import report
from ui.terminal.text import length

if TYPE_CHECKING:
    from embeddings.training.attack import Attack
    from embeddings.training.captions import FindVideo
    from embeddings.training.head.folder import TrainingResult
    from embeddings.training.head.options import SpatiotemporalTraining
    from ui.library.library import Library

PGD_STEPS = 3


def spatiotemporal(
    captions: Annotated[
        Path,
        typer.Option(
            "--captions",
            metavar="FILE",
            help="Captioned clips: CSV with the columns video, start_s, end_s, caption[, "
            "backward_caption][, wrong_caption].",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="New folder to write the encoder to.")
    ],
    validation: Annotated[
        Path | None,
        typer.Option(
            "--validation",
            metavar="FILE",
            help="Captions for early stopping and evaluation.  [default: a quarter of the videos]",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="Encoder to take the backbone from.  [default: the library's]",
        ),
    ] = None,
    weights: WeightsOption = None,
    kind: Annotated[
        Literal["attention", "convolution", "gru"],
        typer.Option(
            "--kind", metavar="attention|convolution|gru", help="Architecture of the temporal head."
        ),
    ] = "attention",
    loss: Annotated[
        Literal["infonce", "siglip"],
        typer.Option("--loss", metavar="infonce|siglip", help="Contrastive loss."),
    ] = "infonce",
    keep: Annotated[
        float,
        typer.Option(
            "--keep", metavar="W", min=0, help="Weight of the penalty for leaving mean pooling."
        ),
    ] = 0.5,
    blocks: Annotated[
        int,
        typer.Option(
            "--blocks", metavar="N", min=0, help="Number of last backbone blocks to train too."
        ),
    ] = 0,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="Maximum number of batches.")
    ] = None,
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs", metavar="N", min=0.01, help="Maximum number of passes over the clips."
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", metavar="N", min=2, help="Number of clips in a batch.")
    ] = 128,
    rate: Annotated[
        float, typer.Option("--rate", metavar="R", min=1e-9, help="Peak learning rate.")
    ] = 1e-3,
    views: Annotated[
        int,
        typer.Option(
            "--views",
            metavar="N",
            min=0,
            help="Number of cropped and recoloured views of each clip.",
        ),
    ] = 2,
    speed: Annotated[
        float,
        typer.Option(
            "--speed", metavar="X", min=1, help="Augmentation: play up to X times faster or slower."
        ),
    ] = 1.3,
    drop: Annotated[
        float,
        typer.Option(
            "--drop", metavar="P", min=0, max=0.9, help="Augmentation: share of frames left out."
        ),
    ] = 0.3,
    adversarial: Annotated[
        Literal["fgsm", "pgd"] | None,
        typer.Option(
            "--adversarial", metavar="fgsm|pgd", help="Adversarial training with this attack."
        ),
    ] = None,
    on: Annotated[
        Literal["features", "pixels"],
        typer.Option("--on", metavar="features|pixels", help="Input that the attack changes."),
    ] = "features",
    eps: Annotated[
        str | None,
        typer.Option(
            "--eps",
            metavar="E",
            help="Size of the attack.  [default: 2/255 on pixels, 0.02 on features]",
        ),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            "--patience", metavar="N", min=1, help="Stop after N evaluations without improvement."
        ),
    ] = 8,
    checkpoint: Annotated[
        float,
        typer.Option("--checkpoint", metavar="S", min=0, help="Seconds between two checkpoints."),
    ] = 60.0,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"],
        typer.Option(
            "--precision",
            metavar="auto|fp32|bf16",
            help="Number format; auto is bf16 on a GPU, else fp32.",
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Random seed.")] = 0,
    device: DeviceOption = "auto",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Number of decoding processes.  [default: one a core]",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Train the temporal head on captioned clips; it is used only where it beats mean pooling.

    Run the same command again to continue a run that was stopped. On several GPUs:
    torchrun --nproc-per-node=N -m ui.cli train spatiotemporal ...
    """
    from embeddings.encoder import choose_encoder
    from embeddings.training.head.batches import Augmentation
    from embeddings.training.head.objective import Objective
    from embeddings.training.head.options import HeadTraining
    from embeddings.training.head.run import train_spatiotemporal
    from ui.library.library import Library

    attack = None if adversarial is None else _attack(adversarial, on, eps)
    head = HeadTraining(
        kind=kind,
        objective=Objective(loss=loss, keep=keep, attack=attack),
        augmentation=Augmentation(speed=speed, drop=drop, views=views > 0),
        seed=seed,
        steps=steps or 0,
        batch=batch,
        learning_rate=rate,
        patience=patience,
        checkpoint_s=checkpoint,
        precision=precision,
    )
    with Library(home) as library:
        catalogue = library.catalogue if library.home.catalogue.is_file() else None
        name, file = choose_encoder(catalogue, encoder, weights)
        options = SpatiotemporalTraining(
            captions=captions,
            out=out.absolute(),
            cache=library.home.cache,
            encoder=name,
            weights=file,
            validation=validation,
            head=head,
            epochs=epochs,
            views=views,
            blocks=blocks,
            attacked=on,
            device=device,
            workers=workers,
        )
        result = train_spatiotemporal(options, find=_finder(library, captions), report=report)
    return Answer({}, "") if result is None else _answer(result, options)


def _attack(name: Literal["fgsm", "pgd"], on: str, eps: str | None) -> Attack:
    """The attack in the unit of what it changes: pixels are 0 to 255."""
    from embeddings.training.attack import Attack

    text = eps or ("2/255" if on == "pixels" else "0.02")
    above, _, below = text.partition("/")
    try:
        reach = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(
            f"{text!r} is neither a number nor a fraction such as 2/255"
        ) from None
    if not 0 < reach <= 1:
        raise typer.BadParameter(f"--eps {text}: more than 0 and at most 1")
    steps = PGD_STEPS if name == "pgd" else 1
    scale = 255 if on == "pixels" else 1
    return Attack(eps=reach * scale, steps=steps, random_start=name == "pgd")


def _finder(library: Library, captions: Path) -> FindVideo:
    """Videos as files, else by their names or ids in the library."""
    from embeddings.training.captions import find_beside

    beside = find_beside(captions)
    indexed = library.home.catalogue.is_file()

    def find(name: str) -> Path | None:
        path = beside(name)
        if path is None and indexed:
            try:
                path = library.catalogue.video(name).path
            except ReelwiseError:
                return None
        return path

    return find


def _answer(result: TrainingResult, options: SpatiotemporalTraining) -> Answer:
    """Both sides' figures, and whether the trained part is served."""
    from embeddings.training.head.folder import figure_lines

    fitted = result.fitted
    document: Document = {
        "out": options.out,
        "served": result.served,
        "mean_pooling": _figures(result.mean),
        "trained": _figures(result.trained),
        "own_head_before": _figures(result.before),
        "attacked_before": _figures(result.robustness and result.robustness.before),
        "attacked_trained": _figures(result.robustness and result.robustness.after),
        "captions_trained_on": result.n_train,
        "captions_stopped_by": result.n_stop,
        "captions_judged_by": result.trained.captions,
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "decoded": result.decoded,
        **troubles_document(result.troubles),
        "encoder": options.encoder,
        "seed": options.head.seed,
        "seconds": result.seconds,
    }
    use = f"reelwise index FOLDER --encoder {options.out}"
    verdict = f"served: it beats mean pooling; {use}"
    if not result.served:
        verdict = (
            "NOT served: it does not beat mean pooling by more than chance, so "
            f"--encoder {options.out} gives mean pooling"
        )
    times = f"{fitted.steps} steps, best after {fitted.best_step}, in {length(result.seconds)}"
    lines = [*figure_lines(result), "", times, verdict]
    code = EXIT_SOME_FILES_FAILED if result.troubles else EXIT_DONE
    return Answer(document, "\n".join(lines), code, troubles_notice(result.troubles))


def _figures(figures: Any) -> Document | None:
    if figures is None:
        return None
    return {**dataclasses.asdict(figures), "score": figures.score}
