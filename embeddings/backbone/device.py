"""Where models compute. Imports no open_clip, which costs a process seconds."""

from contextlib import AbstractContextManager

import torch

from embeddings.backbone.early_checks import no_gpu


def choose_device(name: str = "auto") -> torch.device:
    """`auto` takes a CUDA GPU where there is one, else the CPU.

    Raises:
        ReelwiseError: `cuda` is wanted and there is none.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device is auto, cpu or cuda, not {name!r}")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise no_gpu()
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def single_precision() -> AbstractContextManager[None]:
    """Convolutions on a GPU in full single precision, not in TF32, while it is open."""
    return torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False)
