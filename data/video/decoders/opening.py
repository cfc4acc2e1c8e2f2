"""Opening a video safely, and what its packets tell before a single one is decoded.

Reading all packets without decoding them costs about 10 us each (0.03 s for a 24 s clip of 60 fps,
5 % of decoding it; 2 cores of a Xeon, 2026-11) and pays for itself: the exact time of every frame
is known beforehand, so most of the others need not be decoded, and what a file promises can be
compared with what it holds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from data.video.containers import DEMUXERS, missing_end, sniff
from data.video.types import Progress, UnreadableVideo, VideoInfo

av.logging.set_level(av.logging.PANIC)

MAX_PIXELS = 7680 * 4320
"""8K: a 0.75 MB mp4 of 16000x16000 pixels makes a decoder take 1.9-4.0 GB (facts.md)."""
MAX_FRAMES = 5_000_000
"""A day at 60 frames per second."""
MAX_LENGTH_S = 48 * 3600.0
KEEP_PACKETS_BYTES = 48 * 2**20
"""Compressed packets of smaller files stay in memory between counting and decoding."""
NO_TIME = -(2**63)


@dataclass
class PacketTable:
    """Every packet of the picture stream, in the order of the file."""

    pts: NDArray[np.int64]
    """(n,) presentation times in `tick_s`; NO_TIME where the container has none."""
    ticks: NDArray[np.int64]
    """(n,) durations in `tick_s`, 0 where unknown."""
    is_key: NDArray[np.bool_]
    """(n,) where decoding can start."""
    is_shown: NDArray[np.bool_]
    """(n,) False for packets that an edit list cuts away."""
    tick_s: float
    """Seconds of one tick."""
    zero_s: float = 0.0
    """Time stamp of the moment that the video's own clock calls 0."""
    encrypted: bool = False
    """Packets carry encryption marks."""
    guessed: bool = False
    """The container stores no presentation times, and FFmpeg's guess is wrong for this codec."""
    others_end_s: float = 0.0
    """Where sound and other streams end."""
    kept: list[Packet[Any]] = field(default_factory=list)
    """The packets, of a small file; otherwise empty."""

    @property
    def has_times(self) -> bool:
        """Whether each shown packet has a time of its own, so that frames can be planned."""
        if self.guessed:
            return False
        shown = self.pts[self.is_shown]
        return bool(len(shown) and (shown != NO_TIME).all() and len(np.unique(shown)) == len(shown))

    @property
    def end_s(self) -> float:
        """Where the last frame leaves the screen, on the video's own clock."""
        shown = self.is_shown & (self.pts != NO_TIME)
        if not self.has_times:
            return float(self.ticks[self.is_shown].sum() * self.tick_s)
        pts, ticks = self.pts[shown], self.ticks[shown]
        last = int(pts.argmax())
        length = int(ticks[last])
        if length <= 0 and len(pts) > 1:
            length = round((int(pts.max()) - int(pts.min())) / (len(pts) - 1))
        return self.seconds(int(pts[last]) + max(0, length))

    def seconds(self, pts: int) -> float:
        """A time stamp on the video's own clock."""
        return pts * self.tick_s - self.zero_s


@dataclass
class OpenVideo:
    """An open container, its picture stream and its packets."""

    path: Path
    container_name: str
    container: InputContainer
    stream: VideoStream
    table: PacketTable
    info: VideoInfo

    def missing(self) -> str | None:
        """Why the end of the file is known to be absent."""
        return missing_end(self.path, self.container_name)


@contextmanager
def open_video(path: Path, *, on_progress: Progress = lambda: None) -> Iterator[OpenVideo]:
    """Open a file with the one demuxer that its first bytes call for, and count its packets.

    Raises:
        UnreadableVideo: No allowed container, no picture, encrypted, too large, or damaged beyond
            opening.
    """
    name = sniff(path)
    container = open_container(path, name)
    with container:
        stream = _picture_stream(container, missing_end(path, name))
        table = _count_packets(container, stream, on_progress)
        table.guessed = name == "avi" and stream.codec_context.name in ("h264", "hevc")
        if table.encrypted:
            raise UnreadableVideo("encrypted: it cannot be played without its key")
        if not table.is_shown.any():
            raise UnreadableVideo(_why_no_packet(path, name, stream))
        info = _describe(name, container, stream, table)
        yield OpenVideo(path, name, container, stream, table, info)


def open_container(path: Path, name: str) -> InputContainer:
    """Open a file as this kind of container and no other.

    Raises:
        UnreadableVideo: It cannot be parsed as one.
    """
    options = {"format_whitelist": DEMUXERS[name]}
    try:
        # max_pixels: opening already decodes a frame or two, before any size can be looked at
        return av.open(
            str(path.absolute()),
            options={"max_pixels": str(MAX_PIXELS)},
            container_options=options,
            metadata_errors="replace",
        )
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        missing = missing_end(path, name)
        reason = missing or f"damaged: the {name} container cannot be read"
        raise UnreadableVideo(reason, final=missing is not None) from error


