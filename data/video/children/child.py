"""The child process that decodes: `python -m data.video.children.child` and five numbers.

It holds no secrets, writes no files, and may be killed at any instant. It dies with its parent: by
the kernel's signal on Linux, by the end of its pipe elsewhere. Only NumPy, PyAV and, when asked
for, decord are imported here.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from data.video.children.wire import SLOTS, LineReader, SlotPlan, send
from data.video.decoders.decoding import open_decoding
from data.video.types import DecodeRequest, FrameSpec, Outcome, Sample, UnreadableVideo, VideoInfo

BEAT_S = 0.25
_PR_SET_PDEATHSIG = 1


class _Source(Protocol):
    info: VideoInfo
    decoder: str

    def samples(self) -> Iterator[Sample]: ...

    def outcome(self) -> Outcome: ...


class Child:
    """One decoding process: jobs in, frames out, one at a time."""

    def __init__(self, commands: int, events: int, memory: int) -> None:
        self._lines = iter(LineReader(commands))
        self._events = events
        self._memory = memory
        self._map: mmap.mmap | None = None
        self._free: list[int] = []
        self._last_beat = 0.0

    def serve(self) -> None:
        """Take jobs until the parent closes the pipe."""
        for message in self._lines:
            if "job" in message:
                self._free = list(range(SLOTS))
                self._run(message["job"])

    def _run(self, job: dict[str, Any]) -> None:
        started = time.process_time()
        _limit_cpu(float(job["cpu_s"]))
        end: dict[str, Any] = {"state": "failed", "reason": "", "decoder": "", "decoded_s": 0.0}
        try:
            request = DecodeRequest(
                Path(job["path"]),
                FrameSpec(**{**job["spec"], "fill_rgb": tuple(job["spec"]["fill_rgb"])}),
                job["fps"],
                job["start_s"],
                job["end_s"],
            )
            with _source(request, job["decoder"], self._beat) as source:
                try:
                    self._deliver(source, request.spec)
                    end |= asdict(source.outcome())
                finally:
                    end["decoder"] = source.decoder
        except UnreadableVideo as error:
            end["reason"] = error.reason
        except MemoryError:
            end["reason"] = "needs more memory than a decoder may have"
        except (OSError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
            end["reason"] = f"the decoder failed: {type(error).__name__}: {error}"[:300]
        end["cpu_s"] = time.process_time() - started
        send(self._events, {"end": end})

    def _deliver(self, source: _Source, spec: FrameSpec) -> None:
        plan = SlotPlan.of(spec)
        frames = self._frames(plan, spec)
        samples = source.samples()
        sample = next(samples, None)
        send(self._events, {"start": asdict(source.info)})
        slot, times = self._next_slot(), list[float]()
        while sample is not None:
            sample.draw(frames[slot, len(times)])
            times.append(sample.time_s)
            if len(times) == plan.n_frames:
                send(self._events, {"chunk": [slot, times]})
                slot, times = self._next_slot(), []
            self._beat()
            sample = next(samples, None)
        if times:
            send(self._events, {"chunk": [slot, times]})

    def _frames(self, plan: SlotPlan, spec: FrameSpec) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if self._map is None or len(self._map) < plan.total_bytes:
            self._map = mmap.mmap(self._memory, plan.total_bytes)
        flat = np.frombuffer(self._map, np.uint8, plan.total_bytes)
        return flat.reshape(SLOTS, plan.n_frames, spec.height_px, spec.width_px, 3)

    def _next_slot(self) -> int:
        while not self._free:
            message = next(self._lines, None)
            if message is None:
                sys.exit(0)
            if "free" in message:
                self._free.append(int(message["free"]))
        return self._free.pop(0)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat >= BEAT_S:
            self._last_beat = now
            send(self._events, {"beat": 1})


def _source(
    request: DecodeRequest, decoder: str, beat: Any
) -> contextlib.AbstractContextManager[_Source]:
    if decoder.startswith("test:") and os.environ.get("REELWISE_TEST_DECODERS") == "1":
        import importlib

        rogue = importlib.import_module("tests.data.video.children.rogue_decoders")
        return rogue.open_rogue(decoder, request)  # type: ignore[no-any-return]
    return open_decoding(request, decoder=decoder, on_progress=beat)


def _limit_cpu(more_s: float) -> None:
    """Let the kernel end this process if its parent cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + more_s) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def main(arguments: list[str]) -> None:
    """Serve one parent.

    Args:
        arguments: Descriptors of commands, events and memory, the memory limit in bytes, and the
            parent's process id.
    """
    commands, events, memory, memory_bytes, parent = map(int, arguments)
    _die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with contextlib.suppress(BrokenPipeError):
        Child(commands, events, memory).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
