"""Start one decoding child, exchange messages with it, and end it when it breaks a limit."""

import contextlib
import math
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from data.video.children.wire import SLOTS, LineReader, SlotPlan, read_ending, request_fields, send
from data.video.types import (
    LONGEST_VIDEO_S,
    DecodeRequest,
    Ending,
    FrameBatch,
    FrameSpec,
    VideoInfo,
)

CHILD = "data.video.children.child"
_POLL_S = 0.1
_ROOT = Path(__file__).resolve().parents[3]
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class DecodeLimits:
    """When a child is ended."""

    stall_s: float = 15.0
    """Longest time without any progress."""
    wall_s: float = 60.0
    """Longest time for a file of no length."""
    wall_per_video_s: float = 4.0
    """Seconds added for each second of video: decoding at a quarter of real time is still
    allowed."""
    memory_bytes: int = 3 * 2**30
    """Largest address space and resident memory of a child."""
    recycle_bytes: int = 700 * 2**20
    """A child that kept more than this after a file is replaced (decord keeps 0.4-1.2 GB)."""


class _Process:
    """A child process with its pipes and shared memory."""

    def __init__(self, memory_bytes: int, child: str) -> None:
        self.memory = _shared_file()
        command_read, self.commands = os.pipe()
        self.events, event_write = os.pipe()
        passed = (command_read, event_write, self.memory)
        arguments = [*map(str, passed), str(memory_bytes), str(os.getpid())]
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", child, *arguments],
            pass_fds=passed,
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(command_read)
        os.close(event_write)
        self.lines = LineReader(self.events)
        self.ps = psutil.Process(self.popen.pid)
        self.map: mmap.mmap | None = None

    def share(self, plan: SlotPlan) -> mmap.mmap:
        """Shared memory of at least the plan's size."""
        if self.map is None or len(self.map) < plan.total_bytes:
            os.ftruncate(self.memory, plan.total_bytes)
            self.map = mmap.mmap(self.memory, plan.total_bytes)
        return self.map

    def rss_bytes(self) -> int:
        """Resident memory now; 0 when it is gone."""
        with contextlib.suppress(psutil.Error):
            return int(self.ps.memory_info().rss)
        return 0

    def cpu_s(self) -> float:
        """CPU seconds so far; 0 when it is gone."""
        with contextlib.suppress(psutil.Error):
            times = self.ps.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def end(self) -> int:
        """Kill it, wait, and close its descriptors; returns its exit code."""
        self.popen.kill()
        code = self.popen.wait()
        for descriptor in (self.commands, self.events, self.memory):
            os.close(descriptor)
        self.map = None
        return code


