"""What is looked for, and how words, clips and pictures become vectors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video.children.pool import decode_one
from data.video.shots import CutDetector, split_clips
from data.video.types import SAMPLE_FPS, UnreadableVideo
from indexer.search.pictures import read_image

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

MAX_EXAMPLE_FRAMES = 600
"""An example is sampled more thinly from here on (five minutes at the usual rate)."""

_SPAN = re.compile(r"^(?P<ref>.+)@(?P<start>\d+(?:\.\d+)?)-(?P<end>\d+(?:\.\d+)?)$")

# Words that say little: their mean is where texts lie, whatever they talk about.
_GENERIC_TEXTS = (
    "a video",
    "a photo",
    "a scene",
    "a picture of something",
    "something happens",
    "an object moves",
    "a person does something",
    "an animal",
    "people outdoors",
    "a room indoors",
    "a close-up of a thing",
    "a drawing",
    "a vehicle on a road",
    "the sky",
    "a landscape",
    "text on a screen",
)

Vectors = NDArray[np.float32]


class Span(NamedTuple):
    """A stretch of a video, half-open."""

    start_s: float
    """First instant."""
    end_s: float
    """First instant after it."""


@dataclass(frozen=True)
class Weights:
    """How much each part of a query counts, relative to the others."""

    text: float = 1.0
    """Words."""
    like: float = 1.0
    """An example clip."""
    image: float = 1.0
    """A picture."""
    without: float = 0.5
    """What is not wanted; subtracted."""


@dataclass(frozen=True)
class Query:
    """What is looked for: words, an example, a picture, or several of them together."""

    text: str | None = None
    """Words."""
    like: str | Path | None = None
    """A video file, also a part of it as `FILE@START-END` in seconds."""
    image: Path | None = None
    """A picture file."""
    without: str | None = None
    """Words for what is not wanted."""
    weights: Weights = field(default_factory=Weights)
    """How much each part counts."""

    def __post_init__(self) -> None:
        if not (self.words or self.like or self.image):
            raise ReelwiseError(
                "a search needs something to look for",
                fix='reelwise search "red kite"        (or --like CLIP, or --image FILE)',
            )

    @property
    def words(self) -> str:
        """The text without blanks around it; empty where there is none."""
        return (self.text or "").strip()

    def as_dict(self) -> dict[str, str]:
        """The parts that were given, as `search --json` prints them."""
        parts = {
            "text": self.words,
            "like": self.like,
            "image": self.image,
            "without": self.without,
        }
        return {name: str(value) for name, value in parts.items() if value}


def parse_span(ref: str) -> tuple[str, Span | None]:
    """Take `VIDEO@START-END` apart; a file whose very name looks so stays whole.

    Raises:
        ReelwiseError: The end is not after the start.
    """
    match = _SPAN.match(ref)
    if match is None or Path(ref).exists():
        return ref, None
    span = Span(float(match["start"]), float(match["end"]))
    if span.end_s <= span.start_s:
        raise ReelwiseError(
            f"{ref}: a part ends after it starts, not from {span.start_s:g} s to {span.end_s:g} s",
            fix=f"{match['ref']}@{span.end_s:g}-{span.start_s + 1:g}"
            if span.end_s < span.start_s
            else f"{match['ref']}@{span.start_s:g}-{span.start_s + 1:g}",
        )
    return match["ref"], span


@dataclass(frozen=True)
class Example:
    """A stretch of video, or a picture, as vectors."""

    frames: Vectors
    """(n, d) unit rows in order of time."""
    clips: Vectors
    """(m, d) unit rows: its clips; for one clip the same as `whole`."""
    whole: Vectors
    """(d,) unit vector of all of it as one clip."""
    video_id: int | None = None
    """The library's own video that it was taken from, where it is known."""


def example_of_frames(
    frames: Vectors, times_s: NDArray[np.float64], spans: list[tuple[int, int]], encoder: Encoder
) -> Example:
    """An example from (n, d) frame vectors at (n,) times, and its clips at frames [first, last)."""
    everything = (0, len(frames))
    rows = encoder.encode_clips(frames, times_s, [everything, *spans])
    return Example(frames=frames, clips=rows[1:], whole=rows[0])


