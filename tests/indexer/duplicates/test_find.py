"""A library is compared once, what is new with all of it; what was found survives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.errors import ReelwiseError
from data.home import Home
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.copies.groups import live_copies
from indexer.copies.stored import Relation, read_duplicates
from indexer.duplicates import find
from indexer.duplicates.background import Background
from indexer.duplicates.candidates import Candidate, candidates
from indexer.duplicates.find import DuplicatesLock, compare_videos
from indexer.duplicates.lines import Track
from indexer.search.view import View, open_view
from indexer.store.vectors import VectorStore, VideoVectors
from tests.indexer.duplicates.made_tracks import BACKGROUND, DIM, Film, length_s
from tests.indexer.stored import new_home

ENCODER = "films-1"
CLIP_S = 10.0
EMPTY = Background(np.zeros(DIM, np.float32), alike=-1.0)
"""With it everything is alike."""


def store(home: Home, tracks: Mapping[str, Track]) -> None:
    """Put videos into the library as if they had been embedded."""
    with writing_session(home) as catalogue:
        paths = {name: Path("/films") / name for name in tracks}
        records = [FileRecord(path, 1, 1, 1, f"key-{name}") for name, path in paths.items()]
        ids = catalogue.files.put(records)
        rows = [_embedded(int(ids[paths[name]] or 0), track) for name, track in tracks.items()]
        record_embedded(catalogue, VectorStore(home, ENCODER), rows)
        if catalogue.encoder is None:
            catalogue.set_encoder(ENCODER, ENCODER)


def _embedded(video_id: int, track: Track) -> Embedded:
    starts_s = np.arange(0.0, max(length_s(track) - CLIP_S / 2, 1.0), CLIP_S / 2)
    spans = np.stack([starts_s, np.minimum(starts_s + CLIP_S, length_s(track))], axis=1)
    clips = [
        track.frames[(track.times_s >= a) & (track.times_s < b)].mean(axis=0) for a, b in spans
    ]
    rows = np.stack([each / np.linalg.norm(each) for each in clips]).astype(np.float16)
    zeros = np.zeros(len(rows), np.int64)
    half = track.frames.astype(np.float16)
    vectors = VideoVectors(video_id, track.times_s, half, zeros, spans, rows)
    info = VideoInfo("h264", 64, 48, 25.0, length_s(track))
    return Embedded(vectors, Ending("done", info=info))


OTHERS = {f"other-{seed}.mp4": Film(seed, 12.0).track() for seed in range(60, 72)}
FILM = Film(1, 30.0, scenes=2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path)
    store(home, {**OTHERS, "film.mp4": FILM.track(seed=1), "poor.mkv": FILM.track(noise=0.3)})
    return home


def found(home: Home) -> dict[tuple[str, str], Relation]:
    with Catalogue(home) as catalogue:
        pairs = live_copies(catalogue, ENCODER).pairs
        names = {video.id: video.path.name for video in catalogue.videos(ENCODER)}
    return {(names[pair.one], names[pair.other]): pair.relation for pair in pairs}


def test_a_library_is_compared_once(home: Home) -> None:
    with Catalogue(home) as catalogue:
        assert compare_videos(home, catalogue).new == 14
        assert found(home) == {("film.mp4", "poor.mkv"): Relation.COPY}
        assert compare_videos(home, catalogue).new == 0


def test_a_new_video_is_compared_with_the_old_ones_and_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
        store(home, {"part.mp4": FILM.track(5.0, 20.0, noise=0.2, seed=5)})
        asked: list[list[int]] = []

        def counted(
            view: View, video_ids: list[int], background: Background
        ) -> dict[int, list[Candidate]]:
            asked.append(video_ids)
            return candidates(view, video_ids, background)

        monkeypatch.setattr(find, "candidates", counted)
        assert compare_videos(home, catalogue).new == 1
    assert len(asked) == 1
    assert len(asked[0]) == 1
    assert found(home) == {
        ("film.mp4", "poor.mkv"): Relation.COPY,
        ("film.mp4", "part.mp4"): Relation.PART,
        ("poor.mkv", "part.mp4"): Relation.PART,
    }


def test_a_doubled_library_is_compared_anew(home: Home) -> None:
    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
        store(home, {f"more-{seed}.mp4": Film(seed, 12.0).track() for seed in range(100, 116)})
        assert compare_videos(home, catalogue).new == 30
    assert found(home) == {("film.mp4", "poor.mkv"): Relation.COPY}


def test_a_stopped_comparison_goes_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "CHUNK_VIDEOS", 6)
    monkeypatch.setattr("indexer.duplicates.candidates.QUERIES", 4)

    def stopping(done: int, _: int) -> None:
        if done > 8:
            raise KeyboardInterrupt

    with Catalogue(home) as catalogue:
        with pytest.raises(KeyboardInterrupt):
            compare_videos(home, catalogue, progress=stopping)
        kept = read_duplicates(home, ENCODER)
        assert kept is not None
        assert len(kept.compared) == 8
        assert compare_videos(home, catalogue).new == 6
    assert found(home) == {("film.mp4", "poor.mkv"): Relation.COPY}


def test_a_damaged_list_is_made_anew_and_it_is_said(home: Home) -> None:
    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
        home.duplicates(ENCODER).write_bytes(b"{}")
        compared = compare_videos(home, catalogue)
        assert compared.new == 14
        assert any("all videos were compared anew" in line for line in compared.warnings)
    assert found(home)


def test_one_process_compares_at_a_time(home: Home) -> None:
    with (
        Catalogue(home) as catalogue,
        DuplicatesLock(home),
        pytest.raises(ReelwiseError, match="are being compared"),
    ):
        compare_videos(home, catalogue)


def test_few_candidates_are_proposed_and_never_a_video_itself(home: Home) -> None:
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        ids = view.video_ids.tolist()
        proposed = candidates(view, ids, EMPTY)
    assert all(each.one == i != each.other for i in ids for each in proposed[i])
    assert all(proposed[i] for i in ids)
    film = min(i for i in ids if view.videos[i].path.name == "film.mp4")
    assert view.videos[proposed[film][0].other].path.name == "poor.mkv"


def test_a_long_video_is_not_its_own_nearest_neighbour(tmp_path: Path) -> None:
    """Its own clips are the nearest to one another, and would fill all places."""
    home = new_home(tmp_path)
    long = Film(9, 500.0, moves=0.3)
    store(home, {"long.mp4": long.track(seed=1), "cut.mp4": long.track(300, 320, noise=0.3)})
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        ids = {video.path.name: i for i, video in view.videos.some(view.video_ids).items()}
        assert len(view.rows_of([ids["long.mp4"]])) > 90
        proposed = candidates(view, [ids["long.mp4"]], EMPTY)
        assert [each.other for each in proposed[ids["long.mp4"]]] == [ids["cut.mp4"]]
        compare_videos(home, catalogue)
        (pair,) = live_copies(catalogue, ENCODER).pairs
    assert pair.relation is Relation.PART
    assert pair.stretches[0].start_s == pytest.approx(300, abs=1)


def test_clips_that_are_near_to_all_say_little(tmp_path: Path) -> None:
    """A title that many videos begin with is nearer than a poor copy of the rest."""
    title = Film(500, 20.0, moves=0.0)

    def titled(track: Track, seed: int) -> Track:
        first = title.track(noise=0.02, seed=seed)
        times_s = np.concatenate([first.times_s, 20.0 + track.times_s])
        return Track(times_s, np.concatenate([first.frames, track.frames]))

    home = new_home(tmp_path)
    tracks = {f"s{seed:02}.mp4": titled(Film(seed, 20.0).track(), seed) for seed in range(700, 730)}
    tracks["film.mp4"] = titled(FILM.track(seed=1), 1)
    tracks["poor.mp4"] = FILM.track(noise=0.9, seed=2)
    store(home, tracks)
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        ids = {video.path.name: i for i, video in view.videos.some(view.video_ids).items()}
        proposed = candidates(view, [ids["film.mp4"]], BACKGROUND)[ids["film.mp4"]]
    assert len(proposed) > 8
    assert max(each.likeness for each in proposed) > proposed[0].likeness
    assert proposed[0].other == ids["poor.mp4"]


def test_a_part_is_read_once_a_round_not_once_a_video(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of reading is that of the library, not of the library times its videos."""
    store(home, {f"more-{seed}.mp4": Film(seed, 12.0).track() for seed in range(100, 110)})
    read: list[str] = []
    reading = VectorStore.read_part

    def counted(self: VectorStore, name: str, sha256: str) -> list[VideoVectors]:
        read.append(name)
        return reading(self, name, sha256)

    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
        store(home, {f"new-{seed}.mp4": FILM.track(noise=0.2, seed=seed) for seed in range(6)})
        monkeypatch.setattr(VectorStore, "read_part", counted)
        assert compare_videos(home, catalogue).new == 6
    counts = {name: read.count(name) for name in read}
    assert 2 <= max(counts.values()) <= 3 < 6


def test_it_is_said_where_more_look_alike_than_were_compared(home: Home) -> None:
    with Catalogue(home) as catalogue:
        assert not any("look alike" in each for each in compare_videos(home, catalogue).warnings)
    crowd = {f"crowd-{n}.mp4": Film(800 + n, 12.0, places=3).track() for n in range(9)}
    store(home, crowd)
    with Catalogue(home) as catalogue:
        warnings = compare_videos(home, catalogue).warnings
    assert any("more look alike than were compared" in each for each in warnings)
