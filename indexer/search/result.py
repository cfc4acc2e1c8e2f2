"""The answer to a search: hits, and what each channel found in them."""

from dataclasses import dataclass
from pathlib import Path

from data.lines import Channel
from embeddings.words.codes import is_code

WORTH_SHOWING = 0.2
"""People are shown lines from this relevance on; programs get all of a hit."""
WORTH_SHOWING_MEANT = 0.3
"""The same for lines that hold no word of the query: as a reason these have to convince."""


@dataclass(frozen=True)
class Match:
    """What one channel found in a moment."""

    channel: Channel
    """The channel."""
    text: str
    """The line; empty for the picture."""
    start_s: float
    """When it begins to be said or shown."""
    end_s: float
    """When it ends."""
    relevance: float
    """0 to 1, by this channel alone."""
    marks: tuple[tuple[int, int], ...] = ()
    """Where in the text the words of the query stand: first character, and one after the last."""
    by_meaning: bool = False
    """It was found by what it says, in whatever words."""

    @property
    def is_shown(self) -> bool:
        """Whether it is a line that a person should see."""
        if not self.by_meaning or self.marks:
            return bool(self.text) and self.relevance >= WORTH_SHOWING
        return self.relevance >= WORTH_SHOWING_MEANT and not self._is_code

    @property
    def _is_code(self) -> bool:
        """Whether it is a name such as `int 05`: short words beside a number say nothing."""
        is_name = self.channel in (Channel.TITLE, Channel.PATH)
        return is_name and is_code(self.text, lambda word: False)


@dataclass(frozen=True)
class Step:
    """Where one of several things that were asked in order was found."""

    text: str
    """What was asked."""
    start_s: float
    """First instant of its moment."""
    end_s: float
    """First instant after it."""
    relevance: float
    """0 to 1, of this step by itself."""


@dataclass(frozen=True)
class VideoCopy:
    """Another video that shows the same from beginning to end."""

    video_id: int
    """Permanent id of the video."""
    path: Path
    """Its file."""


@dataclass(frozen=True)
class Hit:
    """One result: a moment that matches."""

    rank: int
    """1 is the best."""
    video_id: int
    """Permanent id of the video."""
    path: Path
    """Its file."""
    title: str
    """Name to show."""
    start_s: float
    """First instant of the moment."""
    end_s: float
    """First instant after it."""
    score: float
    """Higher is better, -1 to 1; comparable within one query only."""
    relevance: float
    """0 to 1, see `indexer.search.relevance.calibrate`."""
    why: dict[str, float | None]
    """Score of the picture as `visual`, relevance of the best line as `text`; None for none."""
    clip_ids: tuple[int, ...] = ()
    """The clips of the moment, the best first."""
    matched: tuple[Match, ...] = ()
    """What each channel found; the picture first, then lines, the best first."""
    steps: tuple[Step, ...] = ()
    """Where each thing was found, where several were asked in order."""
    copies: tuple[VideoCopy, ...] = ()
    """Other videos in the library that are copies of its video; they are no hits of their own."""


@dataclass(frozen=True)
class SearchResult:
    """The answer to a search."""

    hits: list[Hit]
    """The best first."""
    took_ms: float
    """Wall time, with encoding the query."""
    confident: bool
    """False: nothing matches well, `hits` are merely the nearest."""
    generation: int | None
    """The index generation that was searched; None before the first is published."""
    encoder: str
    """Name of the encoder."""
    not_understood: tuple[str, ...] = ()
    """Words of the query that the encoder has never seen."""
    warnings: tuple[str, ...] = ()
    """What is wrong with the library and may make this answer false or incomplete."""
