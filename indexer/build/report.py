"""What an indexing run did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from data.catalogue.records import State


@dataclass(frozen=True)
class Trouble:
    """A file of this run that is not, or not wholly, searchable."""

    path: Path
    """The file."""
    state: State
    """`partial`, `failed` or `quarantined`."""
    reason: str
    """What a person should read."""


@dataclass
class IndexReport:
    """Counts of one run; files are counted as they were found, videos as they came out."""

    added: int = 0
    """New contents."""
    edited: int = 0
    """Known files with new content; the old one is found only where another file holds it."""
    moved: int = 0
    """Files that were renamed or moved; nothing was decoded for them."""
    copies: int = 0
    """Files with the content of another file; nothing was decoded for them."""
    touched: int = 0
    """Files with a new time stamp and the same content; nothing was decoded for them."""
    unchanged: int = 0
    """Files that were not even opened."""
    removed: int = 0
    """Files that are gone."""
    unreadable: int = 0
    """Files whose bytes could not be read; counted in `failed` too."""
    decoded: int = 0
    """Videos that were opened by a decoder, good or bad."""
    done: int = 0
    """Videos embedded whole."""
    partial: int = 0
    """Videos embedded in part."""
    failed: int = 0
    """Videos and files of this run that gave nothing."""
    quarantined: int = 0
    """Of `failed`, those that will only be tried again on request."""
    offline: int = 0
    """Videos to embed whose file is not there now: on a disk that is not connected, perhaps."""
    changed_meanwhile: int = 0
    """Files that were written to while they were read; the next run takes them."""
    clips: int = 0
    """Clips stored."""
    frames: int = 0
    """Frames encoded."""
    video_s: float = 0.0
    """Seconds of video decoded."""
    decode_cpu_s: float = 0.0
    """CPU seconds of the decoding processes."""
    wall_s: float = 0.0
    """Duration of the run."""
    generation: int | None = None
    """Number of the generation that is published now; None before the first."""
    switched: bool = True
    """False while an older encoder still serves because this one has not embedded everything."""
    troubles: list[Trouble] = field(default_factory=list)
    """What is not, or not wholly, searchable, in the order it came up."""
