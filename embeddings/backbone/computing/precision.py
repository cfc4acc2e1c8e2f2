"""In which precision models compute. Imports no open_clip, which costs a process seconds."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import torch


def single_precision() -> AbstractContextManager[None]:
    """Convolutions on a GPU in full single precision, not in TF32, while it is open."""
    return torch.backends.cudnn.flags(enabled=torch.backends.cudnn.enabled, allow_tf32=False)


Precision = Literal["auto", "fp32", "bf16"]


def compute_dtype(device: torch.device, precision: Precision) -> torch.dtype:
    """bf16 where the machine has the instructions for it: twice the speed, the same ranking."""
    if precision != "auto":
        return torch.float32 if precision == "fp32" else torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    file = Path("/proc/cpuinfo")
    flags = file.read_text(encoding="ascii", errors="replace") if file.is_file() else ""
    fast = "avx512_bf16" in flags or "amx_bf16" in flags
    return torch.bfloat16 if fast else torch.float32


def cast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Compute in a precision while it is open, with weights in fp32 as well."""
    return torch.autocast(device.type, dtype, dtype is not torch.float32)
