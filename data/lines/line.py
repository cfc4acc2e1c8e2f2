"""A line of text with its channel and interval, and what reads lines from a video."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from data.video.types import OnProgress

ReadState = Literal["done", "partial"]


class Channel(StrEnum):
    """Where in a video something was found."""

    PICTURE = "picture"
    SPEECH = "speech"
    SCREEN = "screen"
    SUBTITLE = "subtitle"
    TITLE = "title"
    PATH = "path"
    TAG = "tag"
    """Given by a person, or by the head `tags`; kept in the catalogue, not as a line."""


@dataclass(frozen=True)
class Line:
    """A text and the stretch of a video in which it is said or shown.

    Raises:
        ValueError: The text is empty, or the interval or confidence is impossible.
    """

    channel: Channel
    """Where it was found."""
    start_s: float
    """Start, in seconds on the clock of the video's frames."""
    end_s: float
    """End, not included; not before the start."""
    text: str
    """One line, without line breaks."""
    language: str = ""
    """Two- or three-letter code (ISO 639); empty where it is not known."""
    confidence: float = 1.0
    """Probability that the text is right, as its engine puts it: 0 to 1."""

    def __post_init__(self) -> None:
        """Refuse what no video can hold."""
        if not self.text.strip() or self.text.splitlines() != [self.text]:
            raise ValueError(f"a line is one line of text, not {self.text!r}")
        if not 0 <= self.start_s <= self.end_s < float("inf"):
            raise ValueError(f"a line from {self.start_s} to {self.end_s} s")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence of {self.confidence}; it is 0 to 1")


@dataclass(frozen=True)
class Reading:
    """The lines of one channel of one video."""

    lines: tuple[Line, ...]
    """In order of their start."""
    state: ReadState = "done"
    """partial: something could not be read; the lines are those before or around it."""
    reason: str = ""
    """Why there are no lines or not all ("no sound", "the sound breaks off at 12 s"); or empty."""


class LineReader(Protocol):
    """An engine that reads the lines of one channel."""

    id: str
    """Safe as a folder name; changes with everything that shapes a line."""
    channel: Channel
    """What it reads."""

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        """All lines of a video.

        Args:
            path: The video.
            on_progress: Called often while it works.

        Raises:
            UnreadableVideo: The file, or this part of it, cannot be read at all.
        """
