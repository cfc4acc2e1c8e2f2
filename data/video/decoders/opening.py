"""Open a video safely, describe it, and judge how much of what it promises was decoded."""

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from data.errors import UnreadableVideo
from data.video.containers import DEMUXERS, RAW_STREAMS, missing_end, sniff
from data.video.decoders.demuxing.clock import BROADCAST
from data.video.decoders.demuxing.film import MAX_PIXELS, film_of, goes_on_elsewhere
from data.video.decoders.demuxing.packets import (
    PacketTable,
    SoundPackets,
    count_packets,
    no_packets,
)
from data.video.decoders.demuxing.recorded import recorded_us
from data.video.decoders.work import Work
from data.video.types import HELD_S, LONGEST_VIDEO_S, DecodeRequest, Ending, OnProgress, VideoInfo

DONE_FRACTION = 0.98
"""Share of the promised length that must be decoded."""
MOST_HZ = 1000.0
"""A rate above this is the time base of a demuxer that does not know it."""
_READ_ALL = {"probesize": str(2**31 - 1), "analyzeduration": str(2**62)}
WIDEST_PIXEL = 8.0
"""Pixels that are said to be wider than this, or narrower than its inverse, are taken as square."""
AS_PROMISED_S = 1.0
"""A file that holds more than this beyond what it promises is as long as what it holds."""
BROKEN_OFF = "damaged: the container cannot be read to its end"
GOES_ON = "its picture goes on in another stream, which is not read"
UNDECODABLE = "damaged: its pictures cannot be decoded"


def silence_ffmpeg() -> None:
    """Let FFmpeg write nothing, in this whole process: for one that only decodes."""
    av.logging.set_level(av.logging.PANIC)


@dataclass
class OpenVideo:
    """An open container, its picture stream and its packets."""

    path: Path
    container_name: str
    container: InputContainer
    stream: VideoStream
    table: PacketTable
    info: VideoInfo
    work: Work
    """What is decoded of it, and how much may be."""
    not_read: str = ""
    """Why more may be in the file than is read and than it promises; empty where all is known."""
    reads_all: bool = False
    """Streams had to be looked for in the whole file."""

    def again(self) -> InputContainer:
        """The same file, opened once more."""
        return open_container(self.path, self.container_name, reads_all=self.reads_all)

    def turn(self, is_turned: bool) -> None:
        """Note whether frames lie on their side, which only frames tell."""
        if is_turned:
            width_px, height_px = self.info.height_px, self.info.width_px
            self.info = replace(self.info, width_px=width_px, height_px=height_px)

    def wanted_end_s(self, request: DecodeRequest) -> float:
        """Where the samples of a request end: with the range, or with the picture.

        Raises:
            UnreadableVideo: The range begins after the end of the video.
        """
        held_s = self.table.end_s
        longest_s = max(held_s, self.info.duration_s)
        if request.start_s > 0 and request.start_s >= longest_s:
            raise UnreadableVideo(
                f"the range begins at {request.start_s:g} s, but the video ends at {longest_s:g} s",
                fix="give an earlier range",
            )
        if request.start_s > 0 and request.start_s >= held_s:
            raise UnreadableVideo(
                f"cut off: the file holds {held_s:.1f} s of {longest_s:.1f} s, "
                "nothing of this range"
            )
        return held_s if request.end_s is None else min(request.end_s, held_s)

    def judge(
        self, request: DecodeRequest, *, held_s: float, lost_s: float, n_samples: int
    ) -> Ending:
        """Compare what was decoded with what the file promises of the range.

        Args:
            request: The range.
            held_s: Seconds of the range that the file holds.
            lost_s: Of these, seconds that could not be decoded.
            n_samples: Samples delivered.

        Raises:
            UnreadableVideo: There was no sample.
        """
        missing = missing_end(self.path, self.container_name) or self.not_read
        if not n_samples:
            raise UnreadableVideo(missing or UNDECODABLE, final=False)
        end_s = min(self.info.duration_s, request.end_s or math.inf)
        promised_s = max(0.0, end_s - request.start_s)
        decoded_s = max(0.0, held_s - lost_s)
        # A frame and a half may be missing from any file: headers round.
        rounding_s = min(1.5 / self.info.fps, HELD_S) if self.info.fps else 0.1
        is_damaged = lost_s > rounding_s
        least_s = DONE_FRACTION * promised_s
        enough = decoded_s >= (least_s if is_damaged else min(least_s, promised_s - rounding_s))
        if enough and not missing:
            return Ending("done", decoded_s=decoded_s)
        reason = f"{min(decoded_s, promised_s):.1f} s of {promised_s:.1f} s could be decoded"
        if enough and missing:
            reason = missing
        else:
            reason = f"{'damaged' if is_damaged else 'cut off'}: {reason}"
        return Ending("partial", reason, decoded_s)


