"""Examples and pictures as vectors: decoded within limits, or taken from the stored vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from data.errors import ReelwiseError, UnreadableVideo
from data.video.clips.borders import SampledVideo, clips_by
from data.video.clips.cuts import CutDetector
from data.video.clips.rule import USUAL_RULE, ClipRule
from data.video.containers import sniff
from data.video.types import SAMPLE_FPS, DecodeRequest, Ending, FrameSpec
from embeddings.plain.layers import unit
from indexer.search.examples.frames import AS_INDEXED, Reading, read_frames
from indexer.search.examples.pictures import read_image
from indexer.search.query import Query
from indexer.search.spans import Span, parse_span
from indexer.store.vectors import VideoVectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

Frames = tuple[int, int]
"""Numbers of the frames [first, last) of a clip."""

MAX_EXAMPLE_FRAMES = 600
"""Most frames of an example, five minutes at the usual rate; longer ones are sampled at fewer."""


@dataclass(frozen=True)
class Example:
    """A stretch of video, or a picture, as vectors."""

    frames: Floats
    """(n, d) unit rows in order of time."""
    clips: Floats
    """(m, d) unit rows, one per clip."""
    whole: Floats
    """(d,) unit vector of the whole as one clip."""
    video_id: int | None = None
    """The indexed video that it was taken from; None where it is not in the library."""
    notice: str = ""
    """What to say with the answer, where not all of it was read."""


def example_of_frames(
    frames: Floats,
    times_s: NDArray[np.float64],
    spans: Sequence[Frames],
    encoder: Encoder,
    stored: Mapping[Frames, Floats] | None = None,
    *,
    longest_s: float = USUAL_RULE.length_s,
) -> Example:
    """An example from frame vectors (n, d) at times (n,); its clips are frames [first, last).

    A clip of which the vector is `stored` is not computed again. What is longer than any clip of
    the library is as a whole the mean of its clips.
    """
    everything, known = (0, len(frames)), dict(stored or {})
    is_clip = float(times_s[-1] - times_s[0]) <= longest_s
    wanted = [*spans, everything] if is_clip else spans
    missing = [one for one in dict.fromkeys(wanted) if one not in known]
    if missing:
        rows = encoder.encode_clips(frames, times_s, missing)
        known.update(zip(missing, rows, strict=True))
    clips = np.stack([known[one] for one in spans])
    whole = known[everything] if is_clip else unit(clips.mean(axis=0))
    return Example(frames=frames, clips=clips, whole=whole)


def example_of_stored(
    stored: VideoVectors, span: Span | None, encoder: Encoder, *, name: str
) -> Example:
    """An example from the stored vectors of an indexed video, called `name`, or of a part of it.

    Raises:
        ReelwiseError: The video has no frame in that stretch.
    """
    times_s = stored.frame_times_s
    start_s, end_s = span if span is not None else (0.0, float("inf"))
    first, last = np.searchsorted(times_s, (start_s, end_s))
    if first == last:
        raise ReelwiseError(
            f"{name} has no frame between {start_s:g} s and {end_s:g} s",
            fix=f"name a part before its end; its last frame is at {float(times_s[-1]):.1f} s",
        )
    of_clips = np.searchsorted(times_s, stored.clip_spans)
    inside = of_clips.clip(first, last)
    spans: list[Frames] = [(int(a), int(b)) for a, b in inside - first]
    is_whole = (inside == of_clips).all(axis=1)
    known = {
        one: vector.astype(np.float32)
        for one, vector, whole in zip(spans, stored.clips, is_whole, strict=True)
        if whole
    }
    example = example_of_frames(
        stored.frames[first:last].astype(np.float32),
        times_s[first:last],
        [(a, b) for a, b in spans if b > a],
        encoder,
        known,
        longest_s=ClipRule.read(stored.clip_rule).length_s,
    )
    return replace(example, video_id=stored.video_id)


def check_examples(query: Query) -> None:
    """Refuse an example or a picture that cannot be read, before an encoder is loaded for it.

    Raises:
        ReelwiseError: The file does not exist, is no video or picture, or names no right part.
    """
    if query.like is not None:
        name, _ = parse_span(str(query.like))
        _check_file(Path(name).expanduser())
    if query.image is not None:
        read_image(query.image, FrameSpec(32, 32))


def _check_file(path: Path) -> None:
    # Pipes and devices are no files: to open one may wait for ever.
    if not path.is_file():
        raise ReelwiseError(
            f"there is no example file {path}",
            fix="name a video file, or a part of it as FILE@START-END",
        )
    try:
        sniff(path)
    except UnreadableVideo as error:
        raise ReelwiseError(
            f"the example {path.name} cannot be read: {error.reason}",
            fix="name a video file; a picture goes to --image",
        ) from error


def load_example(
    path: Path,
    span: Span | None,
    encoder: Encoder,
    reading: Reading = AS_INDEXED,
    rule: ClipRule = USUAL_RULE,
) -> Example:
    """Decode a file, or a part of it, in a supervised child and embed it as a library is.

    It is cut by the library's rule; nobody looks for its key frames, so for a rule that needs them
    in windows of the same length.

    Raises:
        ReelwiseError: Nothing of it can be decoded.
    """
    _check_file(path)
    start_s, end_s = span if span is not None else (0.0, None)
    seconds = None if end_s is None else end_s - start_s
    fps = SAMPLE_FPS if seconds is None else min(SAMPLE_FPS, MAX_EXAMPLE_FRAMES / seconds)
    request = DecodeRequest(path, encoder.frame_spec, fps, start_s, end_s)
    pixels, times_s, ending = read_frames(request, MAX_EXAMPLE_FRAMES, reading)
    if len(pixels) == 0:
        why = ending.reason or "there is none"
        told = f"the example {path.name} gave no frame: {why}"
        if end_s is not None:
            told = f"the example {path.name} gave no frame from {start_s:g} s to {end_s:g} s: {why}"
        raise ReelwiseError(
            told,
            fix="try another part of it, or convert it: ffmpeg -i FILE copy.mp4",
        )
    detector = CutDetector()
    detector.feed(pixels, times_s)
    frames = encoder.encode_frames(pixels)
    end_s = float(times_s[-1]) + 1 / SAMPLE_FPS
    of = SampledVideo(
        times_s, frames.astype(np.float16), end_s, np.array(detector.cuts_s, np.float64)
    )
    rule = replace(rule, by="windows") if rule.needs_keyframes else rule
    spans = [(span.first, span.last) for span in clips_by(rule, of)]
    example = example_of_frames(frames, times_s, spans, encoder, longest_s=rule.length_s)
    return replace(example, notice=_in_part(path, ending, float(times_s[-1])))


def _in_part(path: Path, ending: Ending, last_s: float) -> str:
    """What to say of an example that was not read to its end; empty where it was."""
    if ending.state == "done":
        return ""
    reason = ending.reason or "its end is missing"
    return f"of the example {path.name} only the part up to {last_s:.0f} s was read: {reason}"


def load_image(path: Path, encoder: Encoder) -> Example:
    """Embed a picture as a clip of one frame; errors as in `read_image`."""
    frames = encoder.encode_frames(read_image(path, encoder.frame_spec)[None])
    return example_of_frames(frames, np.zeros(1), [(0, 1)], encoder)
