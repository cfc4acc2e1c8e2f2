"""A library is compared once, what is new with all of it; what was found survives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.errors import ReelwiseError
from data.home import Home
from data.video.small_frames import SMALL_PX, SMALL_SIZE
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.copies.groups import live_copies
from indexer.copies.stored import Pair, Relation, read_duplicates
from indexer.duplicates import find
from indexer.duplicates.background import Background
from indexer.duplicates.candidates import Candidate, candidates
from indexer.duplicates.find import Compared, DuplicatesLock, compare_videos
from indexer.duplicates.frame_pairs import FramePairs, Ids
from indexer.duplicates.lines import Track
from indexer.duplicates.looks import AlikeLooks, Stored, looks_of
from indexer.duplicates.stored_looks import looks_file, read_looks
from indexer.search.view import View, open_view
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors
from tests.indexer.duplicates.made_tracks import BACKGROUND, DIM, Film, length_s
from tests.indexer.stored import new_home

pytestmark = pytest.mark.long(8)

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
    vectors = VideoVectors(
        video_id, track.times_s, half, zeros, spans, rows, small_frames=track.small
    )
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

    def counted(
        self: VectorStore, name: str, sha256: str, video_ids: Set[int] | None = None
    ) -> list[VideoVectors]:
        read.append(name)
        return reading(self, name, sha256, video_ids)

    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
        store(home, {f"new-{seed}.mp4": FILM.track(noise=0.2, seed=seed) for seed in range(6)})
        monkeypatch.setattr(VectorStore, "read_part", counted)
        assert compare_videos(home, catalogue).new == 6
    counts = {name: read.count(name) for name in read}
    assert 2 <= max(counts.values()) <= 3 < 6


def test_it_is_said_where_more_look_alike_than_were_compared(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(home) as catalogue:
        assert not told(compare_videos(home, catalogue))
    crowd = {f"crowd-{n}.mp4": Film(800 + n, 12.0, places=3).track() for n in range(9)}
    store(home, crowd)
    with Catalogue(home) as catalogue:
        assert not told(compare_videos(home, catalogue))
    monkeypatch.setattr("indexer.duplicates.rounds.MOST", 4)
    store(home, {f"copy-{n}.mp4": FILM.track(noise=0.2, seed=n) for n in range(9)})
    with Catalogue(home) as catalogue:
        assert told(compare_videos(home, catalogue))


def told(compared: Compared) -> bool:
    return any("more look alike than were compared" in each for each in compared.warnings)


SCENES = np.random.default_rng(5).integers(20, 235, (2, 12, SMALL_PX, SMALL_PX)).astype(np.uint8)


def seen(track: Track, scenes: NDArray[np.uint8]) -> Track:
    """The same with small pictures: each of some scenes for two seconds, in turn."""
    small = scenes[(track.times_s // 2).astype(int) % len(scenes)].reshape(-1, SMALL_SIZE)
    return replace(track, small=small)


@pytest.fixture
def pictured(home: Home) -> Home:
    """Two films that an encoder takes for different ones and that show the same, mirrored."""
    store(home, {"seen.mp4": seen(Film(2, 20.0).track(), SCENES[0])})
    store(home, {"mirrored.mp4": seen(Film(3, 20.0).track(), SCENES[0, :, :, ::-1])})
    store(home, {"unlike.mp4": seen(Film(4, 20.0).track(), SCENES[1])})
    return home


def proposed_pairs(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[Compared, set[Ids]]:
    """Compare the videos of a library, and say which pairs were judged."""
    pairs: set[Ids] = set()
    judging = FramePairs.round

    def heard(self: FramePairs, some: Sequence[Ids]) -> Iterator[tuple[Ids, Pair | None]]:
        pairs.update(some)
        return judging(self, some)

    monkeypatch.setattr(FramePairs, "round", heard)
    with Catalogue(home) as catalogue:
        return compare_videos(home, catalogue), pairs


def test_what_looks_alike_is_compared_whatever_the_encoder_says(
    pictured: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(pictured) as catalogue:
        ids = {video.path.stem: video.id for video in catalogue.videos(ENCODER)}
    _, pairs = proposed_pairs(pictured, monkeypatch)
    assert (ids["seen"], ids["mirrored"]) in pairs
    pairs.clear()
    monkeypatch.setattr(AlikeLooks, "evidence", lambda _, ids: {each: {} for each in ids})
    with Catalogue(pictured) as catalogue:
        compare_videos(pictured, catalogue, afresh=True)
    assert pairs
    assert (ids["seen"], ids["mirrored"]) not in pairs


def test_a_new_video_is_found_by_the_looks_that_are_stored(
    pictured: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pairs = proposed_pairs(pictured, monkeypatch)
    pairs.clear()
    store(pictured, {"late.mp4": seen(Film(5, 20.0).track(), SCENES[0])})
    read: list[int] = []

    def counted(times_s: NDArray[np.float64], small: NDArray[np.uint8] | None) -> Stored:
        read.append(len(times_s))
        return looks_of(times_s, small)

    monkeypatch.setattr(find, "looks_of", counted)
    with Catalogue(pictured) as catalogue:
        late = max(video.id for video in catalogue.videos(ENCODER))
        compare_videos(pictured, catalogue)
    assert len(read) == 1
    assert len([each for each in pairs if late in each]) >= 2


def test_damaged_looks_are_read_again_and_it_is_said(
    pictured: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed_pairs(pictured, monkeypatch)
    path = looks_file(pictured, ENCODER)
    whole = read_looks(path)
    path.write_bytes(path.read_bytes()[:-1])
    store(pictured, {"late.mp4": seen(Film(5, 20.0).track(), SCENES[0])})
    compared, _ = proposed_pairs(pictured, monkeypatch)
    assert any("read again" in each for each in compared.warnings)
    again = read_looks(path)
    assert all(np.array_equal(again[each], rows) for each, rows in whole.items())


def test_videos_without_small_pictures_have_no_looks_and_are_found_by_vectors(home: Home) -> None:
    """As those of parts of format 3."""
    with Catalogue(home) as catalogue:
        compare_videos(home, catalogue)
    looks = read_looks(looks_file(home, ENCODER))
    assert len(looks) == 14
    assert not any(len(rows) for rows in looks.values())
    assert found(home) == {("film.mp4", "poor.mkv"): Relation.COPY}


def test_a_damaged_part_costs_its_own_videos_only(
    pictured: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing_session(pictured) as catalogue:
        publish(pictured, catalogue, ENCODER)
        ids = {video.path.stem: video.id for video in catalogue.videos(ENCODER)}
        (part,) = catalogue.embeddings.part_of(ENCODER, [ids["unlike"]]).values()
    file = VectorStore(pictured, ENCODER).path(part.name)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    compared, pairs = proposed_pairs(pictured, monkeypatch)
    assert [each for each in compared.warnings if "its videos are not compared" in each]
    assert (ids["seen"], ids["mirrored"]) in pairs
    assert ids["unlike"] not in read_looks(looks_file(pictured, ENCODER))
    assert found(pictured)[("film.mp4", "poor.mkv")] is Relation.COPY
