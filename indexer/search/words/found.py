"""A line that was found, and how sure that is."""

from dataclasses import dataclass

from data.lines import Channel, Line

ALL_WORDS_RELEVANCE = 0.95
"""Relevance of a line that holds every word of a query, where these are few and frequent."""


WHOLE = frozenset((Channel.TITLE, Channel.PATH))
"""Channels of a video as a whole: they say nothing of when."""


@dataclass(frozen=True)
class FoundWords:
    """A line that holds words of a query."""

    video_id: int
    """Its video."""
    line: Line
    """The line."""
    relevance: float
    """0 to 1: how likely it is what was meant, by its words alone."""
    score: float
    """BM25, to order lines of equal relevance."""
    marks: tuple[tuple[int, int], ...]
    """Where in the text the words stand: first character and the one after the last."""
    by_meaning: bool = False
    """It says something like the query in other words, and counts for that."""
    is_seen: bool = False
    """It is a tag that was found in the picture: it counts with the picture, not beside it."""

    @property
    def is_whole(self) -> bool:
        """Whether it is about the video as a whole, and says nothing of when."""
        return self.line.channel in WHOLE or (self.line.channel == Channel.TAG and not self.is_seen)
