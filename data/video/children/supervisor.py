"""One decoding child: give it requests, and end it when it breaks a limit."""

import contextlib
import resource
import select
import signal
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from data.video.children.process import NoDecoder, Process
from data.video.children.wire import SLOTS, SlotPlan, read_ending, request_fields, send
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec, VideoInfo

CHILD = "data.video.children.child"
START_S = 60.0
"""Longest time until a child takes requests; a busy machine needs seconds."""
_POLL_S = 0.1
_AGED_CPU = 0.5
"""Share of its computing time (`ulimit -t`) after which a child is replaced between two files."""


@dataclass(frozen=True)
class DecodeLimits:
    """When a child is ended. What a file may cost depends on its size, never on what it says."""

    stall_s: float = 15.0
    """Longest time without any progress."""
    wall_s: float = 60.0
    """Longest time for a file, whatever its size."""
    wall_per_mb_s: float = 5.0
    """Seconds added for each megabyte of the file: the slowest films, of one still picture, take
    4."""
    memory_bytes: int = 3 * 2**30
    """Largest address space and resident memory of a child."""
    recycle_bytes: int = 700 * 2**20
    """A child that kept more than this after a file is replaced (decord keeps 0.4-1.2 GB)."""

    def wall_of(self, path: Path) -> float:
        """Longest time for this file, in seconds; time in which its child waits does not count."""
        try:
            size_bytes = path.stat().st_size
        except (OSError, ValueError):
            size_bytes = 0
        return self.wall_s + self.wall_per_mb_s * size_bytes / 1e6


ON_DEMAND = DecodeLimits(wall_s=30.0, wall_per_mb_s=0.02)
"""While somebody waits: half a minute, and the time to read a large file at 50 MB/s."""


