"""PyAV: the default decoder. One thread, exact times, and only the packets that samples need."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice, pairwise
from typing import Any, Literal

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame

from data.errors import UnreadableVideo
from data.video.decoders.demuxing.clock import BACK_S
from data.video.decoders.demuxing.film import MAX_PIXELS
from data.video.decoders.demuxing.packets import NO_TIME
from data.video.decoders.demuxing.plan import (
    ROUNDING_S,
    SamplePlan,
    held_s,
    plan_between,
    plan_samples,
    steps_until,
)
from data.video.decoders.opening import UNDECODABLE, OpenVideo, pixel_shape
from data.video.decoders.paint import Orientation, Painter
from data.video.types import DecodeRequest, Ending, OnProgress, Pixels, Sample

SKIPPABLE = frozenset({"h264", "mpeg4", "mpeg2video", "mpeg1video"})
"""Codecs where a frame that is marked as no reference is never one. (In HEVC a higher temporal
layer may use it.)"""
REDRAWN = frozenset(
    {"gif", "cinepak", "flic", "msrle", "msvideo1", "qtrle", "rpza", "smc", "8bps", "tscc", "zmbv"}
)
"""Codecs that draw into the picture before: while anyone holds that, FFmpeg copies it each time."""
HOPELESS_PACKETS = 300
"""This many rejected packets without one frame end the attempt."""
SEEK_MARGIN_S = 10.0


class PyavDecoding:
    """One pass over one open video."""

    def __init__(
        self, video: OpenVideo, request: DecodeRequest, on_progress: OnProgress = lambda: None
    ) -> None:
        self._video = video
        self._request = request
        self._on_progress = on_progress
        self._context = video.stream.codec_context
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(MAX_PIXELS)}
        self._pixel_shape = pixel_shape(video.stream)
        self._painter = Painter(request.spec)
        self._end_s = video.wanted_end_s(request)
        self._rejected = 0
        self._rejected_s = 0.0
        self._missing = 0
        self._emitted = 0

    def samples(self) -> Iterator[Sample]:
        """The samples in order; each must be drawn before the next is taken."""
        source = self._planned() if self._video.table.has_times else self._unplanned()
        for time_s, frame in source:
            if not self._emitted:
                self._video.turn(Orientation.of(frame).is_turned)
            self._emitted += 1
            self._video.work.count(frame.width, frame.height)
            yield Sample(time_s, partial(self.draw, self._painter, frame))

    def draw(self, painter: Painter, frame: VideoFrame, out: Pixels) -> None:
        """Draw a frame of this video into `out`, of the size of the painter's frames."""
        painter.paint(frame, self._pixel_shape, out)

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """Every frame with its time, in order, whatever the request says."""
        for time_s, frame in self._every():
            if not self._emitted:
                self._video.turn(Orientation.of(frame).is_turned)
            self._emitted += 1
            yield time_s, frame

    def between(self, start_s: float, end_s: float) -> Iterator[tuple[float, VideoFrame]]:
        """Every frame shown within a range with its time; the first is on screen at its start."""
        held: VideoFrame | None = None
        for time_s, frame in self._around(start_s, end_s):
            if not self._emitted:
                self._video.turn(Orientation.of(frame).is_turned)
            self._emitted += 1
            if time_s <= start_s + ROUNDING_S:
                held = frame
                continue
            if held is not None:
                yield start_s, held
                held = None
            if time_s >= end_s - ROUNDING_S:
                return
            yield time_s, frame
        if held is not None:
            yield start_s, held

    def _around(self, start_s: float, end_s: float) -> Iterator[tuple[float, VideoFrame]]:
        """Frames with their times in order: at least those that are shown within a range."""
        table = self._video.table
        if not table.has_times:
            yield from self._every()
            return
        plan = plan_between(table, start_s=start_s, end_s=end_s)
        wanted = set(plan.pts.tolist())
        for frame in self._frames(plan):
            if frame.pts is not None and frame.pts in wanted:
                yield table.seconds(frame.pts), frame

    def _every(self) -> Iterator[tuple[float, VideoFrame]]:
        table = self._video.table
        everything = np.ones(len(table.pts), dtype=bool)
        plan = SamplePlan(np.zeros(0), np.zeros(0, np.int64), everything, everything)
        if not table.has_times:
            yield from self._timed(plan, 1 / self._video.info.fps if self._video.info.fps else 0.04)
            return
        shown = set(table.pts[table.is_shown].tolist())
        for frame in self._frames(plan):
            if frame.pts is not None and frame.pts in shown:
                yield table.seconds(frame.pts), frame

    def ending(self) -> Ending:
        """How it went, once `samples` is exhausted."""
        request, video = self._request, self._video
        held_s = min(video.table.end_s, self._end_s) - request.start_s
        lost_s = min(held_s, max(self._rejected_s, self._missing / request.fps))
        return video.judge(request, held_s=held_s, lost_s=lost_s, n_samples=self._emitted)

    def _planned(self) -> Iterator[tuple[float, VideoFrame]]:
        plan = plan_samples(
            self._video.table,
            start_s=self._request.start_s,
            end_s=max(self._end_s, self._request.start_s + ROUNDING_S),
            fps=self._request.fps,
        )
        at, total = 0, len(plan.pts)
        near = 0.5 / self._request.fps / self._video.table.tick_s
        last: VideoFrame | None = None
        last_pts = NO_TIME
        redraws = self._context.name in REDRAWN
        for frame in self._frames(plan):
            pts = NO_TIME if frame.pts is None else frame.pts
            if pts <= last_pts:
                del frame
                continue
            while at < total and plan.pts[at] < pts:
                if last is not None and plan.pts[at] - last_pts < near:
                    yield float(plan.times_s[at]), last
                else:
                    self._missing += 1
                at += 1
            while at < total and plan.pts[at] == pts:
                yield float(plan.times_s[at]), frame
                at += 1
            if at == total:
                return
            last, last_pts = None if redraws else frame, pts
            del frame
        self._missing += total - at

    def _frames(self, plan: SamplePlan) -> Iterator[VideoFrame]:
        """Decode the planned packets; damaged ones are counted and passed over."""
        table = self._video.table
        n_sent = int(plan.is_sent.sum())
        self._video.work.expect(n_sent, self._context.width, self._context.height)
        skips = self._context.name in SKIPPABLE
        discard: Literal["", "DEFAULT", "NONREF"] = ""
        for index, packet in self._packets(plan):
            if not plan.is_sent[index]:
                continue
            if skips:
                needed: Literal["DEFAULT", "NONREF"]
                needed = "DEFAULT" if plan.is_wanted[index] else "NONREF"
                if needed != discard:
                    self._context.skip_frame = discard = needed
            yield from self._decode(packet, float(table.ticks[index]) * table.tick_s)
        if skips:
            self._context.skip_frame = "DEFAULT"
        yield from self._decode(None, 0.0)

    def _decode(self, packet: Packet[Any] | None, length_s: float) -> Iterator[VideoFrame]:
        self._on_progress()
        try:
            frames = self._context.decode(packet)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, EOFError):
                return
            self._rejected += 1
            self._rejected_s += length_s
            if self._rejected >= HOPELESS_PACKETS and not self._emitted:
                raise UnreadableVideo(UNDECODABLE, final=False) from error
            return
        for frame in frames:
            self._video.work.count(frame.width, frame.height)
            if frame.is_corrupt:
                self._rejected_s += length_s
            else:
                yield frame

    def _packets(self, plan: SamplePlan) -> Iterator[tuple[int, Packet[Any]]]:
        """Packets from the first that is sent on, with their row in the table."""
        table = self._video.table
        sent = np.flatnonzero(plan.is_sent).tolist()
        if table.kept:
            for index in sent:
                yield index, self._on_clock(table.kept[index], index)
            return
        if table.n_parts > 1:
            for index, packet in enumerate(islice(self._read_all(), sent[-1] + 1)):
                self._on_progress()
                yield index, self._on_clock(packet, index)
            return
        rows = {int(pts): index for index, pts in enumerate(table.pts)}
        position = sent[0]
        for packet in self._read_from(sent[0], rows):
            self._on_progress()
            index = rows.get(packet.pts, position) if packet.pts is not None else position
            position = index + 1
            yield index, packet
            if index >= sent[-1]:
                return

    def _on_clock(self, packet: Packet[Any], index: int) -> Packet[Any]:
        """A packet with the time stamp of its row: that of the video's one clock."""
        if self._video.table.n_parts > 1 and packet.pts is not None:
            packet.pts = int(self._video.table.pts[index])
        return packet

    def _read_all(self) -> Iterator[Packet[Any]]:
        with self._video.again() as container:
            stream = container.streams[self._video.stream.index]
            yield from (packet for packet in container.demux(stream) if packet.size)

    def _read_from(self, first: int, rows: dict[int, int]) -> Iterator[Packet[Any]]:
        """Packets of the file from row `first` on, or from some row before it.

        A seek is only a hint (a transport stream guesses), so its first packet is checked.
        """
        table = self._video.table
        wanted = int(table.pts[first])
        earlier = wanted - round(SEEK_MARGIN_S / table.tick_s)
        for target in (wanted, earlier) if first else ():
            with self._video.again() as container:
                stream = container.streams[self._video.stream.index]
                packets = (p for p in container.demux(stream) if p.size)
                try:
                    container.seek(target, stream=stream, backward=True)
                    packet = next(packets, None)
                except (av.FFmpegError, OSError):
                    continue
                if packet is not None and rows.get(packet.pts or 0, first + 1) <= first:
                    yield packet
                    yield from packets
                    return
        yield from self._read_all()

    def _unplanned(self) -> Iterator[tuple[float, VideoFrame]]:
        """Where packets have no times: decode all, and go by the order in which frames come."""
        table, request = self._video.table, self._request
        step_s = 1 / self._video.info.fps if self._video.info.fps else 0.04
        start_s, fps = request.start_s, request.fps
        total = max(1, steps_until(self._end_s - start_s, fps))
        everything = np.ones(len(table.pts), dtype=bool)
        plan = SamplePlan(np.zeros(0), np.zeros(0, np.int64), everything, everything)
        at = 0
        frames = self._timed(plan, step_s)
        for (time_s, frame), (next_s, _) in pairwise(_with_end(frames, step_s)):
            until_s = min(next_s, max(time_s, start_s) + held_s(fps))
            for step in range(at, min(total, steps_until(until_s - start_s, fps))):
                yield max(start_s + step / fps, time_s), frame
            at = max(at, steps_until(next_s - start_s, fps))
            if at >= total:
                return
        self._missing += total - at

    def _timed(self, plan: SamplePlan, step_s: float) -> Iterator[tuple[float, VideoFrame]]:
        """Frames with a time each: when they left the decoder, counted from the first."""
        tick_s = self._video.table.tick_s
        zero_s: float | None = None
        time_s = -step_s
        for frame in self._frames(plan):
            if frame.dts is None:
                time_s += step_s
            else:
                dts_s = frame.dts * tick_s
                if zero_s is None or dts_s - zero_s < time_s - BACK_S:  # the first, or a new part
                    zero_s = dts_s - (time_s + step_s)
                time_s = max(time_s + 1e-3, dts_s - zero_s)
            yield time_s, frame


def _with_end(
    frames: Iterator[tuple[float, VideoFrame]], step_s: float
) -> Iterator[tuple[float, VideoFrame]]:
    last: tuple[float, VideoFrame] | None = None
    for last in frames:
        yield last
    if last is not None:
        yield last[0] + step_s, last[1]
