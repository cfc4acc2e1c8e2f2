"""The packets of a video, counted without decoding them.

Counting pays for itself: the exact time of every frame is known beforehand, so most of the others
need not be decoded, and what a file promises can be compared with what it holds.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from data.errors import UnreadableVideo
from data.video.decoders.demuxing.clock import BACK_S, LEAP_S, part_starts, shifts
from data.video.types import OnProgress

MAX_FRAMES = 5_000_000
"""A day at 60 frames per second."""
KEEP_PACKETS_BYTES = 48 * 2**20
"""Compressed packets of smaller files stay in memory between counting and decoding."""
NO_TIME = -(2**63)


@dataclass(frozen=True)
class Part:
    """A stretch of a file with a clock of its own."""

    place: int
    """Number of its first packet among all packets of the file."""
    added_s: float
    """Seconds to add to its time stamps to have those of the table."""


@dataclass
class SoundPackets:
    """The packets of one sound stream, in the order of the file; 16 bytes each."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    """Presentation times in ticks of the stream; NO_TIME where the container has none."""
    places: array[int] = field(default_factory=lambda: array("q"))
    """Their numbers among all packets of the file."""
    ticks: int = 0
    """Length of all of them together; 0 where unknown."""
    is_encrypted: bool = False
    """Packets carry encryption marks."""

    def add(self, packet: Packet[Any], place: int) -> None:
        """Note the next packet, number `place` of the file."""
        if not self.pts:
            self.is_encrypted = packet.has_sidedata("encryption_info")
        self.pts.append(NO_TIME if packet.pts is None else packet.pts)
        self.places.append(place)
        self.ticks += packet.duration or 0


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
    dts: NDArray[np.int64]
    """(n,) decoding times in `tick_s`; NO_TIME where the container has none."""
    tick_s: float
    """Seconds of one tick."""
    zero_s: float = 0.0
    """Time stamp at which the video's clock is 0."""
    encrypted: bool = False
    """Packets carry encryption marks."""
    guessed: bool = False
    """The container stores no presentation times, and FFmpeg's guess is wrong for this codec."""
    place: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(n,) number of each packet among all packets of the file."""
    parts: tuple[Part, ...] = (Part(0, 0.0),)
    """Where time stamps start anew, in the order of the file."""
    n_parts: int = 1
    """Parts with a clock of their own, which were put one after the other; packets of the file
    carry other time stamps than the table where there are several."""
    size_bytes: int = 0
    """Size of all packets together."""
    places: tuple[int, int] = (0, 0)
    """Numbers of the first and the last packet among all packets of the file."""
    end_bytes: int = 0
    """Where the last packet begins in the file; 0 where the container does not say."""
    is_broken_off: bool = False
    """The container could not be read to its end."""
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
        """End of the last frame, on the video's clock."""
        shown = self.is_shown & (self.pts != NO_TIME)
        if not self.has_times:
            return float(self.ticks[self.is_shown].sum() * self.tick_s)
        pts, ticks = self.pts[shown], self.ticks[shown]
        last = int(pts.argmax())
        length = int(ticks[last])
        if length <= 0 and len(pts) > 1:
            length = round((int(pts.max()) - int(pts.min())) / (len(pts) - 1))
        return self.seconds(int(pts[last]) + max(0, length))

    def last_until_next(self) -> None:
        """Let each packet last until the next is decoded: AVI repeats pictures by empty packets."""
        if len(self.dts) > 1 and (self.dts != NO_TIME).all():
            self.ticks[:-1] = np.maximum(self.ticks[:-1], np.diff(self.dts))

    def space_evenly(self, rate_hz: float) -> float:
        """Give each packet one length, since a raw stream says none or guesses; the rate in Hz.

        The length is the usual one that the codec's headers say, else that of `rate_hz`, the guess
        of FFmpeg's demuxer.
        """
        said = self.ticks[self.ticks > 0]
        length = int(np.median(said)) if len(said) else round(1 / (rate_hz or 25.0) / self.tick_s)
        self.ticks[:] = max(1, length)
        self.guessed = True
        return 1 / (max(1, length) * self.tick_s)

    def join_parts(self, *, is_broadcast: bool) -> None:
        """Put parts whose time stamps start anew one after the other, by the rule of `clock`."""
        known = np.flatnonzero(self.is_shown & (self.pts != NO_TIME))
        ticks_per_s = 1 / self.tick_s if self.tick_s else 1.0
        starts = part_starts(
            self.pts[known],
            self.is_key[known],
            back=round(BACK_S * ticks_per_s),
            leap=round(LEAP_S * ticks_per_s) if is_broadcast else None,
        )
        if not len(starts):
            return
        added = shifts(self.pts[known], self.ticks[known], starts)
        self.n_parts = len(starts) + 1
        self.parts = tuple(
            Part(int(self.place[known[row]]), float(added[row]) * self.tick_s)
            for row in (0, *starts.tolist())
        )
        place = np.maximum(np.searchsorted(known, np.arange(len(self.pts)), side="right") - 1, 0)
        self.pts = np.where(self.pts == NO_TIME, NO_TIME, self.pts + added[place])

    def shown_s(self, start_s: float, end_s: float, *, longest_s: float) -> float:
        """Seconds of a range, each picture counted for at most `longest_s`."""
        if self.has_times:
            begins_s = np.sort(self.pts[self.is_shown]) * self.tick_s - self.zero_s
        else:
            ticks = self.ticks[self.is_shown]
            begins_s = (np.cumsum(ticks) - ticks) * self.tick_s
        borders_s = np.clip(np.r_[begins_s, self.end_s], start_s, max(start_s, end_s))
        return float(np.minimum(np.diff(borders_s), longest_s).sum())

    def seconds(self, pts: int) -> float:
        """A time stamp on the video's clock."""
        return pts * self.tick_s - self.zero_s


