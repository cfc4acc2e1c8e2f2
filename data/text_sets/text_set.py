"""A set of videos and texts, whatever files it was read from."""

from dataclasses import dataclass
from pathlib import Path

Times = tuple[int, int]
"""A moment of DiDeMo: its first and its last segment of five seconds, both included."""


@dataclass(frozen=True)
class SetVideo:
    """A video that a set names."""

    name: str
    """The video, as the set calls it."""
    names: tuple[str, ...]
    """What its file may be called, the first that is there counts."""
    end_s: float | None = None
    """Only what lies before is meant; None where the whole video is."""
    path: Path | None = None
    """Its file, absolute; None where there is none below the folder of videos."""


@dataclass(frozen=True)
class Caption:
    """A text that belongs to one video."""

    video: int
    """Place of the video in the set."""
    text: str
    """What is said of it."""


@dataclass(frozen=True)
class Choice:
    """Texts of which one fits a video."""

    video: int
    """Place of the video in the set."""
    texts: tuple[str, ...]
    """The texts to choose from, two or more."""
    right: int
    """Place of the text that fits."""
    kind: str
    """What sort of text is right, such as positive, negative or hybrid; empty where not said."""


@dataclass(frozen=True)
class ReversedPair:
    """A video, the same one played backwards, and what is said of each."""

    forward: int
    """Place of the video as it was filmed."""
    backward: int
    """Place of the one that is played backwards."""
    forward_text: str
    """What the first shows."""
    backward_text: str
    """What the second shows."""


@dataclass(frozen=True)
class Moment:
    """A text about a part of a video, and where people saw it."""

    video: int
    """Place of the video in the set."""
    text: str
    """What happens there."""
    times: tuple[Times, ...]
    """Where each person saw it."""
    n_segments: int
    """How many segments of five seconds the video has, at most 6."""


@dataclass(frozen=True)
class TextSet:
    """A whole set, or what one of its files asks."""

    kind: str
    """Which set: msr-vtt, didemo, negbench or rtime."""
    protocol: str
    """What is asked, to be named beside figures."""
    videos: tuple[SetVideo, ...]
    """All videos that are asked about."""
    retrievals: dict[str, tuple[Caption, ...]]
    """By name, empty for the usual one: captions whose video is looked for among their videos."""
    choices: tuple[Choice, ...] = ()
    """Questions with several answers."""
    pairs: tuple[ReversedPair, ...] = ()
    """Videos with their reversed ones."""
    moments: tuple[Moment, ...] = ()
    """Texts about parts of videos."""
    known_moments: tuple[Times, ...] = ()
    """Moments of the training part, the most frequent first; empty where that is not there."""
