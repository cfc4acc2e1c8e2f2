"""Distillation: a small student is trained to give the vectors of a large teacher.

The student learns the teacher's features of frames and, where it has another text tower, of texts:
their direction, and which feature of the batch is whose. That is feature distillation with
interactive contrast, the two strongest parts of CLIP-KD (Yang et al., CVPR 2024). Vectors stay in
the teacher's space, so the teacher's temporal head works with the student.
"""

from __future__ import annotations

import copy
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from data.errors import ReelwiseError
from embeddings.backbone.backbone import as_pair
from embeddings.backbone.recipe import Config
from embeddings.compress.judge import ClipFrames
from embeddings.compress.request import TowerName
from embeddings.model_folder import SourceModel, architecture, build_model
from embeddings.toon.bank import Bank, BatchShape, batches
from embeddings.toon.start import POSITIONS, stretch_positions
from embeddings.training.augment import MILD, STRONG, distort
from embeddings.training.loop import Report
from embeddings.training.losses import contrastive

TeacherInput = Iterator[tuple[NDArray[np.uint8], list[str]]]
"""Frames (n, px, px, 3) as the teacher wants them, and texts that need not belong to them."""


@dataclass(frozen=True)
class Distillation:
    """How a student is trained."""

    steps: int = 400
    """Number of batches."""
    learning_rate: float = 2e-3
    """At the top of a one-cycle schedule."""
    scale: float = 14.0
    """Factor on the cosines of the contrastive part."""
    average: float = 0.98
    """Decay of the exponential moving average of the weights, which is what is saved."""
    seed: int = 0
    """Of weights and batches."""


def student_config(source: SourceModel, student: str | None) -> Config:
    """The configuration of a student in the teacher's space.

    Args:
        source: The teacher.
        student: None halves the width of the teacher's image tower. A file holds an open_clip
            `model_cfg`; a name is an architecture of open_clip. The text tower is the teacher's,
            except where a file describes one.

    Raises:
        ReelwiseError: There is no such file or architecture, or the tower cannot be halved.
    """
    config = copy.deepcopy(source.config)
    model: dict[str, Any] = config["model_cfg"]
    if student is None:
        vision = model["vision_cfg"]
        if "width" not in vision or "timm_model_name" in vision:
            raise ReelwiseError(
                "the image tower of this model has no width that could be halved",
                fix="--student NAME or --student FILE.json      (an open_clip configuration)",
            )
        vision["width"] //= 2
        if not isinstance(vision["layers"], list):
            vision["head_width"] = vision.get("head_width", 64) // 2
    elif student.endswith(".json"):
        file = Path(student)
        if not file.is_file():
            raise ReelwiseError(f"there is no file {file}", fix="check the path of --student")
        config_of_file = json.loads(file.read_text(encoding="utf-8"))
        model |= config_of_file.get("model_cfg", config_of_file)
    else:
        model["vision_cfg"] = architecture(student)["vision_cfg"]
    model["embed_dim"] = source.config["model_cfg"]["embed_dim"]
    config["preprocess_cfg"]["size"] = list(as_pair(model["vision_cfg"]["image_size"]))
    return config


def distil(
    source: SourceModel,
    config: Config,
    material: TeacherInput,
    options: Distillation,
    report: Report,
) -> nn.Module:
    """Train a student.

    Args:
        source: The teacher.
        config: As `student_config` gives it.
        material: Endless batches.
        options: The run.
        report: Takes a line of progress.

    Returns:
        The averaged weights of the student, in fp32 and in evaluation mode.
    """
    torch.manual_seed(options.seed)
    model = build_model(config)
    towers: tuple[TowerName, ...] = ("image", "text")
    if copy_weights(source.model, model):
        towers = ("image",)
    return follow(source, model, towers, material, options, report=report)


def copy_weights(teacher: nn.Module, student: nn.Module) -> bool:
    """Start from the teacher's weights; of larger tensors take evenly spaced rows and columns.

    That is weight selection (Xu et al., "Initializing Models with Larger Ones", ICLR 2024).

    Returns:
        True where the whole text tower was copied unchanged.
    """
    large = {k: v.float() for k, v in teacher.state_dict().items()}
    state = student.state_dict()
    if POSITIONS in state and POSITIONS in large:
        large[POSITIONS] = stretch_positions(large[POSITIONS], len(state[POSITIONS]))
    chosen = {}
    for name, small in state.items():
        larger = large.get(name)
        if larger is None or larger.ndim != small.ndim:
            continue
        if all(a >= b for a, b in zip(larger.shape, small.shape, strict=True)):
            chosen[name] = _spread(larger, small.shape).to(small.dtype)
    student.load_state_dict(chosen, strict=False)
    return all(
        name in large and large[name].shape == small.shape
        for name, small in state.items()
        if not name.startswith("visual.")
    )


