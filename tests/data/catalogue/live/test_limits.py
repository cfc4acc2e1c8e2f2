"""The database gives the videos within limits that comparing them one by one gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalogue import Catalogue, EmbeddingRow, LiveVideos, Part, Video, VideoLimits
from data.catalogue.database import Database
from data.catalogue.live.limits import VideoIds, passing_ids
from data.catalogue.records import DOUBTFUL, FileRecord
from data.catalogue.values import to_micros
from data.home import Home
from data.video.types import Ending, VideoInfo

START = datetime(2026, 5, 1, tzinfo=UTC)
FOLDERS = ("/films", "/films/a", "/film", "/films b", "/a%_b")


def fits(limits: VideoLimits, video: Video, files: list[Path]) -> bool:
    """What the limits mean, of one video."""
    return (
        (limits.videos is None or video.id in limits.videos)
        and (limits.under is None or any(f.is_relative_to(limits.under) for f in files))
        and (limits.min_duration_s is None or video.duration_s >= limits.min_duration_s)
        and (limits.max_duration_s is None or video.duration_s <= limits.max_duration_s)
        and (limits.after is None or video.recorded_at >= limits.after)
        and (limits.before is None or video.recorded_at < limits.before)
        and (limits.codec is None or video.codec == limits.codec)
        and min(video.width_px, video.height_px) >= (limits.min_resolution_px or 0)
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Thirty videos of all kinds: with and without dates, sizes and codecs; with copies; gone."""
    with Catalogue(Home(tmp_path_factory.mktemp("home"))) as catalogue:
        for n in range(30):
            _record(catalogue, n)
        catalogue.files.remove([_path(7)])
        yield catalogue


def _path(n: int) -> Path:
    return Path(FOLDERS[n % len(FOLDERS)]) / f"{n}.mp4"


def _record(catalogue: Catalogue, n: int) -> None:
    mtime_ns = DOUBTFUL if n % 11 == 3 else (n - 4) * 10**15 + 999
    paths = [_path(n), *([Path("/copies") / f"{n}.mp4"] if n % 4 == 0 else [])]
    ids = catalogue.files.put([FileRecord(path, 1, mtime_ns, 1, f"key {n}") for path in paths])
    video_id = ids[paths[0]]
    assert video_id is not None
    recorded = to_micros(START) + n % 6 * 86_400 * 10**6 + n if n % 3 else None
    size = (64 * (n % 4), 48 * (n % 5))
    info = VideoInfo(("h264", "hevc", "")[n % 3], *size, 25.0, n % 7 * 2.5, recorded_us=recorded)
    first = catalogue.embeddings.reserve("e1", f"p{n}", 1)
    ending = Ending("done", info=None if n % 13 == 5 else info)
    row = EmbeddingRow(video_id, ending, (first,), ((0.0, 1.0),))
    part = Part(f"p{n}", "0" * 64, 1, frozenset({video_id}))
    catalogue.embeddings.commit_part("e1" if n % 10 else "e2", part, [row])


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


INSTANTS = st.one_of(
    st.builds(lambda d, n: START + timedelta(days=d, microseconds=n), *[st.integers(-1, 8)] * 2),
    st.builds(lambda n: datetime.fromtimestamp(n * 10**6, UTC), st.integers(-5, 30)),
)
LIMITS = st.builds(
    VideoLimits,
    under=maybe(st.sampled_from([Path(each) for each in (*FOLDERS, "/", "/films/5.mp4", "/no")])),
    min_duration_s=maybe(st.sampled_from([0.0, 2.5, 5.1, 15.0])),
    max_duration_s=maybe(st.sampled_from([0.0, 2.5, 5.1, 15.0, math.inf])),
    after=maybe(INSTANTS),
    before=maybe(INSTANTS),
    codec=maybe(st.sampled_from(["h264", "hevc", "", "av1"])),
    min_resolution_px=maybe(st.sampled_from([0, 1, 48, 144])),
    videos=maybe(st.frozensets(st.integers(-1, 40))),
)


@settings(max_examples=150, deadline=None)
@given(limits=LIMITS)
def test_the_database_and_one_by_one_agree(library: Catalogue, limits: VideoLimits) -> None:
    one_by_one = [video.id for video, files in _all(library) if fits(limits, video, files)]
    assert LiveVideos(library, "e1").passing(limits).tolist() == one_by_one


@cache
def _all(library: Catalogue) -> list[tuple[Video, list[Path]]]:
    return [(video, library.files.of_video(video.id)) for video in library.videos("e1")]


@pytest.mark.parametrize(
    "limits",
    [
        VideoLimits(under=Path("/films")),
        VideoLimits(under=Path("/copies")),
        VideoLimits(min_duration_s=14.0),
        VideoLimits(max_duration_s=0.0),
        VideoLimits(codec="hevc"),
        VideoLimits(after=START),
        VideoLimits(before=START),
        VideoLimits(min_resolution_px=48),
        VideoLimits(videos=frozenset(range(5))),
    ],
)
def test_some_pass_and_some_do_not(library: Catalogue, limits: VideoLimits) -> None:
    assert 0 < len(LiveVideos(library, "e1").passing(limits)) < len(library.videos("e1"))


def test_columns_lists_and_numbers_of_videos_agree(library: Catalogue) -> None:
    videos = library.videos("e1")
    columns = LiveVideos(library, "e1").columns()
    assert list(zip(*vars(columns).values(), strict=True)) == [
        (each.id, each.path, each.title, each.added_at, each.duration_s) for each in videos
    ]
    everybody = library.videos()
    assert len(everybody) > len(videos)
    newest = sorted(everybody, key=lambda each: (each.added_at, each.id), reverse=True)
    assert library.newest(7) == newest[:7]
    n, length_s = library.number_and_length_s()
    assert n == len(everybody)
    assert length_s == pytest.approx(sum(video.duration_s for video in everybody))


def test_columns_of_no_video_are_empty(library: Catalogue) -> None:
    columns = LiveVideos(library, "e3").columns()
    assert [len(column) for column in vars(columns).values()] == [0] * 5


def test_other_videos_below_one_folder_are_told_without_asking_again(
    library: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[VideoLimits] = []

    def counted(database: Database, encoder_id: str, limits: VideoLimits) -> VideoIds:
        asked.append(limits)
        return passing_ids(database, encoder_id, limits)

    monkeypatch.setattr("data.catalogue.live.videos.passing_ids", counted)
    live, films = LiveVideos(library, "e1"), VideoLimits(under=Path("/films"))
    whole = live.passing(films)
    for chosen in ({int(whole[0]), 999}, set(whole[1:].tolist())):
        limits = replace(films, videos=frozenset(chosen))
        assert set(live.passing(limits).tolist()) == chosen & set(whole.tolist())
    assert asked == [films]
