"""What a second run does about files that changed, went, came back or failed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.video.found import RootRules
from indexer.build.pipeline import index_library
from indexer.build.removal import remove_paths
from indexer.search.query import Filters, Query
from indexer.search.searcher import Searcher
from indexer.verify import verify_library
from tests.fakes import ColourEncoder
from tests.indexer.made import paint
from tests.indexer.runs import Listener, counts, first, index, names


def test_a_second_run_decodes_and_encodes_nothing(home: Home, videos: Path) -> None:
    index(home, videos)
    report, encoder = index(home, videos)
    assert counts(report) == {"unchanged": 4}
    assert (encoder.frames, report.frames, report.clips, report.generation) == (0, 0, 0, 1)


def test_touched_moved_and_copied_files_cost_no_decode(home: Home, videos: Path) -> None:
    index(home, videos)
    os.utime(videos / "green.mp4", ns=(1, 1))
    (videos / "sub" / "yellow.mp4").rename(videos / "sun.mp4")
    shutil.copy(videos / "red-blue.mp4", videos / "copy.mp4")
    report, encoder = index(home, videos)
    assert counts(report) == {"touched": 1, "moved": 1, "copies": 1, "unchanged": 3}
    assert encoder.frames == 0
    assert first(home, "yellow")[0] == "sun.mp4"
    with Catalogue(home) as catalogue:
        assert len(catalogue.videos()) == 4
        assert catalogue.video("copy.mp4").id == catalogue.video("red-blue.mp4").id
        assert catalogue.video("sun.mp4").title == "sun"
    (videos / "red-blue.mp4").unlink()
    report, encoder = index(home, videos)
    assert counts(report) == {"removed": 1, "unchanged": 4}
    assert first(home, "red")[0] == "copy.mp4"


def test_a_deleted_file_drops_out_and_comes_back_without_decoding(
    home: Home, videos: Path, tmp_path: Path
) -> None:
    index(home, videos)
    (videos / "green.mp4").rename(tmp_path / "kept.mp4")
    report, _ = index(home, videos)
    assert counts(report) == {"removed": 1, "unchanged": 3}
    assert "green.mp4" not in names(home)
    hits = Searcher(home, ColourEncoder()).search(Query(text="green"), k=50).hits
    assert "green.mp4" not in {hit.path.name for hit in hits}
    shutil.copy(tmp_path / "kept.mp4", videos / "back.mp4")
    report, encoder = index(home, videos)
    assert counts(report) == {"added": 1, "unchanged": 3}
    assert encoder.frames == 0
    assert first(home, "green")[0] == "back.mp4"


def test_an_edited_file_is_found_by_its_new_content_only(home: Home, videos: Path) -> None:
    index(home, videos)
    paint(videos / "green.mp4", ("purple", 4))
    report, _ = index(home, videos)
    assert counts(report) == {"edited": 1, "unchanged": 3, "decoded": 1, "done": 1}
    assert first(home, "purple")[0] == "green.mp4"
    hits = Searcher(home, ColourEncoder()).search(Query(text="green"), k=50).hits
    assert max(hit.score for hit in hits) < 0.5


def test_a_missing_folder_is_an_error_and_drops_nothing(home: Home, videos: Path) -> None:
    index(home, videos)
    shutil.move(videos, videos.with_name("unplugged"))
    with pytest.raises(ReelwiseError, match="nothing was changed"):
        index(home, videos)
    assert len(names(home)) == 4
    report, _ = index(home, videos.with_name("unplugged"), videos)
    assert report.missing == [videos]
    assert counts(report)["copies"] == 4
    assert len(names(home)) == 4


def test_a_root_that_is_suddenly_empty_drops_out_only_where_somebody_says_so(
    home: Home, videos: Path
) -> None:
    class Sure(Listener):
        def may_drop(self, folder: Path, n_files: int) -> bool:
            assert (folder, n_files) == (videos, 4)
            return True

    index(home, videos)
    shutil.rmtree(videos)
    videos.mkdir()
    report, _ = index(home, videos)
    assert (report.removed, report.held_back) == (0, {videos: 4})
    assert len(names(home)) == 4
    report, _ = index(home, videos, progress=Sure())
    assert (report.removed, report.held_back) == (4, {})
    assert names(home) == set()


def test_what_the_user_excludes_is_remembered_and_drops_out(home: Home, videos: Path) -> None:
    index(home, videos)
    with Catalogue(home) as catalogue:
        catalogue.files.add_roots({videos: RootRules(("sub/", "gr*.mp4"))})
    report, _ = index(home, videos)
    assert report.passed_over == {"excluded by a pattern": 2}
    assert names(home) == {"red-blue.mp4"}
    report, _ = index(home, videos / "sub")
    assert len(names(home)) == 3
    index(home, videos)
    assert len(names(home)) == 3  # a root of its own is left alone


def test_a_removed_folder_leaves_its_copies_and_does_not_come_back(
    home: Home, videos: Path
) -> None:
    shutil.copy(videos / "sub" / "yellow.mp4", videos / "copy.mp4")
    index(home, videos)
    (removed,) = remove_paths(home, [videos / "sub"])
    assert (removed.videos, removed.elsewhere, removed.passed_over_by) == (1, 1, videos)
    assert (videos / "sub" / "yellow.mp4").exists()
    assert names(home) == {"red-blue.mp4", "green.mp4", "copy.mp4"}
    index(home, videos)
    assert names(home) == {"red-blue.mp4", "green.mp4", "copy.mp4"}
    shutil.rmtree(videos)
    assert remove_paths(home, [videos])[0].videos == 3
    with Catalogue(home) as catalogue:
        assert catalogue.files.roots() == []
    with pytest.raises(ReelwiseError, match="nothing of the library"):
        remove_paths(home, [videos])


def test_only_what_lies_below_the_given_folders_can_be_dropped(home: Home, videos: Path) -> None:
    index(home, videos)
    shutil.rmtree(videos / "sub")
    (videos / "green.mp4").unlink()
    report, _ = index(home, videos / "red-blue.mp4")
    assert counts(report) == {"unchanged": 1}
    assert len(names(home)) == 4
    report, _ = index(home, videos)
    assert counts(report) == {"removed": 3, "unchanged": 1}
    assert names(home) == {"red-blue.mp4"}


def test_a_bad_file_never_stops_the_rest_and_stays_told(home: Home, videos: Path) -> None:
    (videos / "text.mp4").write_text("this is no video\n" * 100)
    (videos / "empty.mp4").touch()
    listener = Listener()
    report, _ = index(home, videos, progress=listener)
    assert counts(report) == {"added": 6, "decoded": 6, "done": 4, "failed": 2}
    assert report.indexed == 4
    assert {trouble.path.name for trouble in report.troubles} == {"text.mp4", "empty.mp4"}
    assert all(trouble.reason for trouble in report.troubles)
    assert any("text.mp4: failed: " in note for note in listener.notes)
    for attempt in (2, 3):
        report, encoder = index(home, videos)
        assert counts(report) == {"unchanged": 4, "decoded": 2, "failed": 2}, attempt
        assert encoder.frames == 0
    report, _ = index(home, videos)
    assert counts(report) == {"unchanged": 4, "failed": 2}
    report, _ = index(home, videos, retry_failed=True)
    assert counts(report) == {"unchanged": 4, "decoded": 2, "failed": 2}
    shutil.copy(videos / "green.mp4", videos / "text.mp4")
    paint(videos / "empty.mp4", ("cyan", 2))
    report, _ = index(home, videos)
    assert counts(report) == {"edited": 2, "unchanged": 4, "decoded": 1, "done": 1}
    with Catalogue(home) as catalogue:
        assert catalogue.embeddings.failures() == []


def test_a_cut_file_is_partial_and_searchable_and_tried_again_on_request(
    home: Home, tmp_path: Path
) -> None:
    whole = paint(tmp_path / "v" / "long.mp4", ("red", 5.0), ("blue", 25.0), noise=30)
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) * 6 // 10])
    report, _ = index(home, whole.parent)
    assert counts(report) == {"added": 1, "decoded": 1, "partial": 1}
    assert first(home, "red")[0] == "long.mp4"
    assert counts(index(home, whole.parent)[0]) == {"partial": 1}
    report, _ = index(home, whole.parent, retry_failed=True)
    assert counts(report) == {"decoded": 1, "partial": 1}
    with Catalogue(home) as catalogue:
        assert len(catalogue.videos()) == 1


def test_another_encoder_serves_only_once_it_has_embedded_everything(
    home: Home, videos: Path
) -> None:
    index(home, videos)
    shutil.move(videos / "sub", videos.with_name("offline"))
    report = index_library(home, [videos / "green.mp4"], ColourEncoder(2))
    assert not report.switched
    assert report.offline == 2
    assert first(home, "yellow") == ("yellow.mp4", 0.0, 3.0)
    with Catalogue(home) as catalogue:
        assert catalogue.encoder == "colour-1"
    shutil.move(videos.with_name("offline"), videos / "sub")
    report = index_library(home, [videos / "green.mp4"], ColourEncoder(2))
    assert (report.switched, report.decoded, report.unchanged) == (True, 2, 1)
    assert first(home, "yellow", version=2) == ("yellow.mp4", 0.0, 3.0)
    with Catalogue(home) as catalogue:
        assert (catalogue.encoder, catalogue.encoder_name) == ("colour-2", "colour/2")
    assert home.vectors("colour-1").is_dir()


@pytest.mark.parametrize("damage", ["cut", "missing", "altered, without an index"])
def test_a_damaged_part_stops_no_other_and_is_embedded_again_in_the_same_run(
    home: Home, videos: Path, damage: str
) -> None:
    """Parts that an index was made from are not read again: `verify` finds altered bytes."""
    index(home, videos)
    part = next(home.all_vectors.glob("*/*.parquet"))
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[:-1] + (b"" if damage == "cut" else b"?"))
    if "without" in damage:
        shutil.rmtree(home.index)
    paint(videos / "new.mp4", ("purple", 3))
    report, _ = index(home, videos)
    assert (report.damaged, report.failed) == (4, 0)
    assert all(first(home, each)[0] for each in ("purple", "green", "yellow"))
    assert verify_library(home).problems == []


def test_with_a_damaged_part_what_can_be_read_is_still_searched(home: Home, videos: Path) -> None:
    index(home, videos)
    part = next(home.all_vectors.glob("*/*.parquet"))
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    searcher = Searcher(home, ColourEncoder())
    assert searcher.search(Query(text="green"), k=1).hits[0].path.name == "green.mp4"
    example = searcher.search(Query(like=videos / "green.mp4"), k=1)
    assert example.hits[0].path.name == "green.mp4"
    with pytest.raises(ReelwiseError, match="missing or damaged"):
        searcher.similar(searcher.video("green").id)

    shutil.rmtree(home.index)
    paint(videos / "new.mp4", ("purple", 3))
    searcher = Searcher(home, ColourEncoder())
    assert searcher.search(Query(text="green"), k=1).hits == []
    assert "vectors of 4 videos are missing or damaged" in searcher.view.warnings[-1]


def test_below_a_folder_every_copy_is_found_under_its_own_name(
    home: Home, videos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(videos / "green.mp4", other / "lawn.mp4")
    shutil.copy(videos / "green.mp4", other / "meadow.mp4")
    index(home, videos, other)
    searcher = Searcher(home, ColourEncoder())
    green = Query(text="green")
    for folder, name in ((videos, "green"), (other, "lawn"), (other / "meadow.mp4", "meadow")):
        hit = searcher.search(green, k=1, filters=Filters(under=folder)).hits[0]
        assert (hit.path.stem, hit.title, hit.score > 0.9) == (name, name, True)
    assert searcher.search(green, k=1, filters=Filters(under=videos / "sub")).hits[0].score < 0.9


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
def test_a_video_is_called_after_a_file_that_it_has(home: Home, videos: Path, how: str) -> None:
    shutil.copy(videos / "green.mp4", videos / "lawn.mp4")
    shutil.copy(videos / "green.mp4", videos / "meadow.mp4")
    index(home, videos)
    with Catalogue(home) as catalogue:
        assert catalogue.video("meadow.mp4").title == "green"
    os.utime(videos / "lawn.mp4", ns=(1, 1))
    (videos / "meadow.mp4").rename(videos / "sub" / "turf.mp4")
    index(home, videos)
    with Catalogue(home) as catalogue:
        assert catalogue.video("lawn.mp4").title == "green"
    if how == "deleted":
        (videos / "green.mp4").unlink()
    else:
        shutil.copy(videos / "red-blue.mp4", videos / "green.mp4")
    (videos / "sub" / "turf.mp4").unlink()
    index(home, videos)
    with Catalogue(home) as catalogue:
        assert catalogue.video("lawn.mp4").title == "lawn"
        assert catalogue.video("red-blue.mp4").title == "red-blue"
    (videos / "lawn.mp4").rename(videos / "grass.mp4")
    index(home, videos)
    with Catalogue(home) as catalogue:
        assert catalogue.video("grass.mp4").title == "grass"
