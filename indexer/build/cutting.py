"""From frames to clips: videos cut by a library's rule, and the vectors of their clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.video.clips.borders import SampledVideo, clips_by
from data.video.clips.rule import ClipRule
from data.video.types import Ending
from indexer.store.vectors import UNIT_TOLERANCE, VideoVectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

NOT_FINITE = "the encoder gave vectors that are not finite"


@dataclass(frozen=True)
class Embedded:
    """One video that came to its end."""

    vectors: VideoVectors
    """Its frames and clips, without clip ids; both empty where it failed."""
    ending: Ending
    """How decoding ended; failed where no vector is good."""


@dataclass(frozen=True)
class Encoded:
    """One video of which all frames are encoded."""

    video_id: int
    """The video's id."""
    ending: Ending
    """How decoding it ended."""
    footage: SampledVideo
    """What was seen of it."""
    frames: NDArray[np.float32]
    """(n, d): `footage.frames` as they came from the encoder, or as they are stored."""
    small_frames: NDArray[np.uint8] | None = None
    """(n, 256) small pictures of them; None where none were kept."""

    def failed(self, reason: str) -> Embedded:
        """The same video as one of which nothing can be used."""
        none = np.zeros((0, self.frames.shape[1]), np.float16)
        ending = replace(self.ending, state="failed", reason=reason)
        empty = np.zeros(0)
        ids, spans = np.zeros(0, np.int64), np.zeros((0, 2))
        return Embedded(VideoVectors(self.video_id, empty, none, ids, spans, none), ending)


def cut_videos(videos: Sequence[Encoded], encoder: Encoder, rule: ClipRule) -> list[Embedded]:
    """Cut at least one video into clips and encode these in one call.

    A video without a frame, or of which a vector is not finite, comes back as failed.

    Raises:
        ValueError: The rule needs key frames, and those of a video are not known.
    """
    spans = [clips_by(rule, video.footage) for video in videos]
    firsts = np.cumsum([0, *(len(video.frames) for video in videos)]).tolist()
    places = [
        (first + span.first, first + span.last)
        for of_video, first in zip(spans, firsts[:-1], strict=True)
        for span in of_video
    ]
    rows = np.zeros((0, encoder.dim), np.float32)
    if places:
        frames = np.concatenate([video.frames for video in videos])
        times_s = np.concatenate([video.footage.times_s for video in videos])
        rows = encoder.encode_clips(frames, times_s, places)
    clips = np.split(rows, np.cumsum([len(of_video) for of_video in spans])[:-1])
    spans_s = [np.array([(s.start_s, s.end_s) for s in each], np.float64) for each in spans]
    return [
        _embedded(video, rule, of_video.reshape(-1, 2), rows)
        for video, of_video, rows in zip(videos, spans_s, clips, strict=True)
    ]


def _embedded(
    video: Encoded, rule: ClipRule, spans_s: NDArray[np.float64], clips: NDArray[np.float32]
) -> Embedded:
    if not len(video.frames):
        return video.failed(video.ending.reason or "no frame could be decoded")
    if not (_are_unit(video.frames) and _are_unit(clips)):
        return video.failed(NOT_FINITE)
    vectors = VideoVectors(
        video_id=video.video_id,
        frame_times_s=video.footage.times_s,
        frames=video.footage.frames,
        clip_ids=np.zeros(len(clips), np.int64),
        clip_spans=spans_s,
        clips=clips.astype(np.float16),
        clip_rule=rule.text,
        cuts_s=video.footage.cuts_s,
        keyframes_s=video.footage.keyframes_s,
        small_frames=video.small_frames,
    )
    return Embedded(vectors, video.ending)


def _are_unit(rows: NDArray[np.float32]) -> bool:
    # Half of what the store accepts: rounding to float16 comes on top. NaN fails as well.
    return bool(np.all(np.abs(np.linalg.norm(rows, axis=1) - 1) < UNIT_TOLERANCE / 2))
