"""Compresses an encoder in one of the ways of `reelwise compress`, into a new model folder."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.toons.scenes import random_scene
from embeddings.backbone.recipe import Config, Recipe
from embeddings.compress.distil import (
    DISTILLATION,
    TeacherInput,
    clip_input,
    distil,
    follow,
    student_config,
    toon_input,
)
from embeddings.compress.export import export_towers, quantize_programs
from embeddings.compress.judge import ClipFrames, toon_clips
from embeddings.compress.prune import Probe, drop_blocks, make_probe, narrow_mlps
from embeddings.compress.request import How, Request
from embeddings.model_folder import SourceModel, finish_folder, save_weights
from embeddings.new_folder import new_folder
from embeddings.toon.bank import Bank, BankSpec, draw_bank
from embeddings.training.loop import Report

LEAST_TO_CALIBRATE = 32
"""Fewest frames from which ranges of activations are taken."""
MOST_TO_CALIBRATE = 256
MOST_TO_PROBE = 48
PROBED_AT_ONCE = 16
CAPTIONS_TO_PROBE = 100
TOONS_TO_DRAW = 30


def compress_encoder(
    source: SourceModel, out: Path, request: Request, clips: list[ClipFrames] | None, report: Report
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
    request.check()
    with new_folder(out) as folder:
        run = _Run(source, folder, request, clips, report)
        ways: dict[How, Callable[[], tuple[Recipe, Config]]] = {
            "bf16": run.halve,
            "onnx": run.export,
            "int8": run.export,
            "int8-dynamic": run.export,
            "prune": run.prune,
            "distil": run.distil,
        }
        recipe, config = ways[request.how]()
        finish_folder(folder, source, config, recipe)
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
        return Recipe("bf16", "open_clip", "bf16", self.source.encoder.id), self.source.config

    def export(self) -> tuple[Recipe, Config]:
        """ONNX programs, in fp32 or int8."""
        how, backbone = self.request.how, self.source.encoder.backbone
        frames = self.frames(MOST_TO_CALIBRATE) if how == "int8" else None
        if frames is not None and len(frames) < LEAST_TO_CALIBRATE:
            raise ReelwiseError(
                f"int8 takes its ranges from {LEAST_TO_CALIBRATE} frames or more, "
                f"not {len(frames)}",
                fix="name more clips with --captions or --videos, or use --how int8-dynamic",
            )
        export_towers(backbone, self.out)
        if how != "onnx":
            quantize_programs(self.out, backbone, frames)
        return Recipe(how, "onnx", "fp32", self.source.encoder.id), self.source.config

    def prune(self) -> tuple[Recipe, Config]:
        """A smaller model, trained to follow the original where steps are given."""
        source, request = self.source, self.request
        if request.blocks:
            pruned = drop_blocks(source, request.tower, request.blocks, self.probe())
        else:
            pruned = narrow_mlps(source, request.tower, request.channels, self.probe())
        self.report(pruned.details)
        model, details = pruned.model, pruned.details
        if request.steps:
            options = replace(DISTILLATION, steps=request.steps, learning_rate=3e-4)
            with self.teacher_input() as frames:
                follow(source, model, [request.tower], frames, options, report=self.report)
            details += f"; then {request.steps} steps of following the original"
        save_weights(self.out, model.state_dict(), dtype=torch.float16)
        recipe = Recipe("prune", "open_clip", "auto", source.encoder.id, details, pruned.kept)
        return recipe, pruned.config

    def distil(self) -> tuple[Recipe, Config]:
        """A student, trained to follow the original."""
        config = student_config(self.source, self.request.student)
        options = replace(DISTILLATION, steps=self.request.steps or DISTILLATION.steps)
        with self.teacher_input() as frames:
            model = distil(self.source, config, frames, options, self.report)
        save_weights(self.out, model.state_dict(), dtype=torch.float16)
        details = f"{options.steps} steps"
        return Recipe("distil", "open_clip", "auto", self.source.encoder.id, details), config

    def probe(self) -> Probe:
        """Features of the data for the tower that is pruned."""
        backbone = self.source.encoder.backbone
        if self.request.tower == "image":
            frames = backbone.normalise(self.frames(MOST_TO_PROBE))
            return make_probe("image", frames.split(PROBED_AT_ONCE))  # type: ignore[no-untyped-call]
        texts = [clip.text for clip in self.clips or [] if clip.text]
        if not texts:
            rng = np.random.default_rng(3)
            scenes = (random_scene(rng, held_out=False) for _ in range(CAPTIONS_TO_PROBE))
            texts = [scene.caption(rng) for scene in scenes]
        return make_probe("text", [backbone.tokenize(texts[:CAPTIONS_TO_PROBE])])

    def frames(self, most: int) -> NDArray[np.uint8]:
        """At most `most` frames, spread over the clips, or over a few toons without clips."""
        spec, clips = self.source.encoder.frame_spec, self.clips
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
            yield clip_input(self.clips)
            return
        with tempfile.TemporaryDirectory() as scratch:
            bank = Bank(BankSpec(Path(scratch), self.request.scenes, 5))
            draw_bank(bank.spec, 0, 1)
            yield toon_input(bank, self.source.encoder.frame_spec.height_px)
