"""A toon library: real files with exact cuts, tables that fit them, and people who watch them."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from data.toons.library import ToonLibrary, write_library
from data.toons.people import LAST_DAY, make_people
from data.toons.stories import FPS, Story, actor_facts, draw_story, make_story


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ToonLibrary:
    return write_library(tmp_path_factory.mktemp("toons") / "new", 6, seed=5, people=8)


def _frames(path: Path) -> NDArray[np.uint8]:
    """All frames (n, h, w, 3) by a decoder that is not the writer's."""
    capture = cv2.VideoCapture(str(path))
    frames: list[NDArray[np.uint8]] = []
    while True:
        ok, frame = capture.read()
        if not ok:
            return np.array(frames)
        frames.append(np.asarray(frame[:, :, ::-1], np.uint8))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_stories_have_one_to_four_different_scenes() -> None:
    stories = [make_story(seed) for seed in range(120)]
    assert set(Counter(len(s.scenes) for s in stories)) == {1, 2, 3, 4}
    for story in stories:
        assert len({scene.place for scene in story.scenes}) == len(story.scenes)
        kinds = [actor.kind for scene in story.scenes for actor in scene.actors]
        assert len(set(kinds)) == len(kinds)
        assert story.starts_s[0] == 0
        assert story.starts_s[1:] == story.ends_s[:-1]
        assert story.ends_s[-1] == story.duration_s
        assert story.title[0].isupper()
    assert 0.22 < np.mean([story.subtitled for story in stories]) < 0.45
    assert len({story.title for story in stories}) > 60


def test_a_story_follows_from_its_seed() -> None:
    assert make_story(3) == make_story(3)
    assert make_story(3) != make_story(4)


def test_held_out_stories_never_mix_with_trained_ones() -> None:
    for held_out in (True, False):
        stories = [make_story(seed, held_out=held_out) for seed in range(25)]
        assert {s.held_out for story in stories for s in story.scenes} == {held_out}


def test_videos_decode_to_the_promised_length_with_cuts_at_the_exact_times(
    library: ToonLibrary,
) -> None:
    for name, story in library.videos:
        frames = _frames(library.folder / name).astype(np.int16)
        assert frames.shape == (round(story.duration_s * FPS), 180, 320, 3)
        jumps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
        cuts = [round(start_s * FPS) - 1 for start_s in story.starts_s[1:]]
        others = np.delete(jumps, cuts)
        assert all(jumps[cut] > 2 * others.max() for cut in cuts)
        painted = np.array(list(draw_story(story)))
        assert np.abs(frames - painted).mean() < 6


def test_videos_are_small_h264_files(library: ToonLibrary) -> None:
    for name, story in library.videos:
        capture = cv2.VideoCapture(str(library.folder / name))
        fourcc = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little")
        assert fourcc in (b"h264", b"avc1")
        assert capture.get(cv2.CAP_PROP_FPS) == FPS
        size_bytes = (library.folder / name).stat().st_size
        assert size_bytes < 16_000 * story.duration_s


def test_every_scene_has_a_query_and_captions_at_its_times(library: ToonLibrary) -> None:
    queries, captions = _rows(library.queries_file), _rows(library.captions_file)
    spans = [
        (name, start_s, end_s)
        for name, story in library.videos
        for start_s, end_s in zip(story.starts_s, story.ends_s, strict=True)
    ]
    told = [(r["video"], float(r["start_s"]), float(r["end_s"])) for r in queries]
    assert told == spans
    assert len({r["query"] for r in queries}) == len(queries)
    wordings = defaultdict(set)
    for r in captions:
        wordings[r["video"], float(r["start_s"]), float(r["end_s"])].add(r["caption"])
    assert set(wordings) == set(spans)
    assert min(len(some) for some in wordings.values()) >= 6


def test_no_query_has_two_right_answers() -> None:
    taken: set[tuple[str, str, str, str]] = set()
    stories = [make_story(seed, taken=taken) for seed in range(150)]
    facts = [f for story in stories for scene in story.scenes for f in actor_facts(scene)]
    assert len(facts) == len(set(facts)) == len(taken)


