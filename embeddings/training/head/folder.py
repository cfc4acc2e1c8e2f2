"""The result of a training run, and its folder: the head, its backbone or where that is, a card."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from data.durable import make_dir, replace_synced, temp_name, write_atomic
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.names import CONFIG_FILE, WEIGHTS_FILE, parse_name
from embeddings.encoder import SpatiotemporalEncoder
from embeddings.model_folder import open_source_model
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS, BackboneRecord, HeadRecord
from embeddings.training.captions import Trouble
from embeddings.training.checkpoint import LOG
from embeddings.training.head.evaluation import HeadFigures
from embeddings.training.head.fit import FittedHead
from embeddings.training.head.options import SpatiotemporalTraining

CARD, BACKBONE_CARD = "README.md", "README-backbone.md"
TRAINING = "training.json"
_NOT_COPIED = (HEAD_CONFIG, HEAD_WEIGHTS, CARD, TRAINING, LOG)


@dataclass(frozen=True)
class Robustness:
    """Figures under an attack on every clip."""

    before: HeadFigures
    """Of the encoder before training."""
    after: HeadFigures
    """Of the trained one."""


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
    robustness: Robustness | None
    """Only after adversarial training."""
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


@dataclass(frozen=True)
class Trained:
    """What is written."""

    result: TrainingResult
    """Head and figures."""
    options: SpatiotemporalTraining
    """The run."""
    encoder: SpatiotemporalEncoder
    """The encoder before training."""
    backbone: Backbone
    """Its last blocks are trained, where the options say so."""
    log: Path
    """The run's CSV log."""

    @property
    def changes_backbone(self) -> bool:
        """Whether the backbone differs from the original."""
        return bool(self.options.blocks) and self.result.served


def write_folder(trained: Trained) -> None:
    """Write the whole folder, all or nothing."""
    out = trained.options.out
    make_dir(out.parent)
    for leftover in out.parent.glob(f".tmp-*-{out.name}"):  # of a run that was killed here
        shutil.rmtree(leftover)
    folder = temp_name(out)
    folder.mkdir()
    record = HeadRecord(
        asdict(trained.result.fitted.head.config),
        trained.result.served,
        _summary(trained.result),
        _write_backbone(folder, trained),
    )
    head = trained.result.fitted.head.cpu().state_dict()
    write_atomic(folder / HEAD_WEIGHTS, save({k: v.contiguous() for k, v in head.items()}))
    record.write(folder)
    if trained.log.is_file():
        shutil.copy(trained.log, folder / LOG)
    document = json.dumps(_as_json(trained), indent=1, default=str)
    write_atomic(folder / TRAINING, document.encode())
    write_atomic(folder / CARD, _card(trained).encode())
    replace_synced(folder, out)


def _write_backbone(folder: Path, trained: Trained) -> BackboneRecord | None:
    """Copy the backbone beside the head; a record of it where it is elsewhere."""
    source = parse_name(trained.encoder.backbone.name, weights=trained.encoder.weights)
    local = source.model.removeprefix("local-dir:")
    if local != source.model and trained.encoder.weights is None:
        for file in sorted(Path(local).iterdir()):
            if file.is_file() and file.name not in _NOT_COPIED:
                shutil.copy(file, folder / file.name)
        if (Path(local) / CARD).is_file():
            shutil.copy(Path(local) / CARD, folder / BACKBONE_CARD)
    elif not trained.changes_backbone:
        weights = trained.encoder.weights
        before = trained.encoder.backbone
        kept = None if weights is None else str(weights)
        return BackboneRecord(before.name, before.fingerprint, kept)
    else:
        config = open_source_model(
            trained.encoder.backbone.name, weights=trained.encoder.weights
        ).config
        write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    if trained.changes_backbone:
        state = trained.backbone.model.state_dict()
        weights_now = {k: v.detach().cpu().contiguous() for k, v in state.items()}
        write_atomic(folder / WEIGHTS_FILE, save(weights_now))
    return None


def _summary(result: TrainingResult) -> str:
    """The figures of the head and of mean pooling in a line."""
    mean, trained = result.mean, result.trained
    text = f"recall@1 {trained.recall_at_1:.3f} against {mean.recall_at_1:.3f}"
    if trained.order_accuracy is not None and mean.order_accuracy is not None:
        text += f", order {trained.order_accuracy:.3f} against {mean.order_accuracy:.3f}"
    return f"{text}, on {trained.captions} captions held out"


def _as_json(trained: Trained) -> dict[str, Any]:
    result = trained.result
    before, robustness = result.before, result.robustness
    return {
        "options": asdict(trained.options),
        "backbone": trained.encoder.backbone.name,
        "served": result.served,
        "mean_pooling": asdict(result.mean),
        "trained": asdict(result.trained),
        "own_head_before": None if before is None else asdict(before),
        "robustness": None if robustness is None else asdict(robustness),
        "steps": result.fitted.steps,
        "best_step": result.fitted.best_step,
        "seconds": round(result.seconds, 1),
        "torch": torch.__version__,
    }


def _card(trained: Trained) -> str:
    """The README of the folder."""
    result, options = trained.result, trained.options
    verdict = "It is served."
    if not result.served:
        verdict = (
            "**It is NOT served**: the folder gives mean pooling, because the trained head did not "
            "beat it by more than chance."
        )
    config = result.fitted.head.config
    steps = f"{result.fitted.steps} steps, the best after {result.fitted.best_step}"
    data = f"{result.n_train} captions for training, {result.n_stop} for early stopping"
    rows = [
        ("Backbone", trained.encoder.backbone.name),
        ("Head", f"{config.kind}, {config.layers} blocks of width {config.width}"),
        ("Blocks of the backbone trained", str(options.blocks)),
        ("Data", f"`{options.captions.name}`: {data}, {result.trained.captions} for evaluation"),
        ("Could not be used", f"{len(result.troubles)} lines or videos"),
        ("Loss", options.head.objective.loss),
        ("Adversarial", str(options.head.objective.attack or "no")),
        ("Command", f"`reelwise train spatiotemporal {_command(options)}`"),
        ("Seed", str(options.head.seed)),
        ("Time", f"{result.fitted.seconds:.0f} s training, {result.seconds:.0f} s in all; {steps}"),
    ]
    lines = ["# A temporal head", "", verdict, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in rows]
    lines += [
        "",
        "## Results",
        "",
        "On videos that were used neither for training nor for early stopping.",
        "",
    ]
    return "\n".join([*lines, *figure_lines(result), ""])


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
    if result.robustness is not None:
        columns.append(("attacked, before", result.robustness.before))
        columns.append(("attacked, trained", result.robustness.after))
    lines = [
        "| | " + " | ".join(name for name, _ in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
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
