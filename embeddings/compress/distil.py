"""Distillation: a small student is trained to give the vectors of a large teacher.

The student learns the teacher's features of frames and, where it has another text tower, of texts:
their direction, and which feature of the batch is whose. That is feature distillation with
interactive contrast, the two strongest parts of CLIP-KD (Yang et al., CVPR 2024). Vectors stay in
the teacher's space, so the teacher's temporal head works with the student.
"""

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import ReelwiseError
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.computing.precision import cast, compute_dtype
from embeddings.backbone.published import as_pair
from embeddings.backbone.recipe import Config
from embeddings.compress.judge import ClipFrames
from embeddings.compress.request import TowerName
from embeddings.model_folder import SourceModel, architecture, build_model
from embeddings.toon.bank import Bank
from embeddings.toon.batches import BatchShape, batches
from embeddings.toon.start import POSITIONS, stretch_positions
from embeddings.training.augment import MILD, STRONG, distort
from embeddings.training.loop import LoopOptions, Report, Task, TrainingLoop
from embeddings.training.losses import contrastive

Taught = tuple[NDArray[np.uint8], list[str]]
"""Frames (n, px, px, 3) as the teacher wants them, and texts that need not belong to them."""
TeacherInput = Iterator[Taught]

CPU = torch.device("cpu")
"""Where a student is trained."""
DISTILLATION = LoopOptions(steps=400, learning_rate=2e-3, weight_decay=0.02)
SCALE = 14.0
"""Factor on the cosines of the contrastive part."""
CLIPS_OF_BATCH = 24
FRAMES_OF_CLIP = 4


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
    options: LoopOptions,
    report: Report,
) -> nn.Module:
    """Train a student of this configuration on endless batches.

    Returns:
        The student with its averaged weights, in fp32 and in evaluation mode.
    """
    torch.manual_seed(0)
    model = build_model(config)
    same_text = copy_weights(source.model, model)
    towers: tuple[TowerName, ...] = ("image",) if same_text else ("image", "text")
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
    options: LoopOptions,
    *,
    report: Report,
) -> nn.Module:
    """Train some towers of a student, or of a pruned model, in place; otherwise as `distil`."""
    for name, weight in student.named_parameters():
        weight.requires_grad_(("image" if name.startswith("visual.") else "text") in towers)
    task = _FollowTask(source.served().backbone, student, towers, material)
    TrainingLoop(task, options, report=report).run()
    return student.eval()


class _FollowTask(Task[Taught]):
    """A student that learns the features of a teacher."""

    def __init__(
        self,
        teacher: Backbone,
        student: nn.Module,
        towers: Sequence[TowerName],
        material: TeacherInput,
    ) -> None:
        self.model, self._teacher = student, teacher
        self._towers, self._material = towers, material
        self._dtype = compute_dtype(CPU, "auto")
        size = student.get_submodule("visual").image_size
        self._size = as_pair(size)  # type: ignore[arg-type]

    def batches(self, first: int) -> Iterator[tuple[Taught, bool]]:
        """The teacher's input; no evaluation."""
        for batch in self._material:
            yield batch, False

    def losses(self, batch: Taught) -> dict[str, Tensor]:
        """The distance to the teacher, tower by tower."""
        (frames, texts), teacher, parts = batch, self._teacher, {}
        student = self.model.train()
        if "image" in self._towers:
            small = teacher.normalise(frames)
            if small.shape[-2:] != self._size:
                small = F.interpolate(small, self._size, mode="area")
            rows = _encode(student, "encode_image", small, self._dtype)
            parts["image"] = _distance(rows, teacher.image_features(frames))
        if "text" in self._towers:
            unique = list(dict.fromkeys(texts))
            rows = _encode(student, "encode_text", teacher.tokenize(unique), self._dtype)
            parts["text"] = _distance(rows, teacher.text_features(unique))
        return parts


def _encode(student: nn.Module, method: str, rows: Tensor, dtype: torch.dtype) -> Tensor:
    with cast(CPU, dtype):
        features = getattr(student, method)(rows)
    return F.normalize(features.float(), dim=-1)


def _distance(rows: Tensor, target: Tensor) -> Tensor:
    """Ten times the cosine distance, plus InfoNCE of each row with its own target."""
    target = target.clone()  # made in inference mode, which autograd may not keep
    return 10 * (1 - (rows * target).sum(1)).mean() + contrastive(rows, target, SCALE)


def toon_input(bank: Bank, px: int) -> TeacherInput:
    """Distorted views of toon scenes and of procedural footage, and the scenes' captions."""
    shape = BatchShape(px=px, frames=140, strong=16, footage=12)
    for batch in batches(bank, shape, 0):
        views = (batch.toons, batch.strong, batch.footage)
        frames = [view.reshape(-1, *view.shape[-3:]) for view in views]
        yield np.concatenate(frames), batch.captions + batch.wrong_captions


def clip_input(clips: list[ClipFrames]) -> TeacherInput:
    """Distorted views of a user's clips, and their texts where they have any.

    Raises:
        ReelwiseError: The teacher's frames are not square.
    """
    rng = np.random.default_rng(0)
    height, width = clips[0].frames.shape[1:3]
    if height != width:
        raise ReelwiseError(
            f"distillation needs square frames, this teacher's are {width}x{height} px",
            fix="use --how int8 or --how prune with this encoder",
        )
    while True:
        chosen = [clips[i] for i in rng.integers(0, len(clips), CLIPS_OF_BATCH)]
        frames = []
        for clip in chosen:
            picked = np.sort(rng.integers(0, len(clip.frames), FRAMES_OF_CLIP))
            how = MILD if rng.random() < 0.7 else STRONG
            frames.append(distort(clip.frames[picked], rng, how, size_px=height))
        yield np.concatenate(frames), [clip.text for clip in chosen if clip.text]
