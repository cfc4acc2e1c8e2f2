"""From folders to search, through real files and real decoding processes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from indexer.build import embed as embedding
from indexer.build.pipeline import index_library, rebuild, reencode
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.search.spans import Span
from tests.fakes import ColourEncoder, CountingEncoder
from tests.indexer.made import paint
from tests.indexer.runs import Listener, counts, first, index


def test_a_folder_becomes_searchable_with_the_right_times(home: Home, videos: Path) -> None:
    report, encoder = index(home, videos)
    assert counts(report) == {"added": 4, "decoded": 4, "done": 4}
    assert report.video_s == pytest.approx(19, abs=0.2)
    assert report.frames == encoder.frames == 38  # 2 per second
    assert (report.clips, report.generation) == (6, 1)
    assert first(home, "red") == ("red-blue.mp4", 0.0, 2.8)
    assert first(home, "blue") == ("red-blue.mp4", 2.8, 8.0)
    assert first(home, "black") == ("white-black.mp4", 1.8, 4.0)
    with Catalogue(home) as catalogue:
        video = catalogue.video("green")
        assert (video.duration_s, video.width_px, video.codec) == (4.0, 48, "h264")
        assert video.title == "green"


def test_frames_of_several_videos_share_a_batch(
    home: Home, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "EARLY_AFTER_S", 1000.0)
    _, encoder = index(home, videos, workers=1)
    assert encoder.largest_batch > 16  # no video has more than 16 frames
    assert encoder.largest_batch <= 64


def test_vectors_that_are_not_finite_fail_one_video(home: Home, videos: Path) -> None:
    encoder = CountingEncoder(spoil=True)
    report = index_library(home, [videos], encoder)
    assert (report.done, report.failed) == (3, 1)
    assert "not finite" in report.troubles[0].reason


def test_rebuild_makes_a_generation_from_vectors_and_reencode_from_videos(
    home: Home, videos: Path
) -> None:
    with pytest.raises(ReelwiseError, match="there is no library in"):
        rebuild(home)
    index(home, videos)
    shutil.rmtree(home.index)
    shutil.move(videos, videos.with_name("away"))
    generation = rebuild(home)
    assert (generation.number, generation.manifest.clips) == (1, 6)
    assert first(home, "green")[0] == "green.mp4"
    shutil.move(videos.with_name("away"), videos)
    encoder = CountingEncoder()
    generation = reencode(home, encoder)
    assert (generation.number, generation.manifest.clips, encoder.frames) == (2, 6, 38)
    assert first(home, "green")[0] == "green.mp4"
    with Catalogue(home) as catalogue:
        assert len(catalogue.clip_table("colour-1")) == 6


def test_examples_find_their_source_first(home: Home, videos: Path, tmp_path: Path) -> None:
    index(home, videos)
    searcher = Searcher(home, ColourEncoder())
    for path in videos.rglob("*.mp4"):
        hit = searcher.search(Query(like=path), k=1).hits[0]
        assert (hit.path, hit.relevance > 0.5) == (path, True)
    part = searcher.search(Query(like=f"{videos / 'red-blue.mp4'}@4-7"), k=1).hits[0]
    assert (part.path.name, part.start_s, part.end_s) == ("red-blue.mp4", 2.75, 8.0)
    other = paint(tmp_path / "example.mp4", ("black", 2), size_px=32)
    hit = searcher.search(Query(like=other), k=1).hits[0]
    assert (hit.path.name, hit.start_s) == ("white-black.mp4", 1.75)
    mixed = searcher.search(Query(text="yellow", like=other), k=4).hits
    assert {hit.path.name for hit in mixed[:2]} == {"yellow.mp4", "white-black.mp4"}
    similar = searcher.similar(searcher.video("green").id, Span(0, 2))
    assert len({hit.path.name for hit in similar.hits}) == 3


def test_an_example_that_cannot_be_read_says_why(home: Home, videos: Path, tmp_path: Path) -> None:
    index(home, videos)
    searcher = Searcher(home, ColourEncoder())
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(ReelwiseError, match=r"text\.mp4 cannot be read: .*plain text"):
        searcher.search(Query(like=text))
    with pytest.raises(ReelwiseError, match="no example file"):
        searcher.search(Query(like=tmp_path / "missing.mp4"))
    with pytest.raises(ReelwiseError, match="no frame between 90 s and 99 s"):
        searcher.search(Query(like=f"{videos / 'green.mp4'}@90-99"))


def test_progress_counts_files_clips_and_time_left(home: Home, videos: Path) -> None:
    listener = Listener()
    index(home, videos, progress=listener)
    phases = list(dict.fromkeys(now.phase for now in listener.seen))
    assert phases == ["scanning", "indexing", "publishing", "finished"]
    last = listener.seen[-1]
    assert (last.files_done, last.files_total, last.clips) == (4, 4, 6)
    assert last.video_s == pytest.approx(19, abs=0.2)
    assert last.clips_per_s > 0
    assert last.times_real_time > 1


def test_a_second_writer_is_refused(home: Home, videos: Path) -> None:
    class Intruder(CountingEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            with pytest.raises(ReelwiseError, match="being written"):
                index_library(home, [videos], ColourEncoder())
            return super().encode_frames(pixels)

    report = index_library(home, [videos], Intruder())
    assert report.done == 4
