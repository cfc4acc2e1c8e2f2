"""What one person has done with each video: what headings may say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.history import Event
from recommender.events.confidence import FULL_FRACTION, IGNORED_FRACTION, IGNORED_S
from recommender.events.videos import VideoTable
from recommender.shelves.shelf import Verb


@dataclass
class Done:
    """What a person has done with one video."""

    watched_s: float = 0.0
    """Seconds of all views together."""
    views: int = 0
    """Views that are no glance."""
    verdict: str = ""
    """The last of like and dislike; empty without."""
    is_hidden: bool = False
    at_s: float = 0.0
    """Unix seconds of the last event."""
    length_s: float = 0.0
    """Of the video; 0 where unknown."""

    def add(self, event: Event) -> None:
        """Count one more event; they come in order of time."""
        self.at_s = max(self.at_s, event.at.timestamp())
        if event.kind == "view":
            whole_s = self.length_s or event.duration_s or 0.0
            watched_s = whole_s if event.watched_s is None else event.watched_s
            self.watched_s += watched_s
            self.views += watched_s >= IGNORED_FRACTION * whole_s
        elif event.kind in ("like", "dislike"):
            self.verdict = event.kind
        else:
            self.is_hidden = True

    @property
    def times(self) -> float:
        """How often the seconds of all views fill the video: 0.5 is half of it.

        One sitting may be several views, so that their number says nothing of a known length.
        """
        if self.length_s > 0:
            return self.watched_s / self.length_s
        return float(self.views)

    @property
    def is_begun(self) -> bool:
        """Watched for more than a glance, but not to the end, and not turned down."""
        is_in_between = self.length_s > 0 and IGNORED_FRACTION <= self.times < FULL_FRACTION
        is_wanted = self.verdict != "dislike" and not self.is_hidden
        return is_in_between and self.watched_s >= IGNORED_S and is_wanted

    @property
    def verb(self) -> Verb | None:
        """The strongest that is true; None of what speaks for no liking."""
        if self.verdict == "dislike" or self.is_hidden:
            return None
        if self.verdict == "like":
            return "liked"
        if self.times >= 2 * FULL_FRACTION:
            return "rewatched"
        if self.times >= FULL_FRACTION:
            return "finished"
        return "watched" if self.views else None


def what_was_done(events: Iterable[Event], videos: VideoTable) -> dict[int, Done]:
    """By row, what one person has done with it; events in order of time, of known videos."""
    done: dict[int, Done] = {}
    for event in events:
        row = videos.row_of.get(event.video_id or 0)
        if row is not None:
            if row not in done:
                done[row] = Done(length_s=float(videos.lengths_s[row]))
            done[row].add(event)
    return done
