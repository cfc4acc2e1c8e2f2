"""`reelwise train spatiotemporal`: teach an encoder motion and order from captioned videos."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from data.errors import ReelwiseError
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import (
    EXIT_DONE,
    EXIT_SOME_FILES_FAILED,
    Answer,
    troubles_document,
    troubles_notice,
)
from ui.terminal.options import DeviceOption, HomeOption, JsonOption, WeightsOption, WorkersOption
from ui.terminal.progress import report
from ui.terminal.text import length

if TYPE_CHECKING:
    from embeddings.training.attack import Attack
    from embeddings.training.captions import FindVideo
    from embeddings.training.head.folder import SpatiotemporalTraining, TrainingResult

PGD_STEPS = 3


TrainingCaptionsOption = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="Captioned clips: CSV with the columns video, start_s, end_s, caption[, "
        "backward_caption][, wrong_caption].",
    ),
]
TrainingOutOption = Annotated[
    Path, typer.Option(metavar="DIR", help="New folder to write the encoder to.")
]
TrainingValidationOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Captions for early stopping and evaluation.  [default: a quarter of the videos]",
    ),
]
BackboneOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Encoder to take the backbone from.  [default: the library's]"
    ),
]
KindOption = Annotated[
    Literal["attention", "convolution", "gru"],
    typer.Option(metavar="attention|convolution|gru", help="Architecture of the temporal head."),
]
LossOption = Annotated[
    Literal["infonce", "siglip"], typer.Option(metavar="infonce|siglip", help="Contrastive loss.")
]
KeepOption = Annotated[
    float, typer.Option(metavar="W", min=0, help="Weight of the penalty for leaving mean pooling.")
]
TrainingBlocksOption = Annotated[
    int, typer.Option(metavar="N", min=0, help="Number of last backbone blocks to train too.")
]
TrainingStepsOption = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Maximum number of batches.")
]
EpochsOption = Annotated[
    float | None,
    typer.Option(metavar="N", min=0.01, help="Maximum number of passes over the clips."),
]
BatchOption = Annotated[int, typer.Option(metavar="N", min=2, help="Number of clips in a batch.")]
RateOption = Annotated[float, typer.Option(metavar="R", min=1e-9, help="Peak learning rate.")]
ViewsOption = Annotated[
    int,
    typer.Option(metavar="N", min=0, help="Number of cropped and recoloured views of each clip."),
]
SpeedOption = Annotated[
    float,
    typer.Option(metavar="X", min=1, help="Augmentation: play up to X times faster or slower."),
]
DropOption = Annotated[
    float, typer.Option(metavar="P", min=0, max=0.9, help="Augmentation: share of frames left out.")
]
AdversarialOption = Annotated[
    Literal["fgsm", "pgd"] | None,
    typer.Option(metavar="fgsm|pgd", help="Adversarial training with this attack."),
]
AttackedOption = Annotated[
    Literal["features", "pixels"],
    typer.Option(metavar="features|pixels", help="Input that the attack changes."),
]
EpsOption = Annotated[
    str | None,
    typer.Option(
        metavar="E", help="Size of the attack.  [default: 2/255 on pixels, 0.02 on features]"
    ),
]
PatienceOption = Annotated[
    int, typer.Option(metavar="N", min=1, help="Stop after N evaluations without improvement.")
]
CheckpointOption = Annotated[
    float, typer.Option(metavar="S", min=0, help="Seconds between two checkpoints.")
]
PrecisionOption = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(metavar="auto|fp32|bf16", help="Number format; auto is bf16 on a GPU, else fp32."),
]
SeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")]


def spatiotemporal(
    captions: TrainingCaptionsOption,
    out: TrainingOutOption,
    validation: TrainingValidationOption = None,
    encoder: BackboneOption = None,
    weights: WeightsOption = None,
    kind: KindOption = "attention",
    loss: LossOption = "infonce",
    keep: KeepOption = 0.5,
    blocks: TrainingBlocksOption = 0,
    steps: TrainingStepsOption = None,
    epochs: EpochsOption = None,
    batch: BatchOption = 128,
    rate: RateOption = 1e-3,
    views: ViewsOption = 2,
    speed: SpeedOption = 1.3,
    drop: DropOption = 0.3,
    adversarial: AdversarialOption = None,
    on: AttackedOption = "features",
    eps: EpsOption = None,
    patience: PatienceOption = 8,
    checkpoint: CheckpointOption = 60.0,
    precision: PrecisionOption = "auto",
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Train the temporal head on captioned clips; used only where it beats the mean of frames.

    Run the same command again to continue a run that was stopped. On several GPUs:
    torchrun --nproc-per-node=N -m ui.cli train spatiotemporal ...
    """
    from embeddings.new_folder import require_new

    require_new(out)
    _check(captions, validation, encoder, weights)
    from data.home import resolve_home
    from embeddings.training.head.batches import Augmentation
    from embeddings.training.head.fit import HeadTraining
    from embeddings.training.head.folder import SpatiotemporalTraining
    from embeddings.training.head.objective import Objective

    objective = Objective(loss=loss, keep=keep, attack=_attack(adversarial, on, eps))
    augmentation = Augmentation(speed=speed, drop=drop, views=views > 0)
    head = HeadTraining(kind=kind, objective=objective, augmentation=augmentation, seed=seed)
    head = replace(head, steps=steps or 0, batch=batch, learning_rate=rate)
    head = replace(head, patience=patience, checkpoint_s=checkpoint, precision=precision)
    options = SpatiotemporalTraining(captions, out.absolute(), resolve_home(home).cache)
    options = replace(options, encoder=encoder, weights=weights, validation=validation)
    options = replace(options, head=head, epochs=epochs, views=views, blocks=blocks, attacked=on)
    return _train(replace(options, device=device, workers=workers), home)


