"""One decoding child as its parent holds it: pipes, shared memory, last words."""

import contextlib
import fcntl
import mmap
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil

from data.errors import ReelwiseError
from data.parent import start_child
from data.video.children.wire import LineReader, SlotPlan

_ROOT = Path(__file__).resolve().parents[3]
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_WORDS_BYTES = 2000
_WORDS_CHARS = 200
_DEATH_S = 2.0
"""How long a killed child may take to go: one that waits for a dead disk is left behind."""


class NoDecoder(ReelwiseError):
    """No decoding process can be started: this machine's fault, so no file is recorded as bad."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"no decoding process can be started: {why}",
            fix="raise the limits (ulimit -a), free memory, or give fewer --workers",
        )


class Process:
    """A child process with its pipes and shared memory.

    Args:
        memory_bytes: Most address space of the child.
        module: The module that it runs.

    Raises:
        NoDecoder: It cannot be started; nothing is left open.
    """

    def __init__(self, memory_bytes: int, module: str) -> None:
        with ExitStack() as opened:
            try:
                self._start(memory_bytes, module, opened)
            except OSError as error:
                raise NoDecoder((error.strerror or str(error)).lower()) from error
            self._opened = opened.pop_all()
        self.lines = LineReader(self.events)
        self.is_ready = False
        """Whether it has reported that it takes requests."""
        self.map: mmap.mmap | None = None
        self._words = b""

    def _start(self, memory_bytes: int, module: str, opened: ExitStack) -> None:
        """Open what the two share, and run the child; `opened` closes the parent's half."""
        with ExitStack() as lent:
            command_read, self.commands = _pipe(lent, opened)
            event_write, self.events = _pipe(lent, opened, to_child=False)
            error_write, self._errors = _pipe(lent, opened, to_child=False)
            os.set_blocking(self._errors, False)
            self.memory = _shared_file()
            opened.callback(os.close, self.memory)
            passed = (command_read, event_write, self.memory)
            arguments = [*map(str, passed), str(memory_bytes), str(os.getpid())]
            self.popen: subprocess.Popen[bytes] = start_child(
                [sys.executable, "-P", "-m", module, *arguments],
                pass_fds=passed,
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=error_write,
                start_new_session=True,
            )

    @property
    def watched(self) -> tuple[int, int]:
        """The descriptors on which the child may say something."""
        return self.events, self._errors

    def share(self, plan: SlotPlan) -> mmap.mmap:
        """Shared memory of at least the plan's size.

        Raises:
            OSError: It cannot grow.
        """
        if self.map is None or len(self.map) < plan.total_bytes:
            os.ftruncate(self.memory, plan.total_bytes)
            self.map = mmap.mmap(self.memory, plan.total_bytes)
        return self.map

    def hear(self) -> None:
        """Take what the child has written to its standard error; only the end is kept."""
        with contextlib.suppress(BlockingIOError):
            while heard := os.read(self._errors, 1 << 16):
                self._words = (self._words + heard)[-_WORDS_BYTES:]

    def last_words(self) -> str:
        """The last line of its standard error, on one line; empty where it wrote none."""
        self.hear()
        lines = self._words.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return "".join(c if c.isprintable() else "?" for c in last)[:_WORDS_CHARS]

    def rss_bytes(self) -> int:
        """Resident memory now; 0 when it is gone."""
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(self.popen.pid).memory_info().rss)
        return 0

    def cpu_s(self) -> float:
        """CPU seconds so far; 0 when it is gone."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self.popen.pid).cpu_times()
            return float(times.user + times.system)
        return 0.0

    def exit_code(self) -> int | None:
        """Its exit code, once it has ended; None where it does not end by itself."""
        try:
            return self.popen.wait(timeout=_DEATH_S)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Kill it, and close its descriptors."""
        self.popen.kill()
        self.exit_code()
        self.map = None
        self._opened.close()


def _pipe(lent: ExitStack, opened: ExitStack, *, to_child: bool = True) -> tuple[int, int]:
    """A pipe: the child's end, and the parent's."""
    read, write = os.pipe()
    childs, parents = (read, write) if to_child else (write, read)
    lent.callback(os.close, childs)
    opened.callback(os.close, parents)
    return childs, parents


def _shared_file() -> int:
    """A nameless file in memory that can grow and never shrink.

    Where a child that was taken over could shrink it, reading it would end the parent (SIGBUS).
    """
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    memory = os.memfd_create("reelwise-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    except OSError:
        os.close(memory)
        raise
    return memory


def _environment() -> dict[str, str]:
    """Minimal environment of a child: no credentials, no HOME."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept["PATH"] = os.defpath  # decord does not load without one
    return {**kept, **single, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
