"""Subtitle streams inside a video, and its title: what its container says in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.container import InputContainer
from av.subtitles.stream import SubtitleStream

from data.video.containers import sniff
from data.video.decoders.opening import open_container
from data.video.types import OnProgress

_SIMPLE = ("ass", "ssa", "subrip", "srt", "webvtt", "mov_text", "text", "ttml", "realtext", "stl")
_RARE = ("microdvd", "sami", "jacosub", "subviewer", "subviewer1", "mpl2", "pjs", "vplayer")
TEXT_CODECS = frozenset((*_SIMPLE, *_RARE, "hdmv_text_subtitle"))
"""FFmpeg's names of subtitles that are text; others are pictures, or need more than text."""

LONGEST_CUE_S = 30.0
"""A cue without an end, and with none after it, stands this long at most."""


@dataclass(frozen=True)
class StreamCue:
    """One text of a subtitle stream."""

    start_s: float
    """Start, in seconds on the clock of the video's frames."""
    end_s: float
    """End, not included."""
    text: str
    """Several rows, with the marks of ASS."""


@dataclass
class SubtitleTrack:
    """One subtitle stream."""

    language: str
    """As the file names it; empty where it does not."""
    codec: str
    """FFmpeg's name of its format."""
    is_text: bool
    """False for pictures, which are not read."""
    cues: list[StreamCue] = field(default_factory=list)
    """In the order of the file."""


@dataclass
class ContainerWords:
    """What a container holds in words."""

    title: str
    """Its title tag; empty where there is none."""
    tracks: list[SubtitleTrack]
    """Its subtitle streams, in the order of the file."""
    is_whole: bool = True
    """False where the file broke off, or a packet could not be read."""


def container_words(path: Path, on_progress: OnProgress = lambda: None) -> ContainerWords:
    """The title and the subtitles of a video.

    Raises:
        UnreadableVideo: No allowed container, or damaged beyond opening.
    """
    with open_container(path, sniff(path)) as container:
        tracks = {
            stream.index: SubtitleTrack(stream.language or "", _codec(stream), _is_text(stream))
            for stream in container.streams.subtitles
        }
        words = ContainerWords(container.metadata.get("title", ""), list(tracks.values()))
        texts = [each for each in container.streams.subtitles if tracks[each.index].is_text]
        if not texts:
            return words
        zero_s = (container.start_time or 0) / av.time_base
        try:
            for stream, cue in _cues(container, texts, zero_s, on_progress):
                tracks[stream].cues.append(cue)
        except (av.FFmpegError, OSError, ValueError):
            words.is_whole = False
        return words


def _codec(stream: SubtitleStream) -> str:
    context = stream.codec_context
    return "unknown" if context is None else str(context.name)


def _is_text(stream: SubtitleStream) -> bool:
    return _codec(stream) in TEXT_CODECS


def _cues(
    container: InputContainer,
    streams: list[SubtitleStream],
    zero_s: float,
    on_progress: OnProgress,
) -> Iterator[tuple[int, StreamCue]]:
    for packet in container.demux(streams):
        on_progress()
        if packet.pts is None or packet.time_base is None or not packet.size:
            continue
        start_s = float(packet.pts * packet.time_base) - zero_s
        length_s = float((packet.duration or 0) * packet.time_base)
        end_s = start_s + (length_s if length_s > 0 else LONGEST_CUE_S)
        for part in packet.decode():
            text = getattr(part, "dialogue", b"")
            if text:
                yield packet.stream.index, StreamCue(start_s, end_s, _text(text))


def _text(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", errors="replace")