class _Watch:
    """The clocks of one file. Time in which the child waits for its parent does not count."""

    def __init__(self, limits: DecodeLimits, wall_s: float) -> None:
        self._limits = limits
        self._wall_s = wall_s
        self._stall_s = START_S
        self._begun = self._last = time.monotonic()

    def start(self) -> None:
        """Begin: the child takes requests."""
        self._stall_s = self._limits.stall_s
        self._begun = self._last = time.monotonic()

    def progress(self) -> None:
        """The child sent something."""
        self._last = time.monotonic()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clocks while the caller is busy."""
        before = time.monotonic()
        yield
        self._begun += time.monotonic() - before
        self._last = time.monotonic()

    def reason(self) -> str | None:
        """Which limit the child has broken; None for none."""
        now = time.monotonic()
        if now - self._last > self._stall_s:
            return f"stopped: no progress for {self._stall_s:g} s"
        if now - self._begun > self._wall_s:
            return f"stopped: not done after {self._wall_s:.0f} s"
        return None


class Supervisor:
    """One child, replaced whenever it has to be ended; one thread uses it."""

    def __init__(self, limits: DecodeLimits, child: str = CHILD) -> None:
        self.limits = limits
        """When its child is ended."""
        self._child = child
        self._process: Process | None = None
        self._killed_for = ""

    def decode(
        self, request: DecodeRequest, cancelled: threading.Event
    ) -> Iterator[FrameBatch | Ending]:
        """Frames of one file in order, then its ending; nothing more once cancelled.

        Raises:
            NoDecoder: No child could be started, or it ended before it took the request.
        """
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

    def ask(
        self, path: Path, request: Mapping[str, object], cancelled: threading.Event
    ) -> Generator[dict[str, Any]]:
        """What a child that sends no frames says of one file, its ending last.

        Where the child dies or breaks a limit, the ending is one that failed, with the reason.

        Raises:
            NoDecoder: No child could be started, or it ended before it took the request.
        """
        self._killed_for = ""
        wall_s = self.limits.wall_of(path)
        process = self._ready(request, wall_s)
        watch = _Watch(self.limits, wall_s)
        is_whole = False
        try:
            for message in self._messages(process, watch, cancelled):
                is_whole = "ending" in message
                with watch.stopped():
                    yield message
                if is_whole:
                    self._recycle(process)
                    return
            if not cancelled.is_set():
                yield {"ending": {"state": "failed", "reason": self._broken_off(process)}}
        finally:
            if not is_whole:  # what it still has to say is not for the next file
                self.close()

    def _broken_off(self, process: Process) -> str:
        """Why a child gave no ending.

        Raises:
            NoDecoder: It never took the request.
        """
        why = self._why_dead(process)
        if not process.is_ready:
            self.close()
            raise NoDecoder(why)
        return why

    def _decode(
        self, request: DecodeRequest, cancelled: threading.Event
    ) -> Iterator[VideoInfo | FrameBatch | Ending]:
        self._killed_for = ""
        wall_s = self.limits.wall_of(request.path)
        process = self._ready(request_fields(request), wall_s, SlotPlan.of(request.spec))
        watch = _Watch(self.limits, wall_s)
        base_cpu_s = process.cpu_s()
        try:
            for message in self._messages(process, watch, cancelled):
                if "frames" in message:
                    slot, batch = _copy_frames(process, request.spec, message["frames"])
                    with watch.stopped():
                        yield batch
                    with contextlib.suppress(BrokenPipeError):  # dead: its pipe tells so
                        send(process.commands, {"free": slot})
                elif "info" in message:
                    yield VideoInfo(**message["info"])
                elif "ending" in message:
                    yield read_ending(message["ending"])
                    self._recycle(process)
                    return
        except (ValueError, TypeError, KeyError, OverflowError):
            self._killed_for = self._killed_for or "the decoder broke off"
        if not cancelled.is_set():
            spent_s = max(0.0, process.cpu_s() - base_cpu_s)
            yield Ending("failed", self._broken_off(process), cpu_s=spent_s)
        self.close()

    def is_within_memory(self) -> bool:
        """Whether the child keeps to its memory."""
        return self._process is None or self._process.rss_bytes() <= self.limits.memory_bytes

    def kill(self) -> None:
        """End a child that waits for its parent; `decode` then reports it dead."""
        if self._process is not None:
            self._killed_for = self._killed_for or _too_much(self.limits)
            self._process.popen.kill()

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _ready(
        self, request: Mapping[str, object], wall_s: float, plan: SlotPlan | None = None
    ) -> Process:
        """A child that has this request, the last one or a new one; it shares memory for a plan."""
        if self._process is not None and self._process.popen.poll() is not None:
            self.close()
        if self._process is None:
            self._process = Process(self.limits.memory_bytes, self._child)
        try:
            if plan is not None:
                self._process.share(plan)
        except OSError as error:
            self.close()
            raise NoDecoder((error.strerror or str(error)).lower()) from error
        with contextlib.suppress(BrokenPipeError):
            # The kernel's limit is above the parent's: it counts where the parent cannot.
            message = {"request": dict(request), "cpu_s": 2 * wall_s}
            send(self._process.commands, message)
        return self._process

    def _messages(
        self, process: Process, watch: _Watch, cancelled: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """Messages of the child, until it ends, breaks a limit, or the run is cancelled."""
        if process.is_ready:
            watch.start()
        while not cancelled.is_set():
            ready, _, _ = select.select(process.watched, [], [], _POLL_S)
            process.hear()
            if process.events in ready:
                messages = process.lines.read()
                if messages is None:
                    return
                watch.progress()
                yield from self._after_start(messages, process, watch)
            self._killed_for = self._killed_for or watch.reason() or self._memory_reason() or ""
            if self._killed_for:
                return

    def _after_start(
        self, messages: list[dict[str, Any]], process: Process, watch: _Watch
    ) -> Iterator[dict[str, Any]]:
        """Messages about the file: all but the first, which says that the child is there."""
        for message in messages:
            if "ready" in message:
                process.is_ready = True
                watch.start()
            else:
                yield message

    def _memory_reason(self) -> str | None:
        return None if self.is_within_memory() else _too_much(self.limits)

    def _why_dead(self, process: Process) -> str:
        if self._killed_for:
            return self._killed_for
        why = _how_it_ended(process.exit_code())
        words = process.last_words()
        return f"{why}: {words}" if words else why

    def _recycle(self, process: Process) -> None:
        """Replace a child that keeps much memory, or may soon be ended for its computing time."""
        _, most_cpu_s = resource.getrlimit(resource.RLIMIT_CPU)
        aged = most_cpu_s != resource.RLIM_INFINITY and process.cpu_s() > _AGED_CPU * most_cpu_s
        if aged or process.rss_bytes() > self.limits.recycle_bytes:
            self.close()


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "the decoder broke off"
    if code == -signal.SIGXCPU:
        return "stopped: took too much computing time"
    if code == -signal.SIGKILL:
        return "the decoder was killed by the system, perhaps because memory ran out"
    if code < 0:
        return f"the decoder crashed ({signal.Signals(-code).name})"
    return f"the decoder ended with code {code}"


def _too_much(limits: DecodeLimits) -> str:
    return f"stopped: took more than {limits.memory_bytes / 2**30:.1f} GB of memory"


def _copy_frames(process: Process, spec: FrameSpec, message: list[Any]) -> tuple[int, FrameBatch]:
    """Copy frames out of a slot; its number, and the frames."""
    plan = SlotPlan.of(spec)
    slot, times_s = int(message[0]), np.array(message[1], dtype=np.float64)
    if not (0 <= slot < SLOTS and 1 <= len(times_s) <= plan.n_frames):
        raise ValueError(f"slot {slot} with {len(times_s)} frames")
    n_bytes = len(times_s) * spec.frame_bytes
    flat = np.frombuffer(process.share(plan), np.uint8, n_bytes, slot * plan.slot_bytes)
    pixels = flat.copy().reshape(len(times_s), spec.height_px, spec.width_px, 3)
    keyframes_s = np.array(message[2], dtype=np.float64)
    if keyframes_s.ndim != 1 or len(keyframes_s) > len(times_s):
        raise ValueError(f"{keyframes_s.shape} key frames of {len(times_s)} frames")
    return slot, FrameBatch(pixels, times_s, keyframes_s)
