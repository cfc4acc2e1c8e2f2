"""One encoder in, a smaller or faster one in a folder out: all ways of `reelwise compress`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.int8 import BATCH, FRAMES_TO_CALIBRATE, quantize_program
from embeddings.backbone.recipe import Recipe
from embeddings.compress.distil import (
    Distillation,
    Material,
    clip_material,
    distil,
    follow,
    save_student,
    student_config,
    toon_material,
)
from embeddings.compress.export import export_towers
from embeddings.compress.judge import Clip, toon_clips, toon_words
from embeddings.compress.prune import (
    Probe,
    TowerName,
    drop_blocks,
    image_probe,
    narrow_mlps,
    save_pruned,
    text_probe,
)
from embeddings.model_folder import Source, finish_folder, save_weights, start_folder
from embeddings.toon.bank import Bank, BankSpec, draw_bank

How = Literal[
    "bf16", "int8", "int8-dynamic", "int8-torchao", "onnx", "torch-export", "prune", "distil"
]
Report = Callable[[str], None]
MOST_TO_CALIBRATE = 256
MOST_TO_PROBE = 48
WORDS_TO_PROBE = 100
TOONS_TO_SEE = 30


@dataclass(frozen=True)
class Request:
    """What is to be done to an encoder."""

    how: How
    """bf16: weights of half the size. int8: onnxruntime, ranges of activations measured on clips;
    int8-dynamic: in every run. int8-torchao: linear layers, also for a GPU. onnx: onnxruntime in
    fp32. torch-export: torch's own format, in the precision that is fast here. prune, distil."""
    tower: TowerName = "image"
    """The tower that prune makes smaller."""
    blocks: int = 0
    """Blocks that prune leaves out."""
    channels: float = 0.0
    """Share of the MLP channels that prune leaves out, where no blocks are named."""
    student: str | None = None
    """As `student_config` takes it."""
    steps: int = 0
    """Batches of training: of the student, or of what pruning left."""
    scenes: int = 1200
    """Toon scenes drawn to train on, where the clips are toons."""


def compress(
    source: Source, out: Path, request: Request, clips: list[Clip] | None, report: Report
) -> Path:
    """Make a model folder that `--encoder` takes.

    Args:
        source: The encoder.
        out: New folder.
        request: What is to be done.
        clips: What the encoder usually sees, in its size; None draws toons.
        report: Takes a line of progress.

    Raises:
        ReelwiseError: An optional library is missing, or the tower cannot be compressed so.
    """
    start_folder(out)
    how = request.how
    if how == "prune":
        return _prune(source, out, request, clips, report)
    if how == "distil":
        return _distil(source, out, request, clips, report)
    if how in ("bf16", "int8-torchao"):
        precision: Literal["bf16", "int8"] = "bf16" if how == "bf16" else "int8"
        save_weights(out, source.model.state_dict(), dtype=torch.bfloat16)
        recipe = Recipe(how, "open_clip", precision, source.encoder_id)
    elif how == "torch-export":
        export_towers(source.as_served(), out, "torch-export")
        recipe = Recipe(how, "torch-export", "fp32", source.encoder_id)
    else:
        ranges = _ranges(source, clips) if how == "int8" else None
        export_towers(source.backbone, out, "onnx")
        if how != "onnx":
            _quantize(source.backbone, out, ranges)
        recipe = Recipe(how, "onnx", "fp32", source.encoder_id)
    finish_folder(out, source, source.config, recipe)
    return out


def _ranges(source: Source, clips: list[Clip] | None) -> NDArray[np.uint8]:
    """The frames from which int8 takes its ranges."""
    frames = _frames(_seen(source, clips), MOST_TO_CALIBRATE, source.backbone)
    if len(frames) < FRAMES_TO_CALIBRATE:
        raise ReelwiseError(
            f"int8 takes its ranges from {FRAMES_TO_CALIBRATE} frames or more, not {len(frames)}",
            fix="name more clips with --captions or --videos, or use --how int8-dynamic",
        )
    return frames


def _quantize(backbone: Backbone, out: Path, ranges: NDArray[np.uint8] | None) -> None:
    """Both programs of a folder to int8; words are few, so ranges for them are always dynamic."""
    for name, frames in (("image", ranges), ("text", None)):
        path = out / f"{name}.onnx"
        made = path.with_suffix(".int8")
        quantize_program(path, made, None if frames is None else _batches(backbone, frames))
        made.replace(path)


def _batches(backbone: Backbone, frames: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(frames), BATCH):
        yield backbone.normalise(frames[first : first + BATCH]).numpy()


def _prune(
    source: Source, out: Path, request: Request, clips: list[Clip] | None, report: Report
) -> Path:
    probe = _probe(source, request.tower, clips)
    if request.blocks:
        pruned = drop_blocks(source, request.tower, request.blocks, probe)
    elif request.channels:
        pruned = narrow_mlps(source, request.tower, request.channels, probe)
    else:
        raise ReelwiseError("prune was not told what goes", fix="--blocks N, or --channels SHARE")
    report(pruned.details)
    told = ""
    if request.steps:
        options = Distillation(steps=request.steps, learning_rate=3e-4)
        with tempfile.TemporaryDirectory() as scratch:
            material = _material(source, request, clips, Path(scratch))
            model = pruned.model.requires_grad_(True)
            healed = follow(source, model, (request.tower,), material, options, report=report)
        pruned = replace(pruned, model=healed)
        told = f"then {request.steps} steps of following the original"
    return save_pruned(pruned, source, out, details=told)


def _probe(source: Source, tower: TowerName, clips: list[Clip] | None) -> Probe:
    if tower == "text":
        said = [clip.text for clip in clips or [] if clip.text][:WORDS_TO_PROBE]
        return text_probe(source, said or toon_words(WORDS_TO_PROBE, seed=3))
    return image_probe(source, _frames(_seen(source, clips), MOST_TO_PROBE, source.backbone))


def _seen(source: Source, clips: list[Clip] | None) -> list[Clip]:
    """The clips, or a few toons where there are none."""
    if clips is not None:
        return clips
    return toon_clips(TOONS_TO_SEE, seed=2, held_out=False)(source.backbone.frame_spec)


def _distil(
    source: Source, out: Path, request: Request, clips: list[Clip] | None, report: Report
) -> Path:
    config = student_config(source, request.student)
    options = Distillation(steps=request.steps or Distillation.steps)
    with tempfile.TemporaryDirectory() as scratch:
        material = _material(source, request, clips, Path(scratch))
        model = distil(source, config, material, options, report)
    return save_student(model, source, config, out, f"{options.steps} steps")


def _material(
    source: Source, request: Request, clips: list[Clip] | None, scratch: Path
) -> Material:
    if clips is not None:
        return clip_material(clips, 0)
    bank = Bank(BankSpec(scratch, request.scenes, 5))
    draw_bank(bank.spec, 0, 1)
    return toon_material(bank, source.backbone.frame_spec.height_px, 0)


def _frames(clips: list[Clip], most: int, backbone: Backbone) -> NDArray[np.uint8]:
    """Up to `most` frames, spread over the clips."""
    spec = backbone.frame_spec
    if not clips:
        return np.zeros((0, spec.height_px, spec.width_px, 3), np.uint8)
    frames = np.concatenate([clip.frames for clip in clips])
    return frames[np.random.default_rng(0).permutation(len(frames))[:most]]
