"""Description of the machine on which a figure was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def describe_machine() -> dict[str, object]:
    """Processor, usable cores, load average of the last minute, Python and torch versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def _processor() -> str:
    """The processor's name as the kernel gives it, and its bf16 instructions."""
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor()
    text = info.read_text(encoding="ascii", errors="replace")
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    fast = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in text]
    return " ".join([names[0] if names else platform.machine(), *fast])
