"""The child process that decodes: `python -m data.video.children.child` and five numbers.

It holds no secrets, writes no files, and may be killed at any instant. It dies with its parent: by
the kernel's signal on Linux, by the end of its pipe elsewhere. It lives under whatever limits its
machine sets (`ulimit`), and imports only NumPy, PyAV and, where a request names it, decord.
"""

import mmap
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.video.children.serving import FAILURES, Serving, serve_parent, why_failed
from data.video.children.wire import SLOTS, SlotPlan, read_request, send
from data.video.decoders.decoding import Decoding, open_decoding
from data.video.decoders.demuxing.plan import ROUNDING_S
from data.video.types import DecodeRequest, Ending, OnProgress, Sample

Opener = Callable[[DecodeRequest, OnProgress], AbstractContextManager[Decoding]]


class Child(Serving):
    """One decoding process: requests in, frames out."""

    def __init__(self, commands: int, events: int, memory: int, opener: Opener) -> None:
        super().__init__(commands, events)
        self._memory = memory
        self._open = opener
        self._map: mmap.mmap | None = None
        self._free: list[int] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Decode one video; gives how it ended."""
        started_s = time.process_time()
        self._free = list(range(SLOTS))
        ending = self._decode(request)
        cpu_s = time.process_time() - started_s
        return {"ending": asdict(replace(ending, cpu_s=cpu_s))}

    def _decode(self, fields: dict[str, Any]) -> Ending:
        decoder = ""
        try:
            request = read_request(fields)
            with self._open(request, self.beat) as video:
                try:
                    return self._deliver(video, request)
                finally:
                    decoder = video.decoder
        except FAILURES as error:
            return Ending("failed", why_failed(error, "decoder"), decoder=decoder)

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
        send(self.events, {"info": asdict(video.info)})
        slot, times, keys = self._next_slot(), list[float](), _Keyframes(video.keyframes_s)
        try:
            while sample is not None:
                sample.draw(frames[slot, len(times)])
                times.append(last_s := sample.time_s)
                if len(times) == plan.n_frames:
                    send(self.events, {"frames": [slot, times, keys.until(times)]})
                    slot, times = self._next_slot(), []
                self.beat()
                sample = next(samples, None)
        finally:  # what was decoded before an error counts
            if times:
                send(self.events, {"frames": [slot, times, keys.until(times)]})
        return last_s

    def _frames(self, plan: SlotPlan, request: DecodeRequest) -> NDArray[np.uint8]:
        if self._map is None or len(self._map) < plan.total_bytes:
            self._map = mmap.mmap(self._memory, plan.total_bytes)
        flat = np.frombuffer(self._map, np.uint8, plan.total_bytes)
        spec = request.spec
        return flat.reshape(SLOTS, plan.n_frames, spec.height_px, spec.width_px, 3)

    def _next_slot(self) -> int:
        while not self._free:
            message = next(self.messages, None)
            if message is None:
                sys.exit(0)
            if "free" in message:
                self._free.append(int(message["free"]))
        return self._free.pop(0)


class _Keyframes:
    """The key frames of a file, given out with its samples."""

    def __init__(self, times_s: NDArray[np.float64]) -> None:
        self._times_s = times_s

    def until(self, samples_s: list[float]) -> list[float]:
        """Those that were not given yet, up to the last sample: the last before each sample."""
        ends = np.searchsorted(self._times_s, np.array(samples_s) + ROUNDING_S, side="right")
        last = np.unique(ends[ends > 0]) - 1
        given: list[float] = self._times_s[last].tolist()
        self._times_s = self._times_s[ends[-1] :]
        return given


def main(arguments: list[str], opener: Opener = open_decoding) -> None:
    """Serve one parent, see `serve_parent`; `opener` opens the video of a request."""
    serve_parent(
        arguments,
        lambda commands, events, memory: Child(commands, events, memory, opener).serve(),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