def _spread(weights: Tensor, shape: torch.Size) -> Tensor:
    """Evenly spaced entries along every dimension."""
    for axis, size in enumerate(shape):
        if size < weights.shape[axis]:
            numbers = torch.linspace(0, weights.shape[axis] - 1, size).round().long()
            weights = weights.index_select(axis, numbers)
    return weights


def follow(
    source: SourceModel,
    student: nn.Module,
    towers: Sequence[TowerName],
    material: TeacherInput,
    options: Distillation,
    *,
    report: Report,
) -> nn.Module:
    """Train some towers of a student, or of a pruned model; otherwise as `distil`."""
    teacher = source.as_served()
    trained = [
        weight
        for name, weight in student.named_parameters()
        if ("image" if name.startswith("visual.") else "text") in towers
    ]
    optimizer = torch.optim.AdamW(trained, lr=options.learning_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.learning_rate, total_steps=options.steps + 1, pct_start=0.1
    )
    # A short run would otherwise keep the weights that it began with.
    decay = min(options.average, 1 - 5 / max(options.steps, 6))
    average_fn = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(student, multi_avg_fn=average_fn, use_buffers=True)
    size = as_pair(student.get_submodule("visual").image_size)  # type: ignore[arg-type]
    began = time.monotonic()
    student.train()
    for step, (frames, texts) in enumerate(itertools.islice(material, options.steps)):
        rows = []
        if "image" in towers:
            small = _scaled(teacher.normalise(frames), size)
            rows.append((_encode(student, "encode_image", small), teacher.image_features(frames)))
        if "text" in towers:
            told = list(dict.fromkeys(texts))
            tokens = teacher.tokenize(told)
            rows.append((_encode(student, "encode_text", tokens), teacher.text_features(told)))
        loss = torch.stack([_apart(own, truth, options.scale) for own, truth in rows]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(student)
        if step % 20 == 0 or step == options.steps - 1:
            rate = (time.monotonic() - began) / (step + 1)
            report(f"step {step + 1}/{options.steps} loss {loss.item():.3f} {rate:.2f} s/step")
    return average.module.eval()


def _scaled(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    return pixels if pixels.shape[-2:] == size else F.interpolate(pixels, size, mode="area")


def _encode(student: nn.Module, method: str, rows: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        features = getattr(student, method)(rows)
    return F.normalize(features.float(), dim=-1)


def _apart(rows: Tensor, truth: Tensor, scale: float) -> Tensor:
    """Distance of directions, ten times, and InfoNCE of each row with its own truth."""
    truth = truth.clone()  # made in inference mode, which autograd may not keep
    return 10 * (1 - (rows * truth).sum(1)).mean() + contrastive(rows, truth, scale)


def toon_input(bank: Bank, px: int, seed: int) -> TeacherInput:
    """Distorted views of toon scenes and of procedural footage, and the scenes' captions."""
    shape = BatchShape(px=px, frames=140, strong=16, footage=12)
    for batch in batches(bank, shape, np.random.default_rng(seed)):
        views = (batch.toons, batch.strong, batch.footage)
        frames = [view.reshape(-1, *view.shape[-3:]) for view in views]
        yield np.concatenate(frames), batch.captions + batch.wrong_captions


def clip_input(
    clips: list[ClipFrames], seed: int, *, at_once: int = 24, each: int = 4
) -> TeacherInput:
    """Distorted views of a user's clips, and their texts where they have any.

    Raises:
        ReelwiseError: The teacher's frames are not square.
    """
    rng = np.random.default_rng(seed)
    height, width = clips[0].frames.shape[1:3]
    if height != width:
        raise ReelwiseError(
            f"distillation needs square frames, this teacher's are {width}x{height} px",
            fix="use --how int8 or --how prune with this encoder",
        )
    while True:
        chosen = [clips[i] for i in rng.integers(0, len(clips), at_once)]
        frames = []
        for clip in chosen:
            picked = np.sort(rng.integers(0, len(clip.frames), each))
            how = MILD if rng.random() < 0.7 else STRONG
            frames.append(distort(clip.frames[picked], rng, how, size_px=height))
        yield np.concatenate(frames), [clip.text for clip in chosen if clip.text]
