"""decord: the second decoder. It reads no AV1 and no GIF, and one bad packet loses the file.

It hangs for ever with the interpreter's lock held on some files (dmlc/decord#373) and buffers
without bound (#157, #208), so it only ever runs in a child that can be killed.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from data.errors import UnreadableVideo
from data.video.decoders.demuxing.plan import ROUNDING_S, moments
from data.video.decoders.opening import OpenVideo
from data.video.decoders.paint import Layout, Orientation, scale_rgb
from data.video.decoders.tone import Grade
from data.video.types import DecodeRequest, Ending, OnProgress, Pixels, Sample

_FRAMES_PER_CALL = 16
WIDTH_STEP_PX = 32
"""decord 0.6 scales only to widths whose rows end where its memory rows do (its `from_size ==
to_size` check fails for 16 or 40 px)."""


class DecordDecoding:
    """One pass over one video with decord."""

    def __init__(self, video: OpenVideo, request: DecodeRequest, on_progress: OnProgress) -> None:
        if video.table.n_parts > 1 or len(video.container.streams.video) > 1:
            raise UnreadableVideo("decord sees another clock, or another stream", final=False)
        if not _is_plain(video):
            raise UnreadableVideo("decord draws its pictures wrongly", final=False)
        self._video = video
        self._request = request
        self._on_progress = on_progress
        self._end_s = video.wanted_end_s(request)
        self._emitted = 0
        self._held_s = 0.0
        self._broken = ""

    def samples(self) -> Iterator[Sample]:
        """The samples in order; each must be drawn before the next is taken."""
        info, request = self._video.info, self._request
        layout = Layout.of(request.spec, info.width_px, info.height_px)
        reader = self._open(layout)
        begins_s, self._held_s = _times(reader, self._video)
        end_s = min(self._end_s, self._held_s)
        end_s = max(end_s, request.start_s + ROUNDING_S)
        moments_s = moments(begins_s, start_s=request.start_s, end_s=end_s, fps=request.fps)
        places = np.maximum(np.searchsorted(begins_s, moments_s + ROUNDING_S, side="right") - 1, 0)
        work = self._video.work
        work.expect(int(places[-1] - places[0]) + 1, info.width_px, info.height_px)
        for first in range(0, len(places), _FRAMES_PER_CALL):
            self._on_progress()
            step = places[first : first + _FRAMES_PER_CALL + 1]
            work.count(info.width_px, info.height_px, frames=max(1, int(step[-1] - step[0])))
            try:
                pixels = reader.get_batch(places[first : first + _FRAMES_PER_CALL]).asnumpy()
            except Exception as error:  # noqa: BLE001  (decord raises errors of any type)
                self._broken = _first_line(error)
                self._held_s = float(moments_s[first]) if first else 0.0
                return
            for time_s, picture in zip(moments_s[first:], pixels, strict=False):
                self._emitted += 1
                yield Sample(float(time_s), partial(_draw, layout, picture))

    def ending(self) -> Ending:
        """How it went, once `samples` is exhausted."""
        if self._broken and not self._emitted:
            raise UnreadableVideo(f"damaged: decord stopped ({self._broken})", final=False)
        held_s = min(self._held_s, self._end_s) - self._request.start_s
        return self._video.judge(self._request, held_s=held_s, lost_s=0.0, n_samples=self._emitted)

    def _open(self, layout: Layout) -> Any:
        try:
            import decord

            return decord.VideoReader(
                str(self._video.path.absolute()),
                ctx=decord.cpu(0),
                width=-(-layout.scaled_w // WIDTH_STEP_PX) * WIDTH_STEP_PX,
                height=layout.scaled_h,
                num_threads=1,
            )
        except MemoryError:
            raise
        except ImportError as error:
            raise UnreadableVideo(
                "decord is not installed", final=False, fix="pip install decord, or use pyav"
            ) from error
        except Exception as error:  # decord raises DECORDError, RuntimeError and Exception
            reason = f"decord cannot open it ({_first_line(error)})"
            raise UnreadableVideo(reason, final=False) from error


def _is_plain(video: OpenVideo) -> bool:
    """Whether decord's pictures are the right ones: not HDR, not mirrored, not interlaced."""
    try:
        with video.again() as container:
            frame = next(container.decode(container.streams[video.stream.index]), None)
    except av.FFmpegError:
        return True
    if not isinstance(frame, av.VideoFrame):
        return True
    turn = Orientation.of(frame)
    is_mirrored = turn.is_turned == (turn.mirrors_x == turn.mirrors_y)
    return Grade.of(frame) is None and not frame.interlaced_frame and not is_mirrored


def _draw(layout: Layout, picture: Pixels, out: Pixels) -> None:
    if picture.shape[1] != layout.scaled_w:
        picture = scale_rgb(picture, layout.scaled_w, layout.scaled_h)
    layout.place(picture, out)


def _times(reader: Any, video: OpenVideo) -> tuple[NDArray[np.float64], float]:
    """Start of each frame and the end of the last one, on the video's clock."""
    spans = np.asarray(reader.get_frame_timestamp(range(len(reader))), dtype=np.float64)
    begins_s = np.sort(spans[:, 0]) - spans[:, 0].min()
    step_s = 1 / video.info.fps if video.info.fps else 0.04
    return begins_s, max(float(begins_s[-1]) + step_s, float(spans[-1, 1] - spans[:, 0].min()))


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0].split("] ")[-1][:120] if text else type(error).__name__
