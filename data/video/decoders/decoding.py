"""Reading video: what a file is, and its frames at a steady rate with their true times.

These functions decode inside the calling process. A bad file can crash or hang a decoder, so files
that came from outside are read through `data.video.children.pool`, which puts them in child
processes that can be killed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from data.video.containers import sniff
from data.video.decoders.decord_decoder import DecordDecoding
from data.video.decoders.opening import OpenVideo, open_video
from data.video.decoders.paint import quarter_turns
from data.video.decoders.pyav_decoder import PyavDecoding
from data.video.types import (
    FRAMES_PER_BATCH,
    DecodeRequest,
    FrameBatch,
    FrameSpec,
    Outcome,
    Pixels,
    Progress,
    Sample,
    UnreadableVideo,
    VideoInfo,
)

__all__ = [
    "DECODERS",
    "DecodeRequest",
    "Decoding",
    "FrameBatch",
    "FrameSpec",
    "Outcome",
    "UnreadableVideo",
    "VideoInfo",
    "grab_frame",
    "iter_frames",
    "open_decoding",
    "probe",
    "sniff",
]

DECODERS = ("pyav", "decord")
"""The decoders, best first by `benchmarks/decoders.py`: "auto" takes the first that can read a
file."""


class Decoder(Protocol):
    """One pass of one decoder over one video."""

    name: str

    def samples(self) -> Iterator[Sample]:
        """The wanted frames in order."""
        ...

    def outcome(self) -> Outcome:
        """How it went; raises `UnreadableVideo` where no frame came."""
        ...


_KINDS: dict[str, Callable[[OpenVideo, DecodeRequest, Progress], Decoder]] = {
    "pyav": PyavDecoding,
    "decord": DecordDecoding,
}


def probe(path: Path) -> VideoInfo:
    """What a video says about itself; its first frame is decoded, for the rotation.

    Raises:
        UnreadableVideo: It is no video, or none that can be opened.
    """
    with open_video(Path(path)) as video:
        return _turned(video)


def _turned(video: OpenVideo) -> VideoInfo:
    """Info with the rotation, which only frames carry."""
    import av

    context = video.stream.codec_context
    info = video.info
    for packet in (video.table.kept or [])[:50]:
        try:
            frames = context.decode(packet)
        except av.FFmpegError:
            continue
        if frames:
            turns = quarter_turns(frames[0])
            context.flush_buffers()
            return turned(info, turns)
    context.flush_buffers()
    return info


def turned(info: VideoInfo, turns: int) -> VideoInfo:
    """Info of a video whose frames need this many quarter turns."""
    if turns % 2:
        info = replace(info, width_px=info.height_px, height_px=info.width_px)
    return replace(info, rotation_deg=90 * turns)


class Decoding:
    """A video being sampled by the first decoder that can read it."""

    def __init__(
        self, video: OpenVideo, request: DecodeRequest, decoder: str, on_progress: Progress
    ) -> None:
        self.info = video.info
        """What the file promises."""
        self.decoder = ""
        """Name of the decoder that read it."""
        self._video = video
        self._request = request
        self._names = DECODERS if decoder == "auto" else (decoder,)
        self._on_progress = on_progress
        self._outcome: Outcome | None = None

    def samples(self) -> Iterator[Sample]:
        """The samples in order.

        Raises:
            UnreadableVideo: No decoder gave a single frame; the reason is the first decoder's.
        """
        first_error: UnreadableVideo | None = None
        for name in self._names:
            self.decoder = name
            n_samples = 0
            try:
                attempt = _KINDS[name](self._video, self._request, self._on_progress)
                for sample in attempt.samples():
                    n_samples += 1
                    yield sample
                self._outcome = attempt.outcome()
            except UnreadableVideo as error:
                first_error = first_error or error
                if n_samples or error.final:
                    break
            else:
                return
        assert first_error is not None
        raise first_error

    def outcome(self) -> Outcome:
        """How it went, once `samples` is exhausted."""
        assert self._outcome is not None
        return self._outcome


@contextmanager
def open_decoding(
    request: DecodeRequest, *, decoder: str = "auto", on_progress: Progress = lambda: None
) -> Iterator[Decoding]:
    """Open a video for sampling.

    Args:
        request: What is wanted.
        decoder: One of `DECODERS`, or "auto".
        on_progress: Called often.

    Raises:
        UnreadableVideo: It is no video, or none that can be opened.
    """
    if decoder != "auto" and decoder not in DECODERS:
        raise ValueError(f"decoder={decoder!r}; known are auto, {', '.join(DECODERS)}")
    with open_video(request.path, on_progress=on_progress) as video:
        yield Decoding(video, request, decoder, on_progress)


def iter_frames(
    path: Path,
    *,
    spec: FrameSpec,
    fps: float = 2.0,
    start_s: float = 0.0,
    end_s: float | None = None,
    decoder: str = "auto",
) -> Iterator[FrameBatch]:
    """Frames shown at start_s + k / fps, in batches of at most 64, decoded in this process.

    Where key frames are as dense as the samples, they are the samples, with their own times. A
    video shorter than 1 / fps gives its first frame. A damaged video gives the frames that can be
    had.

    Raises:
        UnreadableVideo: Not a single frame can be had.
    """
    request = DecodeRequest(Path(path), spec, fps, start_s, end_s)
    with open_decoding(request, decoder=decoder) as decoding:
        pixels, times = _new_batch(spec), list[float]()
        for sample in decoding.samples():
            sample.draw(pixels[len(times)])
            times.append(sample.time_s)
            if len(times) == len(pixels):
                yield FrameBatch(pixels, np.array(times))
                pixels, times = _new_batch(spec), []
        if times:
            yield FrameBatch(pixels[: len(times)], np.array(times))


def _new_batch(spec: FrameSpec) -> Pixels:
    return np.empty((FRAMES_PER_BATCH, spec.height_px, spec.width_px, 3), np.uint8)


def grab_frame(path: Path, time_s: float, *, width_px: int = 320) -> Pixels:
    """The frame on the screen at a time (the last one after the end), in the picture's own shape.

    Returns:
        (h, width_px, 3) uint8 RGB.

    Raises:
        UnreadableVideo: No frame can be had.
    """
    info = probe(path)
    start_s = max(0.0, min(time_s, info.duration_s - (1 / info.fps if info.fps else 0.04)))
    height_px = max(1, round(info.height_px * width_px / info.width_px))
    spec = FrameSpec(width_px, height_px)
    out = np.empty((height_px, width_px, 3), np.uint8)
    request = DecodeRequest(Path(path), spec, fps=1.0, start_s=start_s, end_s=start_s + 1.0)
    with open_decoding(request) as decoding:
        for sample in decoding.samples():
            sample.draw(out)
            return out
    raise UnreadableVideo("no frame could be decoded")
