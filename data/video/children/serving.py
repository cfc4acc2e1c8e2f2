"""What every child process that reads files does: one parent, one request at a time."""

import contextlib
import resource
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from data.errors import UnreadableVideo
from data.parent import die_with_parent
from data.video.children.wire import LineReader, send
from data.video.decoders.opening import silence_ffmpeg

BEAT_S = 0.25
FAILURES = (
    UnreadableVideo,
    MemoryError,
    OSError,
    ValueError,
    RuntimeError,
    ArithmeticError,
    LookupError,
)
"""What reading a bad file may raise: the file's fault, and no end of the child."""


class Serving(ABC):
    """Requests in, an ending for each out, one at a time."""

    def __init__(self, commands: int, events: int) -> None:
        self.messages = iter(LineReader(commands))
        """What the parent sends."""
        self.events = events
        """The pipe to the parent."""
        self._last_beat = 0.0

    def serve(self) -> None:
        """Take requests until the parent closes the pipe."""
        send(self.events, {"ready": 1})
        for message in self.messages:
            if "request" in message:
                limit_cpu(float(message["cpu_s"]))
                send(self.events, self.answer(message["request"]))

    @abstractmethod
    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Serve one request; gives the last message about it, with its `ending`."""

    def beat(self) -> None:
        """Tell the parent now and then that work goes on."""
        now_s = time.monotonic()
        if now_s - self._last_beat >= BEAT_S:
            self._last_beat = now_s
            send(self.events, {"beat": 1})


def why_failed(error: BaseException, reader: str) -> str:
    """Say to a person why one of `FAILURES` ended the reading of a file.

    Args:
        error: What was raised.
        reader: What read the file: decoder, reader.
    """
    if isinstance(error, UnreadableVideo):
        return error.reason
    if isinstance(error, MemoryError):
        return f"needs more memory than a {reader} may have"
    return f"the {reader} failed: {type(error).__name__}: {error}"[:300]


def limit_cpu(more_s: float) -> None:
    """Let the kernel end this process if its parent cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + more_s) + 2)


def _limit(kind: int, most: int) -> None:
    """Lower a limit of this process, never above what it was started with."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, hard))


def serve_parent(arguments: list[str], serve: Callable[[int, int, int], None]) -> None:
    """Give up all that a child of one parent does not need, then serve it.

    Args:
        arguments: Descriptors of commands, events and memory, the memory limit in bytes, and the
            parent's process id.
        serve: Takes the three descriptors; serves until the parent closes the first.
    """
    commands, events, memory, memory_bytes, parent = map(int, arguments)
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence_ffmpeg()
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, memory_bytes)
    with contextlib.suppress(BrokenPipeError):
        serve(commands, events, memory)
