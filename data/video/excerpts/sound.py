"""Sound of a part of a video: decoded from a little before it, laid where its time stamps say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.packet import Packet
from av.stream import Discard
from numpy.typing import NDArray

from data.video.decoders.demuxing.clock import BROADCAST
from data.video.decoders.demuxing.packets import NO_TIME, SoundPackets, until_damage
from data.video.decoders.opening import OpenVideo
from data.video.sound.parts import added_ticks
from data.video.types import OnProgress

LEAD_S = 1.0
"""Decoding begins this much earlier: a codec needs what came before."""
JITTER_S = 0.05
"""A time stamp that is off by less is rounding: sound goes on."""
SEEK_MARGIN_S = 10.0


class SoundRange:
    """Reads parts of one sound stream.

    Args:
        video: The opened video.
        index: The stream's index.
        packets: Its packets.
        on_progress: Called often.
    """

    def __init__(
        self, video: OpenVideo, index: int, packets: SoundPackets, on_progress: OnProgress
    ) -> None:
        self._video = video
        self._index = index
        self._packets = packets
        self._on_progress = on_progress

    def samples(self, first: int, after: int, rate_hz: int) -> NDArray[np.float32]:
        """(2, after - first) samples, -1 to 1; silence where there is none.

        Args:
            first: Number of the first sample, counted from the beginning of the video.
            after: Number of the one after the last.
            rate_hz: Samples a second.
        """
        out = np.zeros((2, max(0, after - first)), np.float32)
        at: int | None = None
        resampler = _resampler("stereo", rate_hz)
        setup: tuple[str, str, int] | None = None
        for time_s, frame in self._frames(first / rate_hz, after / rate_hz):
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            place = at if time_s is None else round(time_s * rate_hz)
            if at is None or setup != now or abs((place or 0) - at) > JITTER_S * rate_hz:
                at, setup = place or 0, now
                resampler = _resampler(frame.layout.name, rate_hz)
            frame.pts = None  # the resampler would fill and cut by its own rules
            for part in resampler.resample(frame):
                at = _lay(out, np.asarray(part.to_ndarray(), np.float32), at, first)
            if at is not None and at >= after + rate_hz:
                break
        clipped: NDArray[np.float32] = np.clip(np.nan_to_num(out), -1.0, 1.0).astype(np.float32)
        return clipped

    def _frames(self, start_s: float, end_s: float) -> Iterator[tuple[float | None, AudioFrame]]:
        """Frames from before a part to its end, each with its time on the video's clock."""
        zero_s = self._video.table.zero_s
        with self._video.again() as container:
            stream: Any = container.streams[self._index]
            for other in container.streams:
                other.discard = Discard.default if other.index == self._index else Discard.all
            stream.codec_context.thread_count = 1
            for packet in self._sent(container, stream, start_s):
                self._on_progress()
                for frame in _decoded(stream.codec_context, packet):
                    time_s = None
                    if frame.pts is not None and frame.pts != NO_TIME and frame.time_base:
                        time_s = float(frame.pts * frame.time_base) - zero_s
                    if time_s is not None and time_s >= end_s:
                        return
                    if time_s is None or time_s >= start_s - LEAD_S:
                        yield time_s, frame

    def _sent(self, container: Any, stream: Any, start_s: float) -> Iterator[Packet[Any] | None]:
        """Packets from some time before a part on, with time stamps of the video's one clock."""
        table = self._video.table
        ended_by: list[BaseException] = []
        if table.n_parts > 1:
            added = added_ticks(
                self._packets,
                float(stream.time_base or 0),
                table.parts,
                is_broadcast=self._video.container_name in BROADCAST,
            )
            for row, packet in enumerate(until_damage(container, ended_by, stream)):
                if packet.pts is not None and row < len(added):
                    packet.pts = packet.dts = int(packet.pts + added[row])
                yield packet
        else:
            target_s = start_s - LEAD_S + table.zero_s
            if start_s > LEAD_S and stream.time_base:
                try:
                    container.seek(round(target_s / stream.time_base), stream=stream)
                except (av.FFmpegError, OSError):
                    container.seek(0)
            yield from until_damage(container, ended_by, stream)
        yield None


def _resampler(layout: str, rate_hz: int) -> AudioResampler:
    """To stereo; one channel stays one, which both sides get as loud as it is."""
    kept = "mono" if layout == "mono" else "stereo"
    return AudioResampler(format="fltp", layout=kept, rate=rate_hz)


def _decoded(context: Any, packet: Packet[Any] | None) -> list[AudioFrame]:
    """The frames of a packet; none of a damaged one."""
    try:
        return [each for each in context.decode(packet) if each.samples and each.sample_rate]
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError):
        return []


def _lay(out: NDArray[np.float32], samples: NDArray[np.float32], at: int, first: int) -> int:
    """Lay samples (1 or 2, n) that begin at a place; gives the place behind them."""
    begin, end = at - first, at - first + samples.shape[1]
    left, right = max(0, begin), min(out.shape[1], end)
    if right > left:
        out[:, left:right] = samples[:, left - begin : right - begin]
    return at + int(samples.shape[1])