@contextmanager
def open_video(
    path: Path,
    *,
    on_progress: OnProgress = lambda: None,
    sounds: dict[int, SoundPackets] | None = None,
) -> Iterator[OpenVideo]:
    """Open a file with the one demuxer that its first bytes call for, and count its packets.

    Args:
        path: The file.
        on_progress: Called often.
        sounds: Takes the packets of each sound stream, by its index; None where nobody asks.

    Raises:
        UnreadableVideo: No allowed container, no picture, encrypted, too large, or damaged beyond
            opening.
    """
    name = sniff(path)
    video = _open(path, name, on_progress, sounds, reads_all=False)
    if video is None:
        video = _open(path, name, on_progress, sounds, reads_all=True)
    assert video is not None
    with video.container:
        yield video


def _open(
    path: Path,
    name: str,
    on_progress: OnProgress,
    sounds: dict[int, SoundPackets] | None,
    *,
    reads_all: bool,
) -> OpenVideo | None:
    """The opened video; None where streams began that were found too late."""
    container = open_container(path, name, reads_all=reads_all)
    try:
        tables, found_late = count_packets(container, on_progress, sounds)
        if found_late and not reads_all:
            container.close()
            return None
        video = _video_of(path, name, container, tables)
        video.reads_all = reads_all
        if found_late:  # and FFmpeg does not find it wherever it looks
            goes_on = _has_picture_after(path, name, video.table.end_bytes)
            video.not_read = GOES_ON if goes_on else video.not_read
    except BaseException:
        container.close()
        raise
    return video


