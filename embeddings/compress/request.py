"""What `reelwise compress` can do to an encoder; light to import, so that `--help` stays fast."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE
from embeddings.backbone.names import BackboneName
from embeddings.backbone.published import architectures

How = Literal["bf16", "int8", "int8-dynamic", "onnx", "prune", "distil"]
TowerName = Literal["image", "text"]

SECTIONS: dict[TowerName, str] = {"image": "vision_cfg", "text": "text_cfg"}
"""Where open_clip's configurations describe a tower."""


@dataclass(frozen=True)
class Request:
    """How an encoder is to be compressed."""

    how: How
    """bf16: weights of half the size. onnx: onnxruntime in fp32. int8: onnxruntime, with ranges of
    activations measured once on clips; int8-dynamic: measured in every run. prune: blocks or MLP
    channels left out. distil: a smaller student trained to give the same vectors."""
    tower: TowerName = "image"
    """The tower that prune makes smaller."""
    blocks: int = 0
    """Blocks that prune leaves out."""
    channels: float = 0.0
    """Share of the MLP channels that prune leaves out, where no blocks are named."""
    student: str | None = None
    """As `student_config` takes it."""
    steps: int = 0
    """Batches of training: of the student, or of the pruned model; 0 is the default for a student,
    none for a pruned model."""
    scenes: int = 1200
    """Toon scenes drawn to train on, where there are no clips."""

    def check(self) -> None:
        """Refuse what cannot be done, before a model is loaded.

        Raises:
            ReelwiseError: prune is not told what to leave out, or there is no such student.
        """
        if self.how == "prune" and not (self.blocks or self.channels):
            raise ReelwiseError(
                "prune needs to know what to leave out", fix="--blocks N, or --channels SHARE"
            )
        student = self.student if self.how == "distil" else None
        if student is None:
            return
        if student.endswith(".json") and not Path(student).is_file():
            raise ReelwiseError(f"there is no file {student}", fix="check the path of --student")
        if not student.endswith(".json") and student not in architectures():
            raise ReelwiseError(
                f"{student!r} is none of open_clip's architectures", fix="reelwise encoders"
            )

    def check_blocks(self, backbone: BackboneName) -> None:
        """Refuse to prune what the configuration of a tower says it has not.

        It imports no open_clip; where the model has to be made to know it, nothing is refused yet.

        Raises:
            ReelwiseError: The tower is no transformer, or has too few blocks.
        """
        if self.how != "prune":
            return
        layers = _layers(backbone, self.tower)
        if isinstance(layers, list):  # the stages of a ResNet
            raise no_transformer(self.tower)
        if isinstance(layers, int):
            require_left(self.tower, self.blocks, layers)


def no_transformer(tower: TowerName) -> ReelwiseError:
    """The error where a tower has no blocks that could be left out or made narrower."""
    return ReelwiseError(
        f"the {tower} tower of this model is no transformer, so no block can be removed",
        fix="--how distil, or --tower " + ("text" if tower == "image" else "image"),
    )


def require_left(tower: TowerName, count: int, total: int) -> None:
    """Refuse to leave out every block of a tower, or more.

    Raises:
        ReelwiseError: None would be left.
    """
    if count >= total:
        raise ReelwiseError(
            f"the {tower} tower has {total} blocks, {count} of them cannot be removed",
            fix=f"--blocks 1 to {total - 1}",
        )


def _layers(backbone: BackboneName, tower: TowerName) -> object:
    """How many blocks a tower has, or a list for a ResNet; None where that is not written."""
    package = importlib.util.find_spec("open_clip")
    if backbone.folder is not None:
        file = backbone.folder / CONFIG_FILE
    elif package is not None and package.origin is not None:
        file = Path(package.origin).parent / "model_configs" / f"{backbone.model}.json"
    else:
        return None
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        layers: object = config.get("model_cfg", config)[SECTIONS[tower]]["layers"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return layers
