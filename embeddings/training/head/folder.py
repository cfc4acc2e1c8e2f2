"""The folder that training leaves: the head, its backbone or where that lies, and a card."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save

from data.durable import make_dir, replace_synced, temp_name, write_atomic
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.names import CONFIG_FILE, WEIGHTS_FILE, parse_name
from embeddings.encoder import SpatiotemporalEncoder
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS, BackboneRecord, HeadRecord
from embeddings.training.head.judge import HeadFigures

if TYPE_CHECKING:
    from embeddings.training.head.run import SpatiotemporalTraining, TrainingResult

CARD, BACKBONE_CARD = "README.md", "README-backbone.md"
TRAINING = "training.json"
LOG = "log.csv"
_NOT_COPIED = (HEAD_CONFIG, HEAD_WEIGHTS, CARD, TRAINING, LOG)


@dataclass(frozen=True)
class Trained:
    """What there is to write."""

    result: TrainingResult
    """Figures and head."""
    options: SpatiotemporalTraining
    """The run."""
    encoder: SpatiotemporalEncoder
    """The encoder as it was."""
    backbone: Backbone
    """With its last blocks trained, where they were."""
    log: Path
    """The run's CSV log."""

    @property
    def tuned(self) -> bool:
        """Whether another backbone than before must be kept."""
        return bool(self.options.blocks) and self.result.served


def write_folder(trained: Trained) -> None:
    """Write the whole folder, all or nothing."""
    out = trained.options.out
    make_dir(out.parent)
    for left in out.parent.glob(f".tmp-*-{out.name}"):
        shutil.rmtree(left)
    folder = temp_name(out)
    folder.mkdir()
    record = HeadRecord(
        trained.result.fitted.head.config.as_dict(),
        trained.result.served,
        in_short(trained.result),
        _write_backbone(folder, trained),
    )
    head = trained.result.fitted.head.cpu().state_dict()
    write_atomic(folder / HEAD_WEIGHTS, save({k: v.contiguous() for k, v in head.items()}))
    record.write(folder)
    if trained.log.is_file():
        shutil.copy(trained.log, folder / LOG)
    told = json.dumps(_as_json(trained), indent=1, default=str)
    write_atomic(folder / TRAINING, told.encode())
    write_atomic(folder / CARD, card(trained).encode())
    replace_synced(folder, out)


def _write_backbone(folder: Path, trained: Trained) -> BackboneRecord | None:
    """Put the backbone beside the head; what to look for where it lies elsewhere."""
    source = parse_name(trained.encoder.backbone.name, weights=trained.encoder.weights)
    local = source.model.removeprefix("local-dir:")
    if local != source.model and trained.encoder.weights is None:
        for file in sorted(Path(local).iterdir()):
            if file.is_file() and file.name not in _NOT_COPIED:
                shutil.copy(file, folder / file.name)
        if (Path(local) / CARD).is_file():
            shutil.copy(Path(local) / CARD, folder / BACKBONE_CARD)
    elif not trained.tuned:
        weights = trained.encoder.weights
        before = trained.encoder.backbone
        kept = None if weights is None else str(weights)
        return BackboneRecord(before.name, before.fingerprint, kept)
    else:
        from embeddings.model_folder import open_source_model

        config = open_source_model(
            trained.encoder.backbone.name, weights=trained.encoder.weights
        ).config
        write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    if trained.tuned:
        state = trained.backbone.model.state_dict()
        weights_now = {k: v.detach().cpu().contiguous() for k, v in state.items()}
        write_atomic(folder / WEIGHTS_FILE, save(weights_now))
    return None


def in_short(result: TrainingResult) -> str:
    """Both sides' figures in a line."""
    mean, trained = result.mean, result.trained
    told = f"recall@1 {trained.recall_at_1:.3f} against {mean.recall_at_1:.3f}"
    if trained.order_accuracy is not None and mean.order_accuracy is not None:
        told += f", order {trained.order_accuracy:.3f} against {mean.order_accuracy:.3f}"
    return f"{told}, on {trained.captions} captions held out"


def _as_json(trained: Trained) -> dict[str, Any]:
    result = trained.result
    own, hard = result.own, result.robustness
    return {
        "options": asdict(trained.options),
        "backbone": trained.encoder.backbone.name,
        "served": result.served,
        "mean_pooling": asdict(result.mean),
        "trained": asdict(result.trained),
        "own_head_before": None if own is None else asdict(own),
        "robustness": None if hard is None else asdict(hard),
        "steps": result.fitted.steps,
        "best_step": result.fitted.best_step,
        "seconds": round(result.seconds, 1),
        "torch": torch.__version__,
    }


def card(trained: Trained) -> str:
    """What a person must know of the folder."""
    result, options = trained.result, trained.options
    verdict = "It is served." if result.served else "**It is NOT served**: the folder gives mean "
    if not result.served:
        verdict += "pooling, because the trained part did not beat it by more than chance."
    config = result.fitted.head.config
    steps = f"{result.fitted.steps} steps, the best after {result.fitted.best_step}"
    data = f"{result.n_train} captions to train on, {result.n_stop} to stop by"
    rows = [
        ("Backbone", trained.encoder.backbone.name),
        ("Head", f"{config.kind}, {config.layers} blocks of width {config.width}"),
        ("Blocks of the backbone trained", str(options.blocks)),
        ("Data", f"`{options.captions.name}`: {data}, {result.trained.captions} to judge by"),
        ("Could not be used", f"{len(result.troubles)} lines or videos"),
        ("Loss", options.head.objective.loss),
        ("Adversarial", str(options.head.objective.attack or "no")),
        ("Command", f"`reelwise train spatiotemporal {_command(options)}`"),
        ("Seed", str(options.head.seed)),
        ("Time", f"{result.fitted.seconds:.0f} s training, {result.seconds:.0f} s in all; {steps}"),
    ]
    lines = ["# A temporal head", "", verdict, "", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in rows]
    lines += ["", "## Results", "", "On videos that were neither trained on nor stopped by.", ""]
    return "\n".join([*lines, *figure_lines(result), ""])


def _command(options: SpatiotemporalTraining) -> str:
    """The command as far as it shapes the head."""
    head = options.head
    words = [f"--captions {options.captions.name}", f"--out {options.out.name}"]
    words += [f"--encoder {options.encoder}"] if options.encoder else []
    words += [f"--validation {options.validation.name}"] if options.validation else []
    words += [f"--seed {head.seed} --loss {head.objective.loss} --batch {head.batch}"]
    words += [f"--kind {head.kind} --rate {head.learning_rate:g} --views {options.views}"]
    words += [f"--blocks {options.blocks}"] if options.blocks else []
    return " ".join(words)


def figure_lines(result: TrainingResult) -> list[str]:
    """The table of figures, as Markdown that is legible as it stands."""
    columns: list[tuple[str, HeadFigures]] = [("mean pooling", result.mean)]
    if result.own is not None:
        columns.append(("head before", result.own))
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
        told = ["-" if value is None else f"{value:.3f}" for value in values]
        lines.append(f"| {title} | " + " | ".join(told) + " |")
    return lines