def load_example(path: Path, span: Span | None, encoder: Encoder) -> Example:
    """Decode a file, or a part of it, in a supervised child and embed it as a library is.

    Raises:
        ReelwiseError: Nothing of it can be decoded.
    """
    if not path.is_file():
        raise ReelwiseError(
            f"there is no example file {path}",
            fix="name a video file, or a part of it as FILE@START-END",
        )
    start_s, end_s = span if span is not None else (0.0, None)
    seconds = None if end_s is None else end_s - start_s
    fps = SAMPLE_FPS if seconds is None else min(SAMPLE_FPS, MAX_EXAMPLE_FRAMES / seconds)
    try:
        pixels, times_s, outcome = decode_one(
            path, encoder.frame_spec, fps=fps, start_s=start_s, end_s=end_s
        )
    except UnreadableVideo as error:
        raise ReelwiseError(
            f"the example {path.name} cannot be read: {error.problem}", fix=error.fix
        ) from error
    if len(pixels) == 0:
        part = f" between {start_s:g} s and {end_s:g} s" if end_s is not None else ""
        raise ReelwiseError(
            f"the example {path.name} gave no frame{part}: {outcome.reason or 'nothing there'}",
            fix="try another part of it, or convert it: ffmpeg -i FILE copy.mp4",
        )
    step = -(-len(pixels) // MAX_EXAMPLE_FRAMES)
    return embed_frames(pixels[::step], times_s[::step], encoder)


def embed_frames(
    pixels: NDArray[np.uint8], times_s: NDArray[np.float64], encoder: Encoder
) -> Example:
    """(n, h, w, 3) uint8 frames of one video at (n,) seconds -> its vectors."""
    detector = CutDetector()
    detector.feed(pixels, times_s)
    spans = split_clips(times_s, float(times_s[-1]) + 1 / SAMPLE_FPS, detector.cuts_s)
    frames = encoder.encode_frames(pixels)
    return example_of_frames(frames, times_s, [(s.first, s.last) for s in spans], encoder)


def load_image(path: Path, encoder: Encoder) -> Example:
    """Open a picture within limits and embed it as a clip of one frame.

    Raises:
        ReelwiseError: It is no picture, a damaged one, or too large.
    """
    pixels = read_image(path, encoder.frame_spec)[None]
    frames = encoder.encode_frames(pixels)
    return example_of_frames(frames, np.zeros(1), [(0, 1)], encoder)


_text_means: dict[str, Vectors] = {}


def text_mean(encoder: Encoder) -> Vectors:
    """(d,) where texts lie in this encoder's space, whatever they say; computed once."""
    if encoder.id not in _text_means:
        rows = encoder.encode_texts(_GENERIC_TEXTS)
        _text_means[encoder.id] = np.asarray(rows.mean(axis=0), dtype=np.float32)
    return _text_means[encoder.id]


def unit(vector: Vectors) -> Vectors:
    """The vector, or each row, at length 1; zeros stay zeros."""
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.asarray(vector / np.maximum(length, 1e-12), dtype=np.float32)


def mix(
    wanted: list[tuple[float, Vectors, Vectors]], unwanted: list[tuple[float, Vectors, Vectors]]
) -> Vectors:
    """One query vector from parts of different kinds.

    Texts and pictures lie in two narrow cones far apart (Liang et al., "Mind the Gap", NeurIPS
    2022): a plain sum would follow whichever cone the library's clips lie in. Each part is taken
    relative to the mean of its own kind.

    Args:
        wanted: (weight, (d,) vector, (d,) mean of its kind) for each part.
        unwanted: The same for what is subtracted.

    Returns:
        (d,) unit vector; a single wanted part alone comes back as it is.
    """
    if len(wanted) == 1 and not unwanted:
        return unit(wanted[0][1])
    total = np.zeros_like(wanted[0][1])
    for weight, vector, mean in wanted:
        total += weight * unit(vector - mean)
    for weight, vector, mean in unwanted:
        total -= weight * unit(vector - mean)
    return unit(total)
