"""What of an encoder's options can be refused at once: imports neither torch nor open_clip."""

import ctypes
from pathlib import Path

from data.errors import ReelwiseError

WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


def check_weights_file(weights: Path) -> None:
    """Refuse a weights file that does not exist or has an unknown suffix.

    Raises:
        ReelwiseError: It cannot be a weights file.
    """
    if not weights.is_file():
        raise ReelwiseError(f"no weights file {weights}", fix="check the path of --weights")
    if weights.suffix not in WEIGHT_SUFFIXES:
        raise ReelwiseError(
            f"--weights takes {', '.join(WEIGHT_SUFFIXES)}, not {weights.name}",
            fix="save the model's state dict with safetensors.torch.save_file",
        )


def check_device(name: str) -> None:
    """Refuse `cuda` where the driver of NVIDIA GPUs is not installed or counts no GPU.

    Raises:
        ReelwiseError: There is no GPU. Where there is one, torch may still be unable to use it.
    """
    if name == "cuda" and count_gpus() == 0:
        raise no_gpu()


def no_gpu() -> ReelwiseError:
    """The error where `--device cuda` was given in vain."""
    return ReelwiseError("no CUDA GPU can be used here", fix="--device cpu, or --device auto")


def count_gpus() -> int:
    """GPUs of NVIDIA here, by their driver (cuInit and cuDeviceGetCount of its C interface)."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    number = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(number)) != 0:
        return 0
    return number.value
