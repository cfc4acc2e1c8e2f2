"""What `reelwise compress` can do to an encoder; light to import, so that `--help` stays fast."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.errors import ReelwiseError
from embeddings.backbone.published import architectures

How = Literal["bf16", "int8", "int8-dynamic", "onnx", "prune", "distil"]
TowerName = Literal["image", "text"]


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
