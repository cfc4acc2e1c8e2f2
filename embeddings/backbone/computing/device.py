"""Where models compute. Imports no open_clip, which costs a process seconds."""

import torch

from embeddings.backbone.computing.early_checks import no_gpu


def choose_device(name: str = "auto") -> torch.device:
    """`auto` takes a CUDA GPU where there is one, else the CPU.

    Raises:
        ReelwiseError: `cuda` is wanted and there is none.
        ValueError: The name is none of `auto`, `cpu`, `cuda`.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device is auto, cpu or cuda, not {name!r}")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise no_gpu()
    return torch.device("cuda" if available and name != "cpu" else "cpu")
