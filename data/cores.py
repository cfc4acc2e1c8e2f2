"""How many processor cores this process may use."""

import os


def cores() -> int:
    """Count the cores that this process may run on; those of the machine where none can tell."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
