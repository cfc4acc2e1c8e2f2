"""The words in a video's picture, as lines with their interval."""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import UnreadableVideo
from data.lines import Channel, Reading
from data.video.children.pool import DecodePool
from data.video.children.supervisor import CHILD
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec, OnProgress, VideoInfo
from embeddings.words.screen import settings
from embeddings.words.screen.counts import Counts
from embeddings.words.screen.networks.weights import DETECTION, RECOGNITION, open_network
from embeddings.words.screen.scripts import DEFAULT_SCRIPTS, SCRIPTS
from embeddings.words.screen.settings import LONGEST_SIDE_PX, READ_FPS

if TYPE_CHECKING:
    from embeddings.words.screen.networks.detection import Detector
    from embeddings.words.screen.networks.recognition import Recogniser
    from embeddings.words.screen.video import VideoText


class ScreenReader:
    """Reads the lines that are written in the picture; one video at a time.

    Its decoding child lives as long as the reader.

    Args:
        chosen: The scripts to read, names in `SCRIPTS`; lines with letters of others are left out.
        child: Module of the decoding child.

    Raises:
        ValueError: There is no such script.
    """

    channel = Channel.SCREEN

    def __init__(self, chosen: Sequence[str] = DEFAULT_SCRIPTS, *, child: str = CHILD) -> None:
        unknown = sorted(set(chosen) - SCRIPTS.keys())
        if unknown or not chosen:
            raise ValueError(f"scripts={tuple(chosen)}; each is one of {', '.join(SCRIPTS)}")
        self._scripts = tuple(sorted(set(chosen)))
        self._child = child
        self.counts = Counts()
        """What each gate let through in the video that was read last."""
        self.id = _engine_id(self._scripts)

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        """All lines of a video, in order of their start.

        Raises:
            UnreadableVideo: No frame of it can be decoded.
            NoDecoder: No decoding child can be started on this machine now.
        """
        from embeddings.words.screen.video import VideoText

        pool = self._pool
        request = DecodeRequest(path, spec_of(_probe(pool, path, on_progress)), fps=READ_FPS)
        text = VideoText(*self._networks, scripts=self._scripts, sample_s=1 / READ_FPS)
        self.counts = text.counts
        for _, result in pool.run([request], still_wanted=on_progress):
            if isinstance(result, Ending):
                return _reading(text, result)
            for pixels, time_s in zip(result.pixels, result.times_s.tolist(), strict=True):
                on_progress()
                text.feed(pixels, time_s)
        raise AssertionError("a decoder says how it ended")

    @cached_property
    def _pool(self) -> DecodePool:
        """One decoding child for all videos, as starting one costs as much as a short video."""
        pool = DecodePool(1, child=self._child).__enter__()
        weakref.finalize(self, pool.close)
        return pool

    @cached_property
    def _networks(self) -> tuple[Detector, Recogniser]:
        """Loaded for the first frame: a second, and 150 MB."""
        from embeddings.words.screen.networks.detection import Detector
        from embeddings.words.screen.networks.recognition import Recogniser

        return Detector(open_network(DETECTION)), Recogniser(open_network(RECOGNITION))


def load_screen_reader(chosen: Sequence[str] = DEFAULT_SCRIPTS) -> ScreenReader:
    """The reader; its networks are loaded for its first frame.

    Raises:
        ValueError: There is no such script.
    """
    return ScreenReader(chosen)


def _probe(pool: DecodePool, path: Path, on_progress: OnProgress) -> VideoInfo:
    """What a file says about itself, and proof that a frame can be decoded."""
    request = DecodeRequest(path, FrameSpec(16, 16), fps=READ_FPS, most_frames=1)
    for _, result in pool.run([request], still_wanted=on_progress):
        if isinstance(result, FrameBatch):
            continue
        if result.state == "failed" or result.info is None:
            raise UnreadableVideo(result.reason or "no frame could be decoded")
        return result.info
    raise AssertionError("a decoder says how it ended")


def spec_of(info: VideoInfo) -> FrameSpec:
    """Frames of the video's own shape, no larger than they are."""
    scale = min(1.0, LONGEST_SIDE_PX / max(info.width_px, info.height_px))
    return FrameSpec(max(1, round(info.width_px * scale)), max(1, round(info.height_px * scale)))


def _reading(text: VideoText, ending: Ending) -> Reading:
    """The lines of what was decoded.

    Raises:
        UnreadableVideo: That was nothing.
    """
    if ending.state == "failed":
        raise UnreadableVideo(ending.reason)
    promised_s = ending.info.duration_s if ending.info and ending.state == "done" else 0.0
    lines = tuple(text.lines(max(promised_s, ending.decoded_s)))
    if ending.state == "partial":
        return Reading(lines, "partial", ending.reason)
    return Reading(lines, reason="" if lines else "no text in the picture")


def _engine_id(chosen: Sequence[str]) -> str:
    """Names the scripts; changes with the weights and with every setting that shapes a line."""
    shaping = {name: value for name, value in vars(settings).items() if name.isupper()}
    facts = [shaping, sorted(chosen), DETECTION.sha256, RECOGNITION.sha256]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"screen-ppocrv6-{'-'.join(sorted(chosen))}-{digest[:12]}"
