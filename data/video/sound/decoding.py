"""Read the sound of one video, inside the calling process.

A bad file can crash or hang a decoder, so files that come from outside are read through
`data.video.children.listening`, which runs this in a child process that can be killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Discard

from data.video.containers import missing_end
from data.video.decoders.demuxing.clock import BROADCAST
from data.video.decoders.demuxing.packets import NO_TIME, SoundPackets, until_damage
from data.video.decoders.opening import BROKEN_OFF, DONE_FRACTION, OpenVideo, open_video
from data.video.sound.parts import added_ticks
from data.video.sound.timeline import Timeline
from data.video.sound.tracks import tracks_of
from data.video.sound.types import SoundPiece, Track
from data.video.types import LONGEST_VIDEO_S, Ending, OnProgress

HOPELESS_PACKETS = 300
"""This many rejected packets without one frame end the attempt at a stream."""
LOST_S = 0.5
"""Less sound than this may be damaged or missing from a stream that is read whole."""
LOST_SHARE = 0.02
"""Or this share of its length."""
FREE_S = 6 * 3600.0
"""Seconds of sound that any file may have decoded, however small."""
S_PER_BYTE = 0.05
"""Seconds decoded for each byte of the file: digital silence takes 20 to 280 bytes a second."""

NO_SOUND = "no sound"
UNKNOWN = "its sound is in a format that FFmpeg does not know"
ENCRYPTED = "its sound is encrypted"
UNDECODABLE = "damaged: its sound cannot be decoded"


class SoundDecoding:
    """One pass over the sound of one open video.

    Attributes:
        track: The stream that is read; None before the first piece, or where there is none.
    """

    def __init__(
        self, video: OpenVideo, packets: dict[int, SoundPackets], on_progress: OnProgress
    ) -> None:
        self.track: Track | None = None
        self._video = video
        self._packets = packets
        self._on_progress = on_progress
        self._most_s = min(FREE_S + S_PER_BYTE * video.path.stat().st_size, LONGEST_VIDEO_S)
        self._streams = [s.index for s in tracks_of(video.container, packets)]
        self._reason = ""
        self._read: _Stream | None = None

    def pieces(self) -> Iterator[SoundPiece]:
        """The sound in order of time, of the first stream that can be decoded."""
        for index in self._streams:
            if self._packets[index].is_encrypted:
                self._reason = ENCRYPTED
                continue
            self._read = _Stream(self._video, index, self._packets[index], self._on_progress)
            for piece in self._read.pieces(self._most_s):
                self.track = self._read.track
                yield piece
            if self._read.decoded_s > 0:
                return
            self._reason = UNDECODABLE

    def ending(self) -> Ending:
        """How it went, once `pieces` is exhausted.

        done: read whole, or there is no sound; partial: some could not be read; failed: nothing
        could. The reason says which, and when.
        """
        if self._read is None or not self._read.decoded_s:
            has_stream = bool(self._video.container.streams.audio)
            reason = self._reason or (UNKNOWN if has_stream and self._packets else NO_SOUND)
            return Ending("done" if reason == NO_SOUND else "failed", reason)
        reason = self._read.lacks()
        return Ending("partial" if reason else "done", reason, self._read.decoded_s)


class _Stream:
    """One sound stream, decoded."""

    def __init__(
        self, video: OpenVideo, index: int, packets: SoundPackets, on_progress: OnProgress
    ) -> None:
        self.decoded_s = 0.0
        self._video = video
        self._index = index
        self._packets = packets
        self._on_progress = on_progress
        self._timeline = Timeline()
        self._rejected = 0
        self._lost_s = 0.0
        self._lost_at_s = 0.0
        self._stopped = ""
        self._ended_by: list[BaseException] = []
        stream = video.container.streams[index]
        assert isinstance(stream, AudioStream)
        self._promised_s = _promised_end_s(stream, video)
        audio = video.container.streams.audio
        self.track = Track(
            codec=stream.codec_context.name,
            language=_language(stream),
            number=1 + [each.index for each in audio].index(index),
        )

    def pieces(self, most_s: float) -> Iterator[SoundPiece]:
        """The sound in order of time, at most `most_s` seconds of it."""
        with self._video.again() as container:
            stream = container.streams[self._index]
            assert isinstance(stream, AudioStream)
            for other in container.streams:
                other.discard = Discard.default if other.index == self._index else Discard.all
            for frame in self._frames(container, stream):
                self.decoded_s += frame.samples / max(1, frame.sample_rate)
                yield from self._timeline.add(frame, self._time_s(frame))
                if self.decoded_s >= most_s:
                    self._stopped = "it is more sound than a file of this size may hold"
                    break
            yield from self._timeline.end()

    def lacks(self) -> str:
        """What could not be read, and when; empty where all was."""
        reached_s = self._timeline.reached_s
        least_s = max(LOST_S, LOST_SHARE * reached_s)
        if self._stopped:
            return f"stopped at {reached_s:.1f} s: {self._stopped}"
        missing = missing_end(self._video.path, self._video.container_name)
        if missing or self._ended_by or self._video.not_read:
            why = missing or self._video.not_read or BROKEN_OFF
            return f"the sound breaks off at {reached_s:.1f} s ({why})"
        if self._promised_s - reached_s > max(2.0, LOST_SHARE * self._promised_s):
            return f"the sound breaks off at {reached_s:.1f} s of {self._promised_s:.1f} s"
        if self._lost_s > least_s:
            return (
                f"damaged: {self._lost_s:.1f} s of sound from {self._lost_at_s:.1f} s on "
                "could not be decoded"
            )
        return ""

    def _frames(self, container: Any, stream: AudioStream) -> Iterator[AudioFrame]:
        """Decode the packets of the stream; damaged ones are counted and passed over."""
        context = stream.codec_context
        context.thread_count = 1
        table = self._video.table
        added = added_ticks(
            self._packets,
            float(stream.time_base or 0),
            table.parts,
            is_broadcast=self._video.container_name in BROADCAST,
        )
        moves = bool(added.any())
        for row, packet in enumerate(until_damage(container, self._ended_by, stream)):
            self._on_progress()
            if moves and packet.pts is not None and row < len(added):
                packet.pts = packet.dts = int(packet.pts + added[row])
            yield from self._decode(context, packet)
            if self._rejected >= HOPELESS_PACKETS and not self.decoded_s:
                return
        yield from self._decode(context, None)

    def _decode(self, context: Any, packet: Packet[Any] | None) -> Iterator[AudioFrame]:
        try:
            frames = context.decode(packet)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            if not isinstance(error, EOFError):
                self._reject(packet)
            return
        for frame in frames:
            if frame.samples and frame.sample_rate:
                yield frame

    def _reject(self, packet: Packet[Any] | None) -> None:
        if not self._lost_s:
            self._lost_at_s = self._timeline.reached_s
        self._rejected += 1
        if packet is not None:
            self._lost_s += float((packet.duration or 0) * (packet.time_base or 0))

    def _time_s(self, frame: AudioFrame) -> float | None:
        if frame.pts is None or frame.pts == NO_TIME or frame.time_base is None:
            return None
        return float(frame.pts * frame.time_base) - self._video.table.zero_s


def _language(stream: AudioStream) -> str:
    """The language that the file names; "und" is how MP4 says that it names none."""
    language = stream.language or ""
    return "" if language in ("und", "mul", "zxx") else language


def _promised_end_s(stream: AudioStream, video: OpenVideo) -> float:
    """Where the file says that its sound ends, on the video's clock; 0.0 where it does not."""
    if video.table.n_parts > 1:
        return 0.0
    if stream.duration and stream.time_base is not None:
        begins = stream.start_time or 0
        return float((begins + stream.duration) * stream.time_base) - video.table.zero_s
    # A file without lengths of its streams that lacks the end of its picture lacks that of its
    # sound as well.
    breaks_off = video.table.end_s < DONE_FRACTION * video.info.duration_s
    return video.info.duration_s if breaks_off else 0.0


@contextmanager
def open_sound(path: Path, on_progress: OnProgress = lambda: None) -> Iterator[SoundDecoding]:
    """Open a video to read its sound.

    Raises:
        UnreadableVideo: It is no video, or none that can be opened.
    """
    packets: dict[int, SoundPackets] = {}
    with open_video(path, on_progress=on_progress, sounds=packets) as video:
        yield SoundDecoding(video, packets, on_progress)