def _picture_stream(container: InputContainer, missing: str | None) -> VideoStream:
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        if container.streams.audio:
            raise UnreadableVideo("has sound but no picture")
        raise UnreadableVideo(missing or "has no picture stream")
    stream = streams[0]
    if stream.codec_context is None:
        raise UnreadableVideo("its codec is unknown to FFmpeg", final=False)
    context = stream.codec_context
    if not context.width * context.height:  # what `max_pixels` leaves of a larger size
        raise UnreadableVideo("too large for 8K (7680x4320 pixels), or of unknown size")
    if context.width * context.height > MAX_PIXELS:
        raise UnreadableVideo(
            f"too large: {context.width}x{context.height} pixels, the limit is 8K (7680x4320)"
        )
    return stream


def _count_packets(
    container: InputContainer, stream: VideoStream, on_progress: Progress
) -> PacketTable:
    rows: list[tuple[int, int, bool, bool]] = []
    kept: list[Packet[Any]] = []
    kept_bytes = 0
    others_end_s = 0.0
    encrypted = False
    for packet in _until_damage(container):
        on_progress()
        if packet.stream_index != stream.index:
            others_end_s = max(others_end_s, _end_of(packet))
            continue
        if not rows:
            encrypted = packet.has_sidedata("encryption_info")
        pts = NO_TIME if packet.pts is None else packet.pts
        rows.append((pts, packet.duration or 0, packet.is_keyframe, not packet.is_discard))
        kept_bytes += packet.size
        kept.append(packet)
        if kept_bytes > KEEP_PACKETS_BYTES:
            kept.clear()
        if len(rows) > MAX_FRAMES:
            raise UnreadableVideo(f"too long: more than {MAX_FRAMES} frames")
    table = _table_of(rows, float(stream.time_base or 0))
    table.encrypted, table.others_end_s = encrypted, others_end_s
    table.kept = kept if kept_bytes <= KEEP_PACKETS_BYTES else []
    table.zero_s = _zero_s(container, table)
    return table


def _until_damage(container: InputContainer) -> Iterator[Packet[Any]]:
    """Packets with content, up to the end or to where the container cannot be read further."""
    try:
        for packet in container.demux():
            if packet.size:
                yield packet
    except MemoryError:
        raise
    except (av.FFmpegError, OSError):
        return


def _table_of(rows: list[tuple[int, int, bool, bool]], tick_s: float) -> PacketTable:
    numbers = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
    return PacketTable(
        pts=numbers[:, 0].copy(),
        ticks=numbers[:, 1].copy(),
        is_key=numbers[:, 2] > 0,
        is_shown=numbers[:, 3] > 0,
        tick_s=tick_s,
    )


def _end_of(packet: Packet[Any]) -> float:
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return float((packet.pts + (packet.duration or 0)) * packet.time_base)


def _zero_s(container: InputContainer, table: PacketTable) -> float:
    """Players count from where any stream begins; without that, from the first picture."""
    known = table.pts[table.is_shown & (table.pts != NO_TIME)]
    first_s = float(known.min() * table.tick_s) if len(known) else 0.0
    start = container.start_time
    if start is None or len(container.streams) == 1:
        return first_s
    return min(first_s, start / av.time_base)


def _why_no_packet(path: Path, name: str, stream: VideoStream) -> str:
    missing = missing_end(path, name)
    if missing:
        return missing
    promised = f" of the {stream.frames} frames it promises" if stream.frames else ""
    return f"cut off or damaged: none{promised} is in the file"


def _describe(
    name: str, container: InputContainer, stream: VideoStream, table: PacketTable
) -> VideoInfo:
    width, height = _display_size(stream)
    duration_s = promised_s(container, stream, table)
    if duration_s > MAX_LENGTH_S:
        raise UnreadableVideo(f"too long: {duration_s / 3600:.0f} hours, the limit is 48")
    n_shown = int(table.is_shown.sum())
    rate = stream.average_rate
    held_s = table.end_s
    fps = float(rate) if rate else (n_shown / held_s if held_s > 0 else 0.0)
    return VideoInfo(
        container=name,
        codec={"libdav1d": "av1"}.get(stream.codec_context.name, stream.codec_context.name),
        width_px=width,
        height_px=height,
        fps=fps,
        duration_s=duration_s,
        rotation_deg=0,
        n_frames_promised=stream.frames or None,
    )


def _display_size(stream: VideoStream) -> tuple[int, int]:
    context = stream.codec_context
    shape = context.sample_aspect_ratio
    width = context.width * (float(shape) if shape else 1.0)
    return max(1, round(width)), max(1, context.height)


def promised_s(container: InputContainer, stream: VideoStream, table: PacketTable) -> float:
    """Length of the picture that the file promises.

    The stream's own length comes first; an edit list may make the container shorter than its
    stream. A length of the container alone counts for the picture only where no other stream
    reaches it (a song longer than its picture is no damage). Where nothing is promised, what the
    packets add up to.
    """
    whole_s = container.duration / av.time_base if container.duration else None
    ticks = stream.duration or 0
    own_s: float | None = ticks * float(stream.time_base or 0) if ticks < sys.maxsize else 0.0
    own_s = own_s or _tagged_s(stream.metadata.get("DURATION"))
    if own_s:
        return min(own_s, whole_s) if whole_s else own_s
    others_reach = whole_s is not None and table.others_end_s - table.zero_s >= 0.98 * whole_s
    if whole_s and not others_reach:
        return whole_s
    return table.end_s


def _tagged_s(text: str | None) -> float | None:
    """Seconds of a Matroska DURATION tag, `00:00:05.000000000`."""
    try:
        hours, minutes, seconds = (text or "").split(":")
        value = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