class _Tail:
    """The end of a file, to be read in one pass."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        """The next bytes."""
        return self._file.read(size)


def _has_picture_after(path: Path, name: str, end_bytes: int) -> bool:
    """Whether a picture stream begins behind the last packet of the film."""
    with path.open("rb") as file:
        file.seek(max(0, end_bytes))
        try:
            with av.open(_Tail(file), format=DEMUXERS[name]) as tail:
                return bool(tail.streams.video)
        except (av.FFmpegError, ValueError, OSError):
            return False


def _video_of(
    path: Path, name: str, container: InputContainer, tables: dict[int, PacketTable]
) -> OpenVideo:
    stream = film_of(container, tables, missing=missing_end(path, name))
    table = tables.get(stream.index) or no_packets(float(stream.time_base or 0))
    table.join_parts(is_broadcast=name in BROADCAST)
    if name == "avi":
        table.guessed = stream.codec_context.name in ("h264", "hevc")
        table.last_until_next()
    if table.encrypted:
        raise UnreadableVideo("encrypted: it cannot be played without its key")
    if not table.is_shown.any():
        raise UnreadableVideo(_why_no_packet(path, name, stream))
    rate_hz = _rate_hz(stream)
    promised_s: float | None = None
    if name in RAW_STREAMS:  # the demuxer's own length is a guess from the bit rate
        rate_hz = table.space_evenly(rate_hz)
    elif table.n_parts == 1:  # else the container counts from the lowest time to the highest
        promised_s = promised_length_s(container, stream, table)
    left_bytes = path.stat().st_size - table.end_bytes if table.end_bytes else 0
    is_much = left_bytes > (1 - DONE_FRACTION) * path.stat().st_size
    not_read = BROKEN_OFF if table.is_broken_off and (is_much or not promised_s) else ""
    if name in BROADCAST and goes_on_elsewhere(stream, container, tables):
        not_read = GOES_ON
    length_s = promised_s or table.end_s
    if table.end_s > length_s + AS_PROMISED_S:
        length_s = table.end_s
    info = _describe(stream, table, rate_hz, length_s, container.metadata)
    work = Work(table.size_bytes)
    return OpenVideo(path, name, container, stream, table, info, work, not_read=not_read)


def open_container(path: Path, name: str, *, reads_all: bool = False) -> InputContainer:
    """Open a file as this kind of container and no other.

    Args:
        path: The file.
        name: A key of `DEMUXERS`.
        reads_all: Look for streams in the whole file, not only where it begins.

    Raises:
        UnreadableVideo: It cannot be parsed as one.
    """
    demuxer = DEMUXERS[name]
    try:
        # max_pixels: opening already decodes a frame or two, before any size can be checked
        return av.open(
            str(path.absolute()),
            format=demuxer,
            options={"max_pixels": str(MAX_PIXELS)},
            container_options={"format_whitelist": demuxer, **(_READ_ALL if reads_all else {})},
            metadata_errors="replace",
        )
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        missing = missing_end(path, name)
        reason = missing or f"damaged: the {name} container cannot be read"
        raise UnreadableVideo(reason, final=missing is not None) from error


def _rate_hz(stream: VideoStream) -> float:
    """Mean pictures per second as the file says; 0.0 where it does not."""
    rates = (float(rate or 0) for rate in (stream.average_rate, stream.guessed_rate))
    return next((rate for rate in rates if 0 < rate <= MOST_HZ), 0.0)


def _why_no_packet(path: Path, name: str, stream: VideoStream) -> str:
    missing = missing_end(path, name)
    if missing:
        return missing
    promised = f" of the {stream.frames} frames it promises" if stream.frames else ""
    return f"cut off or damaged: none{promised} is in the file"


def _describe(
    stream: VideoStream,
    table: PacketTable,
    rate_hz: float,
    duration_s: float,
    tags: Mapping[str, str],
) -> VideoInfo:
    width, height = _display_size(stream)
    n_shown = int(table.is_shown.sum())
    held_s = table.end_s
    moving_s = table.shown_s(0.0, held_s, longest_s=HELD_S)
    if moving_s > LONGEST_VIDEO_S:
        raise UnreadableVideo(f"too long: {moving_s / 3600:.0f} hours, the limit is 48")
    fps = rate_hz or (n_shown / held_s if held_s > 0 else 0.0)
    return VideoInfo(
        codec={"libdav1d": "av1"}.get(stream.codec_context.name, stream.codec_context.name),
        width_px=width,
        height_px=height,
        fps=fps,
        duration_s=duration_s,
        recorded_us=recorded_us(tags, stream.metadata),
    )


def _display_size(stream: VideoStream) -> tuple[int, int]:
    context = stream.codec_context
    return max(1, round(context.width * pixel_shape(stream))), max(1, context.height)


def pixel_shape(stream: VideoStream) -> float:
    """Width of a pixel over its height; 1.0 where the file says nothing that can be true."""
    shape = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
    return shape if 1 / WIDEST_PIXEL <= shape <= WIDEST_PIXEL else 1.0


def promised_length_s(
    container: InputContainer, stream: VideoStream, table: PacketTable
) -> float | None:
    """Length of the picture that the file promises; None where it promises nothing.

    The stream's length comes first; an edit list may make the container shorter than its
    stream. The container's length counts for the picture only where no other stream reaches it
    (a song longer than its picture is no damage).
    """
    whole_s = container.duration / av.time_base if container.duration else None
    ticks = stream.duration or 0
    stream_s: float | None = ticks * float(stream.time_base or 0) if ticks < sys.maxsize else 0.0
    # FFmpeg gives a stream without a length that of the file; a tag may be an older file's.
    said_s = (stream_s, _tagged_s(stream.metadata.get("DURATION")))
    stream_s = min((seconds for seconds in said_s if seconds), default=None)
    if stream_s:
        return _from_zero(min(stream_s, whole_s) if whole_s else stream_s, table)
    others_reach = whole_s is not None and table.others_end_s - table.zero_s >= 0.98 * whole_s
    if whole_s and not others_reach:
        return _from_zero(whole_s, table)
    return None


def _from_zero(promised_s: float, table: PacketTable) -> float:
    """The promise on the video's clock, where a header counts from before the first time stamp."""
    reaches = table.zero_s + table.end_s >= DONE_FRACTION * promised_s
    if table.zero_s <= 0 or not reaches:
        return promised_s
    return min(promised_s, max(table.end_s, promised_s - table.zero_s))


def _tagged_s(text: str | None) -> float | None:
    """Seconds of a Matroska DURATION tag, `00:00:05.000000000`."""
    try:
        hours, minutes, seconds = (text or "").split(":")
        value = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
