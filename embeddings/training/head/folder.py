"""The options, the result and the folder of a training run: the head, its backbone, a card."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save
from torch import nn

from data.durable import write_atomic
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.folders import CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.names import parse_name
from embeddings.model_folder import open_source_model
from embeddings.new_folder import new_folder
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS, BackboneRecord, HeadRecord
from embeddings.training.captions import Trouble
from embeddings.training.head.evaluation import HeadFigures
from embeddings.training.head.fit import FittedHead, HeadTraining
from embeddings.training.loop import LOG

AttackTarget = Literal["features", "pixels"]

CARD, BACKBONE_CARD = "README.md", "README-backbone.md"
TRAINING = "training.json"
_NOT_COPIED = (HEAD_CONFIG, HEAD_WEIGHTS, CARD, TRAINING, LOG)


@dataclass(frozen=True)
class SpatiotemporalTraining:
    """Everything that a run depends on; written into its card."""

    captions: Path
    """CSV `video,start_s,end_s,caption[,backward_caption][,wrong_caption]`."""
    out: Path
    """A new folder."""
    cache: Path
    """Where frame features are kept; may be deleted at any time."""
    encoder: str | None = None
    """The encoder whose backbone is used; None for the default one."""
    weights: Path | None = None
    """Its weights file."""
    validation: Path | None = None
    """Captions for early stopping and evaluation; None holds out a quarter of the videos."""
    head: HeadTraining = field(default_factory=HeadTraining)
    """The run; its steps follow from `epochs` where those are given or `steps` is 0."""
    epochs: float | None = None
    """Passes over the clips."""
    views: int = 2
    """Distorted views of each clip, beside the clip itself."""
    blocks: int = 0
    """Last blocks of the backbone that are trained as well."""
    attacked: AttackTarget = "features"
    """What adversarial training perturbs."""
    device: str = "auto"
    """auto, cpu or cuda."""
    workers: int | None = None
    """Decoding processes; None takes one per core."""

    @property
    def needs_pixels(self) -> bool:
        """Whether the image tower runs at every step, so that features cannot be kept."""
        on_pixels = self.head.objective.attack is not None and self.attacked == "pixels"
        return bool(self.blocks) or on_pixels


@dataclass(frozen=True)
class TrainingResult:
    """Figures and facts of a run."""

    served: bool
    """Whether the trained head is used; if not, the folder gives mean pooling."""
    mean: HeadFigures
    """Mean pooling of the untrained backbone, on the clips held out for the final evaluation."""
    trained: HeadFigures
    """The trained head, on the same clips."""
    before: HeadFigures | None
    """The head that the encoder had before, on the same clips."""
    attacked: tuple[HeadFigures, HeadFigures] | None
    """Figures before and after adversarial training, under an attack on every clip."""
    fitted: FittedHead
    """The run."""
    n_train: int
    """Captions trained on."""
    n_stop: int
    """Captions for early stopping."""
    troubles: list[Trouble]
    """Lines and videos that could not be used, or only in part."""
    decoded: int
    """Stretches decoded now; the others were in the cache."""
    seconds: float
    """Time of the whole run."""


def write_folder(
    result: TrainingResult,
    options: SpatiotemporalTraining,
    encoder: SpatiotemporalEncoder,
    backbone: Backbone,
    log: Path,
) -> None:
    """Write the whole folder, all or nothing.

    `encoder` is that before training; `backbone` the one in training, whose last blocks may have
    been trained; `log` the run's CSV log.
    """
    with new_folder(options.out) as folder:
        trained = backbone if options.blocks and result.served else None
        source = _write_backbone(folder, encoder, trained)
        head, summary = result.fitted.head, _summary(result)
        write_atomic(folder / HEAD_WEIGHTS, _tensor_file(head))
        HeadRecord(asdict(head.config), result.served, summary, source).write(folder)
        if log.is_file():
            shutil.copy(log, folder / LOG)
        name = encoder.backbone.name
        document = json.dumps(_as_json(result, options, name), indent=1, default=str)
        write_atomic(folder / TRAINING, document.encode())
        write_atomic(folder / CARD, _card(result, options, name).encode())


def _write_backbone(
    folder: Path, encoder: SpatiotemporalEncoder, trained: Backbone | None
) -> BackboneRecord | None:
    """Copy the backbone beside the head; a record of it where it is elsewhere.

    `trained` is the backbone with trained blocks, None where it is the original.
    """
    before, weights = encoder.backbone, encoder.weights
    model = parse_name(before.name, weights=weights).model
    local = model.removeprefix("local-dir:")
    if local != model and weights is None:
        for file in sorted(Path(local).iterdir()):
            if file.is_file() and file.name not in _NOT_COPIED:
                shutil.copy(file, folder / file.name)
        if (Path(local) / CARD).is_file():
            shutil.copy(Path(local) / CARD, folder / BACKBONE_CARD)
    elif trained is None:
        return BackboneRecord(before.name, before.fingerprint, str(weights) if weights else None)
    else:
        config = open_source_model(before.name, weights=weights).config
        write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    if trained is not None:
        write_atomic(folder / WEIGHTS_FILE, _tensor_file(trained.model))
    return None


def _tensor_file(model: nn.Module) -> bytes:
    return save({k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()})


def _summary(result: TrainingResult) -> str:
    """The figures of the head and of mean pooling in a line."""
    mean, trained = result.mean, result.trained
    text = f"recall@1 {trained.recall_at_1:.3f} against {mean.recall_at_1:.3f}"
    if trained.order_accuracy is not None and mean.order_accuracy is not None:
        text += f", order {trained.order_accuracy:.3f} against {mean.order_accuracy:.3f}"
    return f"{text}, on {trained.captions} captions held out"


def _as_json(
    result: TrainingResult, options: SpatiotemporalTraining, backbone: str
) -> dict[str, Any]:
    before, attacked = result.before, result.attacked
    return {
        "options": asdict(options),
        "backbone": backbone,
        "served": result.served,
        "mean_pooling": asdict(result.mean),
        "trained": asdict(result.trained),
        "own_head_before": before and asdict(before),
        "robustness": attacked
        and dict(zip(("before", "after"), map(asdict, attacked), strict=True)),
        "steps": result.fitted.run.steps,
        "best_step": result.fitted.run.best_step,
        "seconds": round(result.seconds, 1),
        "torch": torch.__version__,
    }


def _card(result: TrainingResult, options: SpatiotemporalTraining, backbone: str) -> str:
    """The README of the folder."""
    verdict = "It is served."
    if not result.served:
        verdict = (
            "**It is NOT served**: the folder gives mean pooling, because the trained head did not "
            "beat it by more than chance."
        )
    config, run = result.fitted.head.config, result.fitted.run
    steps = f"{run.steps} steps, the best after {run.best_step}"
    data = f"{result.n_train} captions for training, {result.n_stop} for early stopping"
    rows = [
        ("Backbone", backbone),
        ("Head", f"{config.kind}, {config.layers} blocks of width {config.width}"),
        ("Blocks of the backbone trained", str(options.blocks)),
        ("Data", f"`{options.captions.name}`: {data}, {result.trained.captions} for evaluation"),
        ("Could not be used", f"{len(result.troubles)} lines or videos"),
        ("Loss", options.head.objective.loss),
        ("Adversarial", str(options.head.objective.attack or "no")),
        ("Command", f"`reelwise train spatiotemporal {_command(options)}`"),
        ("Seed", str(options.head.seed)),
        ("Time", f"{run.seconds:.0f} s training, {result.seconds:.0f} s in all; {steps}"),
    ]
    lines = ["# A temporal head", "", verdict, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in rows]
    note = "On videos that were used neither for training nor for early stopping."
    return "\n".join([*lines, "", "## Results", "", note, "", *figure_lines(result), ""])


def _command(options: SpatiotemporalTraining) -> str:
    """The options that shape the head."""
    head = options.head
    words = [f"--captions {options.captions.name}", f"--out {options.out.name}"]
    words += [f"--encoder {options.encoder}"] if options.encoder else []
    words += [f"--validation {options.validation.name}"] if options.validation else []
    words += [f"--seed {head.seed} --loss {head.objective.loss} --batch {head.batch}"]
    words += [f"--kind {head.kind} --rate {head.learning_rate:g} --views {options.views}"]
    words += [f"--blocks {options.blocks}"] if options.blocks else []
    return " ".join(words)


def figure_lines(result: TrainingResult) -> list[str]:
    """The figures as a Markdown table."""
    columns: list[tuple[str, HeadFigures]] = [("mean pooling", result.mean)]
    if result.before is not None:
        columns.append(("head before", result.before))
    columns.append(("trained", result.trained))
    if result.attacked is not None:
        columns += zip(("attacked, before", "attacked, trained"), result.attacked, strict=True)
    header = " | ".join(name for name, _ in columns)
    lines = [f"| | {header} |", "|---|" + "---|" * len(columns)]
    for name, title in (
        ("recall_at_1", "caption to clip, recall@1"),
        ("recall_at_5", "caption to clip, recall@5"),
        ("mrr", "caption to clip, MRR"),
        ("clip_recall_at_1", "clip to caption, recall@1"),
        ("order_accuracy", f"order, {result.mean.order_pairs} captions"),
    ):
        values = [getattr(figures, name) for _, figures in columns]
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines
