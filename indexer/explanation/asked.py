"""What is to be explained: a stretch of a video, and a query or what a head says."""

from __future__ import annotations

from dataclasses import dataclass

from data.catalogue import Video
from data.errors import ReelwiseError
from indexer.search.query import Query
from indexer.search.spans import Span


@dataclass(frozen=True)
class HeadAsked:
    """What a head says."""

    name: str
    """The head."""
    label: str | None = None
    """One of its labels; of words also what else they are called; None for what it says."""


@dataclass(frozen=True)
class Asked:
    """A question about a stretch of a video."""

    video: Video
    """The video."""
    question: Query | HeadAsked
    """What was asked of it: a query of one step, or a head."""
    span: Span | None = None
    """The stretch in seconds; None for the whole video."""

    def __post_init__(self) -> None:
        if isinstance(self.question, Query) and self.question.then:
            raise ReelwiseError(
                "several things in order are several questions", fix="ask for one of them"
            )
        length_s = self.video.duration_s
        if self.span is None or not length_s:
            return
        if self.span.start_s >= length_s or self.span.end_s > length_s + 1:
            raise ReelwiseError(
                f"{self.video.path.name} is {length_s:.1f} s long; "
                f"{self.span.start_s:g}-{self.span.end_s:g} s reaches beyond its end",
                fix=f"name a stretch within it: {self.video.path.name}@0-{length_s:.1f}",
            )

    @property
    def start_s(self) -> float:
        """First instant of the stretch."""
        return 0.0 if self.span is None else self.span.start_s

    @property
    def end_s(self) -> float:
        """First instant after it."""
        if self.span is None:
            return self.video.duration_s or float("inf")
        return min(self.span.end_s, self.video.duration_s or self.span.end_s)
