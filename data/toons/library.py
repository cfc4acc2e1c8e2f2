"""Toon libraries: a folder of stories as H.264 files, with captions, queries and watch events."""

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from data.toons.names import toon_name
from data.toons.people import ToonEvent, make_people
from data.toons.stories import FPS, Facts, Story, draw_story, make_story
from data.video.srt import srt
from data.video.write import write_video

_CRF = 24


@dataclass(frozen=True)
class ToonLibrary:
    """A folder that `write_library` wrote."""

    folder: Path
    videos: tuple[tuple[str, Story], ...]
    """File name and story of each video."""
    events: tuple[ToonEvent, ...]
    """Watch events, in order of time."""

    @property
    def queries_file(self) -> Path:
        """One query per scene: query, video, start_s, end_s."""
        return self.folder / "queries.csv"

    @property
    def captions_file(self) -> Path:
        """Every wording of every scene: video, start_s, end_s, caption."""
        return self.folder / "captions.csv"

    @property
    def events_file(self) -> Path:
        """Watch events: user, video, at, watched_s, duration_s, kind. Absent without people."""
        return self.folder / "events.csv"


def write_library(
    folder: Path,
    n_videos: int,
    *,
    seed: int,
    people: int = 0,
    held_out: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ToonLibrary:
    """Write toon-0001.mp4, ... and the tables that describe them; the same bytes from one seed.

    No two scenes of a library share an actor's kind, colour, motion and place, so that every query
    has exactly one right answer. A third of the videos get a subtitle file.

    Args:
        folder: Created where missing; files of the same names are replaced.
        n_videos: Number of stories.
        seed: Everything follows from it.
        people: Number of simulated people who watch them; 0 writes no events.
        held_out: True: only combinations that were never trained on; False: none of them.
        progress: Called with (videos written, videos in all).
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[Facts] = set()
    seeds = range(seed * 100_003, seed * 100_003 + n_videos)
    stories = [make_story(one, held_out=held_out, taken=taken) for one in seeds]
    videos = tuple((toon_name(i + 1), story) for i, story in enumerate(stories))
    # Drawing and encoding both run outside the interpreter lock, so threads are enough.
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        for done, _ in enumerate(pool.map(lambda video: _write_story(folder, *video), videos), 1):
            if progress:
                progress(done, n_videos)
    library = ToonLibrary(folder, videos, tuple(make_people(videos, people, seed)))
    _write_tables(library)
    return library


def _write_story(folder: Path, name: str, story: Story) -> None:
    path = folder / name
    write_video(path, draw_story(story), fps=FPS, crf=_CRF, title=story.title)
    if story.subtitled:
        path.with_suffix(".srt").write_text(_subtitles(story), encoding="utf-8", newline="\n")


def _subtitles(story: Story) -> str:
    sentences = (scene.captions()[1] for scene in story.scenes)
    texts = [sentence[0].upper() + sentence[1:] + "." for sentence in sentences]
    return srt(zip(story.starts_s, story.ends_s, texts, strict=True))


def _write_tables(library: ToonLibrary) -> None:
    queries, captions = [], []
    for name, story in library.videos:
        scenes = zip(story.queries(), story.starts_s, story.ends_s, story.scenes, strict=True)
        for query, start_s, end_s, scene in scenes:
            queries.append((query, name, start_s, end_s))
            captions += [(name, start_s, end_s, caption) for caption in scene.captions()]
    _write_csv(library.queries_file, ("query", "video", "start_s", "end_s"), queries)
    _write_csv(library.captions_file, ("video", "start_s", "end_s", "caption"), captions)
    library.events_file.unlink(missing_ok=True)
    rows = [asdict(event) | {"at": event.at.isoformat()} for event in library.events]
    if rows:
        _write_csv(library.events_file, tuple(rows[0]), [tuple(row.values()) for row in rows])


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