def _shared_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("reelwise-frames", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _environment() -> dict[str, str]:
    """Minimal environment of a child: no credentials, no HOME."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept["PATH"] = os.defpath  # decord does not load without one
    return {**kept, **single, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}


class _Watch:
    """The clocks of one file. Time in which the child waits for its parent does not count."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._begun = self._last = time.monotonic()
        self._waited_s = 0.0
        self._wall_s = limits.wall_s

    def lengthen(self, video_s: float) -> None:
        """Allow for the length of the video."""
        self._wall_s = self._limits.wall_s + self._limits.wall_per_video_s * video_s

    def progress(self) -> None:
        """The child sent something, or may go on."""
        self._last = time.monotonic()

    def reason(self) -> str | None:
        """Which limit the child has broken; None for none."""
        now = time.monotonic()
        if now - self._last > self._limits.stall_s:
            return f"stopped: no progress for {self._limits.stall_s:g} s"
        if now - self._begun > self._wall_s:
            return f"stopped: not done after {self._wall_s:.0f} s"
        return None


class Supervisor:
    """One child, replaced whenever it has to be ended; one thread uses it."""

    def __init__(self, limits: DecodeLimits, child: str = CHILD) -> None:
        self._limits = limits
        self._child = child
        self._process: _Process | None = None
        self._killed_for = ""

    def decode(
        self, request: DecodeRequest, cancelled: threading.Event
    ) -> Iterator[FrameBatch | Ending]:
        """Frames of one file in order, then its ending; nothing more once cancelled."""
        info: VideoInfo | None = None
        reached_s: float | None = None
        for message in self._decode(request, cancelled):
            if isinstance(message, VideoInfo):
                info = message
                continue
            if isinstance(message, FrameBatch):
                reached_s = float(message.times_s[-1]) + 1 / request.fps
            elif message.state == "failed" and reached_s is not None:
                # The child died, or gave up, after it had sent frames: those count.
                end_s = min(reached_s, info.duration_s) if info else reached_s
                decoded_s = max(0.0, end_s - request.start_s)
                message = replace(message, state="partial", decoded_s=decoded_s)
            yield replace(message, info=info) if isinstance(message, Ending) else message

    def _decode(
        self, request: DecodeRequest, cancelled: threading.Event
    ) -> Iterator[VideoInfo | FrameBatch | Ending]:
        self._killed_for = ""
        try:
            process = self._ready(request)
        except OSError as error:
            yield Ending("failed", f"no decoder could be started: {error.strerror}")
            return
        watch = _Watch(self._limits)
        base_cpu_s = process.cpu_s()
        try:
            for message in self._messages(process, watch, cancelled):
                if "frames" in message:
                    slot, batch = _copy_frames(process, request.spec, message["frames"])
                    yield batch
                    with contextlib.suppress(BrokenPipeError):  # dead: its pipe tells so
                        send(process.commands, {"free": slot})
                    watch.progress()
                elif "info" in message:
                    info = VideoInfo(**message["info"])
                    watch.lengthen(min(info.duration_s, request.end_s or math.inf))
                    yield info
                elif "ending" in message:
                    yield read_ending(message["ending"])
                    self._recycle(process)
                    return
        except (ValueError, TypeError, KeyError, OverflowError):
            self._killed_for = self._killed_for or "the decoder broke off"
        if not cancelled.is_set():
            spent_s = max(0.0, process.cpu_s() - base_cpu_s)
            yield Ending("failed", self._why_dead(process), cpu_s=spent_s)
        self.close()

    def is_within_memory(self) -> bool:
        """Whether the child keeps to its memory."""
        return self._process is None or self._process.rss_bytes() <= self._limits.memory_bytes

    def kill(self) -> None:
        """End a child that waits for its parent; `decode` then reports it dead."""
        if self._process is not None:
            self._killed_for = self._killed_for or _too_much(self._limits)
            self._process.popen.kill()

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _ready(self, request: DecodeRequest) -> _Process:
        if self._process is not None and self._process.popen.poll() is not None:
            self.close()
        if self._process is None:
            self._process = _Process(self._limits.memory_bytes, self._child)
        self._process.share(SlotPlan.of(request.spec))
        with contextlib.suppress(BrokenPipeError):
            message = {
                "request": request_fields(request),
                "cpu_s": self._limits.wall_s + self._limits.wall_per_video_s * LONGEST_VIDEO_S,
            }
            send(self._process.commands, message)
        return self._process

    def _messages(
        self, process: _Process, watch: _Watch, cancelled: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """Messages of the child, until it ends, breaks a limit, or the run is cancelled."""
        while not cancelled.is_set():
            ready, _, _ = select.select([process.events], [], [], _POLL_S)
            if ready:
                messages = process.lines.read()
                if messages is None:
                    return
                watch.progress()
                yield from messages
            reason = watch.reason()
            if reason is None and not self.is_within_memory():
                reason = _too_much(self._limits)
            if reason is not None:
                self._killed_for = reason
                return

    def _why_dead(self, process: _Process) -> str:
        if self._killed_for:
            return self._killed_for
        try:
            code = process.popen.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "the decoder broke off"
        if code == -signal.SIGXCPU:
            return "stopped: took too much computing time"
        if code == -signal.SIGKILL:
            return "the decoder was killed by the system, perhaps because memory ran out"
        if code < 0:
            return f"the decoder crashed ({signal.Signals(-code).name})"
        return f"the decoder ended with code {code}"

    def _recycle(self, process: _Process) -> None:
        if process.rss_bytes() > self._limits.recycle_bytes:
            self.close()


def _too_much(limits: DecodeLimits) -> str:
    return f"stopped: took more than {limits.memory_bytes / 2**30:.1f} GB of memory"


def _copy_frames(process: _Process, spec: FrameSpec, message: list[Any]) -> tuple[int, FrameBatch]:
    """Copy frames out of a slot; its number, and the frames."""
    plan = SlotPlan.of(spec)
    slot, times_s = int(message[0]), np.array(message[1], dtype=np.float64)
    if not (0 <= slot < SLOTS and 1 <= len(times_s) <= plan.n_frames):
        raise ValueError(f"slot {slot} with {len(times_s)} frames")
    n_bytes = len(times_s) * spec.frame_bytes
    flat = np.frombuffer(process.share(plan), np.uint8, n_bytes, slot * plan.slot_bytes)
    pixels = flat.copy().reshape(len(times_s), spec.height_px, spec.width_px, 3)
    return slot, FrameBatch(pixels, times_s)