def test_subtitles_speak_at_the_times_of_the_scenes(library: ToonLibrary) -> None:
    subtitled = {name for name, story in library.videos if story.subtitled}
    assert {p.stem + ".mp4" for p in library.folder.glob("*.srt")} == subtitled
    assert 0 < len(subtitled) < len(library.videos)
    for name, story in library.videos:
        if not story.subtitled:
            continue
        text = (library.folder / name).with_suffix(".srt").read_text(encoding="utf-8")
        cues = re.findall(r"(\d+):(\d+):(\d+),(\d+) --> (\d+):(\d+):(\d+),(\d+)\n(.+)\n", text)
        assert len(cues) == len(story.scenes)
        for cue, start_s, end_s in zip(cues, story.starts_s, story.ends_s, strict=True):
            h, m, s, ms, h2, m2, s2, ms2 = (int(part) for part in cue[:8])
            assert h * 3600 + m * 60 + s + ms / 1000 == pytest.approx(start_s)
            assert h2 * 3600 + m2 * 60 + s2 + ms2 / 1000 == pytest.approx(end_s)
            assert cue[8][0].isupper()
            assert cue[8].endswith(".")


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for folder, seed in (("one", 7), ("two", 7), ("three", 8)):
        write_library(tmp_path / folder, 2, seed=seed, people=2)
    bytes_of = {
        folder: {p.name: p.read_bytes() for p in sorted((tmp_path / folder).iterdir())}
        for folder in ("one", "two", "three")
    }
    assert bytes_of["one"] == bytes_of["two"]
    assert set(bytes_of["one"]) >= {"toon-0001.mp4", "toon-0002.mp4", "queries.csv", "events.csv"}
    videos = [some["toon-0001.mp4"] for some in bytes_of.values()]
    assert videos[0] != videos[2]
    assert bytes_of["one"]["events.csv"] != bytes_of["three"]["events.csv"]


def test_writing_tells_its_progress_and_a_library_without_people_has_no_events(
    tmp_path: Path,
) -> None:
    told: list[tuple[int, int]] = []
    write_library(tmp_path, 1, seed=1, people=2)
    library = write_library(tmp_path, 2, seed=1, progress=lambda n, of: told.append((n, of)))
    assert told == [(1, 2), (2, 2)]
    assert library.events == ()
    assert not library.events_file.exists()


def test_events_fit_the_videos_and_the_calendar(library: ToonLibrary) -> None:
    rows = _rows(library.events_file)
    assert list(rows[0]) == ["user", "video", "at", "watched_s", "duration_s", "kind"]
    assert len(rows) == len(library.events)
    duration_s = {name: story.duration_s for name, story in library.videos}
    times = [datetime.fromisoformat(r["at"]) for r in rows]
    assert times == sorted(times)
    assert LAST_DAY - timedelta(days=60) <= times[0]
    assert times[-1] <= LAST_DAY
    assert len({r["user"] for r in rows}) == 8
    for r in rows:
        assert float(r["duration_s"]) == duration_s[r["video"]]
        if r["kind"] == "view":
            assert 0 <= float(r["watched_s"]) <= float(r["duration_s"])
        else:
            assert r["watched_s"] == ""
            assert r["kind"] in ("like", "dislike")


@pytest.fixture(scope="module")
def shelf() -> list[tuple[str, Story]]:
    return [(f"v{i}", make_story(i)) for i in range(150)]


def test_people_watch_longer_what_they_like_and_come_back(shelf: list[tuple[str, Story]]) -> None:
    events = make_people(shelf, 60, 3)
    views = [e for e in events if e.kind == "view"]
    assert 15 < len(views) / 60 < 40
    share: dict[str, list[float]] = {"like": [], "dislike": []}
    watched = {(e.user, e.video): (e.watched_s or 0.0) / e.duration_s for e in views}
    for e in events:
        if e.kind != "view":
            share[e.kind].append(watched[e.user, e.video])
    assert len(share["like"]) > 50
    assert len(share["dislike"]) > 20
    assert np.mean(share["like"]) > 0.8
    assert np.mean(share["dislike"]) < 0.4
    again = sum(n - 1 for n in Counter((e.user, e.video) for e in views).values())
    assert 0.03 < again / len(views) < 0.2
    for user in {e.user for e in views}:
        own = sorted((e for e in views if e.user == user), key=lambda e: e.at)
        for before, after in itertools.pairwise(own):
            assert before.at + timedelta(seconds=before.watched_s or 0.0) <= after.at


def test_watching_together_means_something(shelf: list[tuple[str, Story]]) -> None:
    """Videos next to what a person saw, by co-watching, predict the rest better than popularity."""
    column = {name: i for i, (name, _) in enumerate(shelf)}
    views: dict[str, list[int]] = defaultdict(list)
    for e in make_people(shelf, 60, 3):
        if e.kind == "view" and column[e.video] not in views[e.user]:
            views[e.user].append(column[e.video])
    seen = np.zeros((len(views), len(shelf)))
    for row, own in zip(seen, views.values(), strict=True):
        row[own[:-3]] = 1
    together = seen.T @ seen
    norm = np.sqrt(np.diag(together)) + 1e-9
    near = together / norm[:, None] / norm[None]

    def recall(scores: NDArray[np.float64]) -> float:
        top = np.argsort(-np.where(seen > 0, -1, scores), axis=1)[:, :20]
        return float(
            np.mean([v in t for t, own in zip(top, views.values(), strict=True) for v in own[-3:]])
        )

    popular = recall(np.tile(seen.sum(0), (len(seen), 1)))
    assert recall(seen @ near) > popular + 0.08
    assert popular > 20 / len(shelf)


def test_people_need_videos_and_videos_need_people(shelf: list[tuple[str, Story]]) -> None:
    assert make_people([], 5, 1) == []
    assert make_people(shelf, 0, 1) == []
    assert len({e.user for e in make_people(shelf[:3], 70, 1)}) == 70
