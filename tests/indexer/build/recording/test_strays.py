"""Vector parts that the catalogue lost are taken in again; nothing is decoded twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.store.vectors import VectorStore
from indexer.verify import verify_library
from tests.indexer.made import paint
from tests.indexer.runs import counts, first, index, names


def lose_the_last_run(home: Home, videos: Path, tmp_path: Path) -> None:
    """Index, keep the catalogue, index one more video, and bring the older catalogue back."""
    index(home, videos)
    shutil.copy(home.catalogue, tmp_path / "older.db")
    paint(videos / "new.mp4", ("purple", 4))
    index(home, videos)
    shutil.copy(tmp_path / "older.db", home.catalogue)


def test_after_an_older_catalogue_came_back_nothing_is_decoded_again(
    home: Home, videos: Path, tmp_path: Path
) -> None:
    lose_the_last_run(home, videos, tmp_path)
    fixes = [each.fix for each in verify_library(home).problems if "vector part" in each.what]
    assert ["1 videos that the library lacks" in fix for fix in fixes] == [True]
    report, encoder = index(home, videos)
    assert (report.taken_in, report.decoded, encoder.frames) == (1, 0, 0)
    assert report.lost_commits > 0
    assert first(home, "purple") == ("new.mp4", 0.0, 4.0)
    with Catalogue(home) as catalogue:
        video = catalogue.video("new.mp4")
        assert (video.width_px, video.duration_s) == (48, 4.0)
    assert verify_library(home).problems == []
    assert counts(index(home, videos)[0]) == {"unchanged": 5}


def test_a_lost_catalogue_costs_no_decoding(home: Home, videos: Path) -> None:
    index(home, videos)
    shutil.rmtree(home.copies)
    home.catalogue.unlink()
    verify_library(home, repair=True)
    report, encoder = index(home, videos)
    assert (report.taken_in, report.decoded, encoder.frames) == (4, 0, 0)
    assert first(home, "green")[0] == "green.mp4"
    assert len(names(home)) == 4
    assert verify_library(home).problems == []


@pytest.mark.parametrize(
    "column", ["frames", "frame_times_s", "clips", "clip_spans", "cuts_s", "origin"]
)
def test_damaged_bytes_of_such_a_part_are_not_taken_in(
    home: Home, videos: Path, tmp_path: Path, column: str
) -> None:
    index(home, videos)
    before = {path.name for path in home.all_vectors.glob("*/*")}
    shutil.copy(home.catalogue, tmp_path / "older.db")
    paint(videos / "new.mp4", ("purple", 4), ("red", 4), ("blue", 4))
    index(home, videos)
    shutil.copy(tmp_path / "older.db", home.catalogue)
    (stray,) = (path for path in home.all_vectors.glob("*/*") if path.name not in before)
    content, pair = stray.read_bytes(), VectorStore(home, "colour-1").read_stray(stray.name)[0]
    assert pair is not None
    origin, row = pair
    held = origin.content_key.encode() if column == "origin" else getattr(row, column).tobytes()
    assert content.count(held) > 0
    stray.write_bytes(content.replace(held, bytes([held[0] ^ 1]) + held[1:]))
    report, _ = index(home, videos)
    assert (report.taken_in, report.decoded) == (0, 1)
    assert first(home, "purple")[0] == "new.mp4"
    assert stray.exists()


def test_a_part_of_what_is_gone_stays_and_is_reported(
    home: Home, videos: Path, tmp_path: Path
) -> None:
    lose_the_last_run(home, videos, tmp_path)
    (videos / "new.mp4").unlink()
    report, _ = index(home, videos)
    assert (report.taken_in, report.decoded) == (0, 0)
    assert ["vector part" in each.what for each in verify_library(home).problems] == [True]
