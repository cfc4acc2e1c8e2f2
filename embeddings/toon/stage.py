"""The stages of a training of the toon encoder, and the folder that it may go on in."""

from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.new_folder import require_new
from embeddings.temporal.record import HEAD_CONFIG, HEAD_WEIGHTS

WORK = "work"
"""What a run needs to go on after a stop; it goes when the model is complete."""
CARD = "training.json"
"""What a run depended on, and how long it took."""
_LAST_WRITTEN = (BPE_FILE, WEIGHTS_FILE, HEAD_CONFIG, HEAD_WEIGHTS, CARD)


@dataclass(frozen=True)
class Stage:
    """A part of the training with frames of one size; the next one starts from its weights.

    Small frames first, which train fastest, then larger ones for details (progressive resizing, as
    in EfficientNetV2, arXiv 2104.00298).
    """

    px: int
    """Side of a frame, a multiple of 32."""
    steps: int
    """Batches of about 80 clips."""
    learning_rate: float
    """At the top of the schedule."""
    views: float = 1.0
    """Factor on the losses between two views of the same video."""


def check_out(out: Path) -> None:
    """Refuse a folder that holds a model or other files; a stopped run goes on in its own.

    Raises:
        ReelwiseError: It cannot become the model.
    """
    stopped = (WORK, *_LAST_WRITTEN) if (out / WORK).is_dir() else ()
    require_new(out, unfinished=stopped)


def check_start(folder: Path) -> None:
    """Check that a folder holds a model that can be trained further.

    Raises:
        ReelwiseError: It lacks a file that `reelwise train toon` writes.
    """
    needed = (CONFIG_FILE, WEIGHTS_FILE, BPE_FILE, HEAD_CONFIG, HEAD_WEIGHTS)
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise ReelwiseError(
            f"{folder} is not a model that can be trained further: it has no {missing[0]}",
            fix="name a folder that `reelwise train toon` wrote, or toon",
        )
