"""Filmed clips and damaged files from beside the repository, through the whole pipeline."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import State
from data.home import resolve_home
from indexer.build.pipeline import index_library
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder

REPOSITORY = Path(__file__).resolve().parents[3]
VIDEOS = Path(os.environ.get("REELWISE_REAL_VIDEOS", REPOSITORY / "../shared/videos"))
BAD = Path(os.environ.get("REELWISE_BAD_VIDEOS", REPOSITORY / "../shared/bad"))


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix not in (".csv", ".md")}


@pytest.mark.skipif(not VIDEOS.is_dir(), reason=f"no filmed clips in {VIDEOS}")
def test_every_filmed_clip_is_indexed_and_finds_itself(tmp_path: Path) -> None:
    home = resolve_home(tmp_path / "home")
    report = index_library(home, [VIDEOS], ColourEncoder())
    assert report.troubles == []
    assert (report.done, report.added) == (27, 27)
    searcher = Searcher(home, ColourEncoder())
    for video in searcher.view.videos.some(searcher.view.videos).values():
        assert searcher.search(Query(like=video.path), k=1).hits[0].video_id == video.id
    again = index_library(home, [VIDEOS], ColourEncoder())
    assert (again.unchanged, again.decoded, again.frames) == (27, 0, 0)


@pytest.mark.skipif(not BAD.is_dir(), reason=f"no damaged files in {BAD}")
def test_every_damaged_file_ends_with_a_label_that_a_person_understands(tmp_path: Path) -> None:
    home = resolve_home(tmp_path / "home")
    report = index_library(home, [BAD], ColourEncoder())
    silent = files(BAD) - {"tc_audio_only.mp3"}  # sound is passed over by the scan, by its name
    with Catalogue(home) as catalogue:
        states = {video.path.name: State.DONE for video in catalogue.videos()}
        for failure in catalogue.embeddings.failures():
            states[failure.path.name] = State(failure.state)
            assert len(failure.reason) > 10, failure
    assert set(states) >= silent
    assert report.done + report.partial + report.failed == len(states)
    assert states["derived_zero_length.mp4"] == states["derived_text_named.mp4"] == State.FAILED
    assert states["psd_counter.mp4"] == states["tc_av1.mkv"] == State.DONE
    again = index_library(home, [BAD], ColourEncoder())
    assert (again.done, again.added, again.decoded) == (0, 0, again.failed)
