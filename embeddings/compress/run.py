"""Compresses an encoder in one of the ways of `reelwise compress`, into a new model folder."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.recipe import Recipe
from embeddings.compress.distil import (
    Distillation,
    TeacherInput,
    clip_material,
    distil,
    follow,
    student_config,
    toon_material,
)
from embeddings.compress.export import export_towers
from embeddings.compress.int8 import quantize_programs
from embeddings.compress.judge import ClipFrames, toon_captions, toon_clips
from embeddings.compress.prune import (
    Probe,
    drop_blocks,
    image_probe,
    narrow_mlps,
    text_probe,
)
from embeddings.compress.request import Request, TowerName
from embeddings.model_folder import SourceModel, finish_folder, save_weights, start_folder
from embeddings.toon.bank import Bank, BankSpec, draw_bank
from embeddings.training.loop import Report

LEAST_TO_CALIBRATE = 32
"""Fewest frames from which ranges of activations are taken."""
MOST_TO_CALIBRATE = 256
MOST_TO_PROBE = 48
CAPTIONS_TO_PROBE = 100
TOONS_TO_DRAW = 30


def compress_encoder(
    source: SourceModel,
    out: Path,
    request: Request,
    clips: list[ClipFrames] | None,
    report: Report,
) -> Path:
    """Make a model folder that `--encoder` takes.

    Args:
        source: The encoder.
        out: New folder.
        request: How it is compressed.
        clips: Clips such as the encoder usually gets, in its frame size; None draws toons.
        report: Takes a line of progress.

    Raises:
        ReelwiseError: An optional library is missing, or the tower cannot be compressed this way.
    """
    start_folder(out)
    how = request.how
    if how == "prune":
        return _prune(source, out, request, clips, report)
    if how == "distil":
        return _distil(source, out, request, clips, report)
    if how == "bf16":
        save_weights(out, source.model.state_dict(), dtype=torch.bfloat16)
        recipe = Recipe(how, "open_clip", "bf16", source.encoder_id)
    else:
        frames = _frames_to_calibrate(source, clips) if how == "int8" else None
        export_towers(source.backbone, out)
        if how != "onnx":
            quantize_programs(out, source.backbone, frames)
        recipe = Recipe(how, "onnx", "fp32", source.encoder_id)
    finish_folder(out, source, source.config, recipe)
    return out


def _frames_to_calibrate(source: SourceModel, clips: list[ClipFrames] | None) -> NDArray[np.uint8]:
    frames = _frames(_typical(source, clips), MOST_TO_CALIBRATE, source.backbone)
    if len(frames) < LEAST_TO_CALIBRATE:
        raise ReelwiseError(
            f"int8 takes its ranges from {LEAST_TO_CALIBRATE} frames or more, not {len(frames)}",
            fix="name more clips with --captions or --videos, or use --how int8-dynamic",
        )
    return frames


def _prune(
    source: SourceModel,
    out: Path,
    request: Request,
    clips: list[ClipFrames] | None,
    report: Report,
) -> Path:
    probe = _probe(source, request.tower, clips)
    if request.blocks:
        pruned = drop_blocks(source, request.tower, request.blocks, probe)
    elif request.channels:
        pruned = narrow_mlps(source, request.tower, request.channels, probe)
    else:
        raise ReelwiseError(
            "prune needs to know what to leave out", fix="--blocks N, or --channels SHARE"
        )
    report(pruned.details)
    details = [pruned.details]
    if request.steps:
        options = Distillation(steps=request.steps, learning_rate=3e-4)
        with tempfile.TemporaryDirectory() as scratch:
            material = _material(source, request, clips, Path(scratch))
            model = pruned.model.requires_grad_(True)
            healed = follow(source, model, (request.tower,), material, options, report=report)
        pruned = replace(pruned, model=healed)
        details.append(f"then {request.steps} steps of following the original")
    save_weights(out, pruned.model.state_dict(), dtype=torch.float16)
    recipe = Recipe(
        "prune", "open_clip", "auto", source.encoder_id, "; ".join(details), pruned.kept
    )
    finish_folder(out, source, pruned.config, recipe)
    return out


def _probe(source: SourceModel, tower: TowerName, clips: list[ClipFrames] | None) -> Probe:
    if tower == "text":
        texts = [clip.text for clip in clips or [] if clip.text][:CAPTIONS_TO_PROBE]
        return text_probe(source, texts or toon_captions(CAPTIONS_TO_PROBE, seed=3))
    return image_probe(source, _frames(_typical(source, clips), MOST_TO_PROBE, source.backbone))


def _typical(source: SourceModel, clips: list[ClipFrames] | None) -> list[ClipFrames]:
    """The clips, or a few toons where there are none."""
    if clips is not None:
        return clips
    return toon_clips(TOONS_TO_DRAW, seed=2, held_out=False)(source.backbone.frame_spec)


def _distil(
    source: SourceModel,
    out: Path,
    request: Request,
    clips: list[ClipFrames] | None,
    report: Report,
) -> Path:
    config = student_config(source, request.student)
    options = Distillation(steps=request.steps or Distillation.steps)
    with tempfile.TemporaryDirectory() as scratch:
        material = _material(source, request, clips, Path(scratch))
        model = distil(source, config, material, options, report)
    save_weights(out, model.state_dict(), dtype=torch.float16)
    recipe = Recipe("distil", "open_clip", "auto", source.encoder_id, f"{options.steps} steps")
    finish_folder(out, source, config, recipe)
    return out


def _material(
    source: SourceModel, request: Request, clips: list[ClipFrames] | None, scratch: Path
) -> TeacherInput:
    if clips is not None:
        return clip_material(clips, 0)
    bank = Bank(BankSpec(scratch, request.scenes, 5))
    draw_bank(bank.spec, 0, 1)
    return toon_material(bank, source.backbone.frame_spec.height_px, 0)


def _frames(clips: list[ClipFrames], most: int, backbone: Backbone) -> NDArray[np.uint8]:
    """At most `most` frames, spread over the clips."""
    spec = backbone.frame_spec
    if not clips:
        return np.zeros((0, spec.height_px, spec.width_px, 3), np.uint8)
    frames = np.concatenate([clip.frames for clip in clips])
    return frames[np.random.default_rng(0).permutation(len(frames))[:most]]
