"""State of the whole process, which no test may leave changed: another test would depend on it."""

from __future__ import annotations

import asyncio
import locale
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Without SIGCHLD: torch takes it for good with its first `DataLoader`."""
OURS = ("REELWISE_", "OMP_", "XDG_")
COMMON = {"HOME", "TZ", "LANG", "TMPDIR"}
"""Variables that our code and tests may set; libraries set others when they are imported."""


def process_state() -> dict[str, object]:
    """Each kind of state by its name."""
    state: dict[str, object] = {name: read() for name, read in _READ.items()}
    for module, (function, name) in _OF_LOADED_MODULES.items():
        if module in sys.modules:
            state[name] = getattr(sys.modules[module], function)()
    return state


@contextmanager
def unchanged_process_state() -> Iterator[None]:
    """Raise AssertionError where the state afterwards is another one."""
    before = process_state()
    yield
    after = process_state()
    # What a module that was loaded meanwhile brings along has nothing to be compared with.
    changed = [name for name, value in before.items() if after.get(name) != value]
    told = "; ".join(f"{name} {_difference(before[name], after.get(name))}" for name in changed)
    assert not changed, f"left changed for all later tests: {told}"


def _difference(before: object, after: object) -> str:
    """Of dictionaries only the names: values of the environment may be secrets."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(k for k in before | after if before.get(k) != after.get(k))
        return f"differs in {', '.join(map(str, names))}"
    return f"was {before!r}, is {after!r}"


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name in COMMON or name.startswith(OURS)
    }


def _umask() -> int:
    """Reading it is setting it: to the strictest, for the moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _logging() -> tuple[object, ...]:
    root = logging.root
    handlers = [each for each in root.handlers if not type(each).__module__.startswith("_pytest")]
    return root.level, root.manager.disable, handlers


_READ: dict[str, Callable[[], object]] = {
    "the environment": _environment,
    "the working folder": Path.cwd,
    "the umask": _umask,
    "the locale": lambda: locale.setlocale(locale.LC_ALL),
    "the time zone": lambda: time.tzname,
    "the import path": lambda: sys.path[0],  # libraries add their own at its end
    "the main module": lambda: sys.modules["__main__"],
    "logging": _logging,
    "the running event loop": lambda: asyncio._get_running_loop(),
    "signal handlers": lambda: [signal.getsignal(each) for each in SIGNALS],
}
_OF_LOADED_MODULES = {
    "torch": ("get_num_threads", "the threads of torch"),
    "faiss": ("omp_get_max_threads", "the threads of faiss"),
    "cv2": ("getNumThreads", "the threads of OpenCV"),
    "numpy": ("geterr", "the error handling of numpy"),
}
