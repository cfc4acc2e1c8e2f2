"""The child process that decodes: `python -m data.video.children.child` and five numbers.

It holds no secrets, writes no files, and may be killed at any instant. It dies with its parent: by
the kernel's signal on Linux, by the end of its pipe elsewhere. It lives under whatever limits its
machine sets (`ulimit`), and imports only NumPy, PyAV and, where a request names it, decord.
"""

import contextlib
import mmap
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.parent import die_with_parent
from data.video.children.wire import SLOTS, LineReader, SlotPlan, read_request, send
from data.video.decoders.decoding import Decoding, open_decoding
from data.video.decoders.opening import silence_ffmpeg
from data.video.types import DecodeRequest, Ending, OnProgress, Sample, UnreadableVideo

BEAT_S = 0.25


Opener = Callable[[DecodeRequest, OnProgress], AbstractContextManager[Decoding]]


class Child:
    """One decoding process: requests in, frames out, one request at a time."""

    def __init__(self, commands: int, events: int, memory: int, opener: Opener) -> None:
        self._lines = iter(LineReader(commands))
        self._events = events
        self._memory = memory
        self._open = opener
        self._map: mmap.mmap | None = None
        self._free: list[int] = []
        self._last_beat = 0.0

    def serve(self) -> None:
        """Take requests until the parent closes the pipe."""
        send(self._events, {"ready": 1})
        for message in self._lines:
            if "request" in message:
                started_s = time.process_time()
                limit_cpu(float(message["cpu_s"]))
                self._free = list(range(SLOTS))
                ending = self._decode(message["request"])
                cpu_s = time.process_time() - started_s
                send(self._events, {"ending": asdict(replace(ending, cpu_s=cpu_s))})

    def _decode(self, fields: dict[str, Any]) -> Ending:
        decoder = ""
        try:
            request = read_request(fields)
            with self._open(request, self._beat) as video:
                try:
                    return self._deliver(video, request)
                finally:
                    decoder = video.decoder
        except UnreadableVideo as error:
            reason = error.reason
        except MemoryError:
            reason = "needs more memory than a decoder may have"
        except (OSError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
            reason = f"the decoder failed: {type(error).__name__}: {error}"[:300]
        return Ending("failed", reason, decoder=decoder)

    def _deliver(self, video: Decoding, request: DecodeRequest) -> Ending:
        """Send the samples; where there are more than were asked for, the rest is not decoded."""
        samples = video.samples()
        last_s = self._send(video, islice(samples, request.most_frames), request)
        if request.most_frames is None or next(samples, None) is None:
            return video.ending()
        return Ending("done", decoded_s=last_s + 1 / request.fps - request.start_s)

    def _send(self, video: Decoding, samples: Iterator[Sample], request: DecodeRequest) -> float:
        """Send some samples, in slots; returns the time of the last."""
        plan, last_s = SlotPlan.of(request.spec), request.start_s
        frames = self._frames(plan, request)
        sample = next(samples, None)
        send(self._events, {"info": asdict(video.info)})
        slot, times = self._next_slot(), list[float]()
        try:
            while sample is not None:
                sample.draw(frames[slot, len(times)])
                times.append(last_s := sample.time_s)
                if len(times) == plan.n_frames:
                    send(self._events, {"frames": [slot, times]})
                    slot, times = self._next_slot(), []
                self._beat()
                sample = next(samples, None)
        finally:  # what was decoded before an error counts
            if times:
                send(self._events, {"frames": [slot, times]})
        return last_s

    def _frames(self, plan: SlotPlan, request: DecodeRequest) -> NDArray[np.uint8]:
        if self._map is None or len(self._map) < plan.total_bytes:
            self._map = mmap.mmap(self._memory, plan.total_bytes)
        flat = np.frombuffer(self._map, np.uint8, plan.total_bytes)
        spec = request.spec
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
        now_s = time.monotonic()
        if now_s - self._last_beat >= BEAT_S:
            self._last_beat = now_s
            send(self._events, {"beat": 1})


def limit_cpu(more_s: float) -> None:
    """Let the kernel end this process if its parent cannot."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + more_s) + 2)


def _limit(kind: int, most: int) -> None:
    """Lower a limit of this process, never above what it was started with."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, hard))


def main(arguments: list[str], opener: Opener = open_decoding) -> None:
    """Serve one parent, see `serve_parent`; `opener` opens the video of a request."""
    serve_parent(
        arguments,
        lambda commands, events, memory: Child(commands, events, memory, opener).serve(),
    )


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


if __name__ == "__main__":
    main(sys.argv[1:])
