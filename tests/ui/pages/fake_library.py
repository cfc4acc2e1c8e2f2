"""A library of three films for pages: it notes what the pages ask of it."""

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from data.catalogue import Video
from data.history import Event, EventKind
from recommender.answer.items import Because, Item, Recommendations
from recommender.answer.playing import PLAYING


def film(number: int) -> Video:
    return Video(
        id=number,
        path=Path(f"/films/film {number}.mp4"),
        title=f"Film {number}",
        duration_s=60.0 * number,
        width_px=320,
        height_px=180,
        fps=25.0,
        codec="h264",
        content_key=str(number),
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class FakeLibrary:
    """Recommends every film that a person has no event of."""

    def __init__(self, people: list[str]) -> None:
        self.people = people
        self.videos = {number: film(number) for number in (1, 2, 3)}
        self.events: list[Event] = []
        self.asked: list[str] = []
        self.playing: list[int | None] = []
        self.catalogue = SimpleNamespace(encoder="fake", videos_by_id=self._videos_by_id)
        self.history = SimpleNamespace(users=lambda: self.people)

    def _videos_by_id(self, numbers: Iterable[int]) -> dict[int, Video]:
        return {number: self.videos[number] for number in numbers if number in self.videos}

    def rename(self, title: str) -> None:
        """Give every film this title."""
        for number, video in self.videos.items():
            self.videos[number] = dataclasses.replace(video, title=title)

    def recommend(self, user: str, *, k: int, playing: int | None) -> Recommendations:
        self.asked.append(user)
        self.playing.append(playing)
        seen = {event.video_id for event in self.events if event.user == user}
        because = None if playing is None else Because(playing, self.videos[playing].title)
        source = PLAYING if because else "popularity"
        left = [v for v in self.videos.values() if v.id not in seen and v.id != playing][:k]
        items = [
            Item(rank, video.id, video.path, video.title, 0.5, source, because)
            for rank, video in enumerate(left, 1)
        ]
        return Recommendations(user, items, 1.0)

    def add_event(
        self, user: str, video: int, *, kind: EventKind, watched_s: float | None = None
    ) -> Event:
        event = Event(user, video, str(video), datetime.now(UTC), watched_s, None, kind)
        self.events.append(event)
        return event

    def remove_event(self, event: Event) -> None:
        self.events.remove(event)