def count_packets(
    container: InputContainer,
    on_progress: OnProgress,
    sounds: dict[int, SoundPackets] | None = None,
) -> tuple[dict[int, PacketTable], bool]:
    """Read every packet of a file, up to the first damage of the container.

    Args:
        container: The file.
        on_progress: Called for each packet.
        sounds: Takes the packets of each sound stream, by its index; None where nobody asks.

    Returns:
        A table for each picture stream that has a packet, by the stream's index; and whether a
        stream began that was not found when the container was opened.

    Raises:
        UnreadableVideo: There are too many.
    """
    found: dict[int, _Packets] = {}
    ends_s: dict[int, float] = {}
    ended_by: list[BaseException] = []
    if sounds is not None:
        sounds.clear()
    for place, packet in enumerate(until_damage(container, ended_by)):
        on_progress()
        index = packet.stream_index
        ends_s[index] = max(ends_s.get(index, 0.0), _end_of(packet))
        if isinstance(packet.stream, VideoStream):
            found.setdefault(index, _Packets()).add(packet, place)
        elif sounds is not None and isinstance(packet.stream, AudioStream):
            sounds.setdefault(index, SoundPackets()).add(packet, place)
    tables = {}
    for index, packets in found.items():
        table = packets.table(float(container.streams[index].time_base or 0))
        table.others_end_s = max((s for other, s in ends_s.items() if other != index), default=0.0)
        table.zero_s = _zero_s(container, table)
        tables[index] = table
    found_late = any(isinstance(error, IndexError) for error in ended_by)
    for table in tables.values():
        table.is_broken_off = bool(ended_by) and not found_late
    return tables, found_late


class _Packets:
    """The packets of one stream, as they come."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, bool, bool, int]] = []
        self._kept: list[Packet[Any]] = []
        self._size_bytes = 0
        self._encrypted = False
        self._all_places = array("q")
        self._places = (0, 0)
        self._end_bytes = 0

    def add(self, packet: Packet[Any], place: int) -> None:
        """Note the next packet, number `place` of the file."""
        self._places = (self._places[0] if self._rows else place, place)
        self._all_places.append(place)
        self._end_bytes = max(self._end_bytes, packet.pos or 0)
        if not self._rows:
            self._encrypted = packet.has_sidedata("encryption_info")
        pts = NO_TIME if packet.pts is None else packet.pts
        dts = NO_TIME if packet.dts is None else packet.dts
        ticks, is_shown = packet.duration or 0, not packet.is_discard
        self._rows.append((pts, ticks, packet.is_keyframe, is_shown, dts))
        self._size_bytes += packet.size
        self._kept.append(packet)
        if self._size_bytes > KEEP_PACKETS_BYTES:
            self._kept.clear()
        if len(self._rows) > MAX_FRAMES:
            raise UnreadableVideo(f"too long: more than {MAX_FRAMES} frames")

    def table(self, tick_s: float) -> PacketTable:
        """All of them."""
        numbers = np.array(self._rows, dtype=np.int64).reshape(len(self._rows), 5)
        return PacketTable(
            pts=numbers[:, 0].copy(),
            ticks=numbers[:, 1].copy(),
            is_key=numbers[:, 2] > 0,
            is_shown=numbers[:, 3] > 0,
            dts=numbers[:, 4].copy(),
            tick_s=tick_s,
            encrypted=self._encrypted,
            place=np.array(self._all_places, np.int64),
            places=self._places,
            end_bytes=self._end_bytes,
            size_bytes=self._size_bytes,
            kept=self._kept if self._size_bytes <= KEEP_PACKETS_BYTES else [],
        )


def no_packets(tick_s: float) -> PacketTable:
    """The table of a stream that has none."""
    return _Packets().table(tick_s)


def until_damage(
    container: InputContainer, ended_by: list[BaseException], *streams: Stream
) -> Iterator[Packet[Any]]:
    """Packets with content, up to the end or to where the container cannot be read further.

    A packet that is said to be larger than memory is such a place: what lies before it is good.

    Args:
        container: The file.
        ended_by: Takes the error that ended it: IndexError is what PyAV raises at the end of a file
            with a stream that it does not know.
        streams: Those to read; all where none is named.
    """
    try:
        for packet in container.demux(*streams):
            if packet.size:
                yield packet
    except (IndexError, MemoryError, av.FFmpegError, OSError) as error:
        ended_by.append(error)


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
