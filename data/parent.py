"""Child processes that end with their parent, however it ends.

`python -m data.parent PID MODULE ARGUMENT...` runs a module in such a process.
"""

import ctypes
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cache, partial
from typing import Any

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends, a SIGKILL of the parent included.

    Linux: the kernel sends SIGKILL when the thread that started this process ends, so the parent
    starts it by `start_child`. Elsewhere a thread looks twice a second.

    Args:
        parent: The parent's process id, given by the parent: it may be gone already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()
    if os.getppid() != parent:
        sys.exit(0)


def start_child(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a process that ends with this one, from a thread that does: as `subprocess.Popen`.

    The threads of a server come and go; a child must not go with the one that asked for it.
    """
    started: Future[subprocess.Popen[Any]] = Future()
    _starter(os.getpid()).put((started, partial(subprocess.Popen, command, **options)))
    return started.result()


@cache
def _starter(_: int) -> queue.SimpleQueue[Any]:
    """What a thread of this process starts, which ends only with the process."""
    wanted: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def start_all() -> None:
        while True:
            _start(*wanted.get())

    threading.Thread(target=start_all, name="starts children", daemon=True).start()
    return wanted


def _start(started: Future[Any], start: Callable[[], Any]) -> None:
    try:
        started.set_result(start())
    except Exception as error:  # noqa: BLE001 - told to who asked
        started.set_exception(error)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_S)
    os._exit(0)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
