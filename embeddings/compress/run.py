"""Compresses an encoder in one of the ways of `reelwise compress`, into a new model folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from data.errors import ReelwiseError
from embeddings.backbone.recipe import Config, Recipe
from embeddings.compress.distil import (
    Distillation,
    TeacherInput,
    clip_input,
    distil,
    follow,
    student_config,
    toon_input,
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
from embeddings.compress.request import Request
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
    run = _Run(source, out, request, clips, report)
    ways = {"bf16": run.halve, "prune": run.prune, "distil": run.distil}
    recipe, config = ways.get(request.how, run.export)()
    finish_folder(out, source, config, recipe)
    return out


@dataclass(frozen=True)
class _Run:
    """The arguments of `compress_encoder`; each way writes weights or programs into the folder."""

    source: SourceModel
    out: Path
    request: Request
    clips: list[ClipFrames] | None
    report: Report

    def halve(self) -> tuple[Recipe, Config]:
        """Weights in bf16."""
        save_weights(self.out, self.source.model.state_dict(), dtype=torch.bfloat16)
        return Recipe("bf16", "open_clip", "bf16", self.source.encoder_id), self.source.config

    def export(self) -> tuple[Recipe, Config]:
        """ONNX programs, in fp32 or int8."""
        how, backbone = self.request.how, self.source.backbone
        frames = self.frames_to_calibrate() if how == "int8" else None
        export_towers(backbone, self.out)
        if how != "onnx":
            quantize_programs(self.out, backbone, frames)
        return Recipe(how, "onnx", "fp32", self.source.encoder_id), self.source.config

    def prune(self) -> tuple[Recipe, Config]:
        """A smaller model, trained to follow the original where steps are given."""
        source, request = self.source, self.request
        if request.blocks:
            pruned = drop_blocks(source, request.tower, request.blocks, self.probe())
        elif request.channels:
            pruned = narrow_mlps(source, request.tower, request.channels, self.probe())
        else:
            raise ReelwiseError(
                "prune needs to know what to leave out", fix="--blocks N, or --channels SHARE"
            )
        self.report(pruned.details)
        model, details = pruned.model, pruned.details
        if request.steps:
            options = Distillation(steps=request.steps, learning_rate=3e-4)
            towers = (request.tower,)
            model.requires_grad_(True)
            with self.teacher_input() as frames:
                model = follow(source, model, towers, frames, options, report=self.report)
            details += f"; then {request.steps} steps of following the original"
        return self.save("prune", model, details, pruned.kept), pruned.config

    def distil(self) -> tuple[Recipe, Config]:
        """A student, trained to follow the original."""
        config = student_config(self.source, self.request.student)
        options = Distillation(steps=self.request.steps or Distillation.steps)
        with self.teacher_input() as frames:
            model = distil(self.source, config, frames, options, self.report)
        return self.save("distil", model, f"{options.steps} steps"), config

    def save(
        self,
        how: str,
        model: nn.Module,
        details: str,
        kept: dict[str, list[int]] | None = None,
    ) -> Recipe:
        """Write the weights in half precision."""
        save_weights(self.out, model.state_dict(), dtype=torch.float16)
        return Recipe(how, "open_clip", "auto", self.source.encoder_id, details, kept)

    def probe(self) -> Probe:
        """Features of the data for the tower that is pruned."""
        if self.request.tower == "text":
            texts = [clip.text for clip in self.clips or [] if clip.text][:CAPTIONS_TO_PROBE]
            return text_probe(self.source, texts or toon_captions(CAPTIONS_TO_PROBE, seed=3))
        return image_probe(self.source, self.frames(MOST_TO_PROBE))

    def frames_to_calibrate(self) -> NDArray[np.uint8]:
        """Frames on which ranges of activations are measured."""
        frames = self.frames(MOST_TO_CALIBRATE)
        if len(frames) < LEAST_TO_CALIBRATE:
            raise ReelwiseError(
                f"int8 takes its ranges from {LEAST_TO_CALIBRATE} frames or more, "
                f"not {len(frames)}",
                fix="name more clips with --captions or --videos, or use --how int8-dynamic",
            )
        return frames

    def frames(self, most: int) -> NDArray[np.uint8]:
        """At most `most` frames, spread over the clips, or over a few toons without clips."""
        spec, clips = self.source.backbone.frame_spec, self.clips
        if clips is None:
            clips = toon_clips(TOONS_TO_DRAW, seed=2, held_out=False)(spec)
        if not clips:
            return np.zeros((0, spec.height_px, spec.width_px, 3), np.uint8)
        frames = np.concatenate([clip.frames for clip in clips])
        return frames[np.random.default_rng(0).permutation(len(frames))[:most]]

    @contextmanager
    def teacher_input(self) -> Iterator[TeacherInput]:
        """Batches to train a student on: of the clips, else of toons that are drawn for it."""
        if self.clips is not None:
            yield clip_input(self.clips, 0)
            return
        with tempfile.TemporaryDirectory() as scratch:
            bank = Bank(BankSpec(Path(scratch), self.request.scenes, 5))
            draw_bank(bank.spec, 0, 1)
            yield toon_input(bank, self.source.backbone.frame_spec.height_px, 0)