def _check(
    captions: Path, validation: Path | None, encoder: str | None, weights: Path | None
) -> None:
    """Refuse tables and encoders that cannot be used, before anything slow is imported."""
    from embeddings.opening.choice import check_weights
    from embeddings.training.captions import read_captions

    for table in filter(None, (captions, validation)):
        read_captions(table, Path)  # the videos that they name are looked for later
    if encoder is not None:
        check_weights(encoder, weights)


def _train(options: SpatiotemporalTraining, home: Path | None) -> Answer:
    """Train with the encoder that was given, else with the library's."""
    from embeddings.opening.choice import choose_encoder
    from embeddings.training.head.run import train_spatiotemporal

    with Library(home) as library:
        catalogue = library.catalogue if library.home.catalogue.is_file() else None
        name, file = choose_encoder(catalogue, options.encoder, options.weights)
        options = replace(options, encoder=name, weights=file)
        find = _finder(library, options.captions)
        result = train_spatiotemporal(options, find=find, report=report)
    return Answer({}, "") if result is None else _answer(result, options)


def _attack(name: Literal["fgsm", "pgd"] | None, on: str, eps: str | None) -> Attack | None:
    """The attack in the unit of what it changes: pixels are 0 to 255."""
    from embeddings.training.attack import Attack

    if name is None:
        return None
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
            with suppress(ReelwiseError):
                path = library.catalogue.video(name).path
        return path

    return find


def _answer(result: TrainingResult, options: SpatiotemporalTraining) -> Answer:
    """Both sides' figures, and whether the trained part is served."""
    from embeddings.training.head.folder import figure_lines

    run = result.fitted.run
    document: Document = {
        "out": options.out,
        "served": result.served,
        "mean_pooling": _figures(result.mean),
        "trained": _figures(result.trained),
        "own_head_before": _figures(result.before),
        "attacked_before": _figures(result.attacked and result.attacked[0]),
        "attacked_trained": _figures(result.attacked and result.attacked[1]),
        "captions_trained_on": result.n_train,
        "captions_stopped_by": result.n_stop,
        "captions_judged_by": result.trained.captions,
        "steps": run.steps,
        "best_step": run.best_step,
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
    times = f"{run.steps} steps, best after {run.best_step}, in {length(result.seconds)}"
    lines = [*figure_lines(result), "", times, verdict]
    code = EXIT_SOME_FILES_FAILED if result.troubles else EXIT_DONE
    return Answer(document, "\n".join(lines), code, troubles_notice(result.troubles))


def _figures(figures: Any) -> Document | None:
    return None if figures is None else {**asdict(figures), "score": figures.score}
