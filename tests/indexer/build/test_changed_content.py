"""Files whose bytes change where no sample reads them, or while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.home import Home
from data.video.content import SAMPLE_BYTES, content_key
from indexer.build.cutting import Embedded
from indexer.build.pipeline import index_library
from indexer.build.recording.record import FlushBuffer
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.verify import verify_library
from tests.fakes import ColourEncoder, CountingEncoder
from tests.indexer.made import paint
from tests.indexer.runs import counts, first, index


def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_run(
    home: Home, videos: Path
) -> None:
    growing = videos / "green.mp4"

    class Meddler(CountingEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            os.utime(growing, ns=(5, 5))
            return super().encode_frames(pixels)

    report = index_library(home, [videos], Meddler())
    assert (report.done, report.failed, report.changed_meanwhile) == (3, 0, 1)
    report, _ = index(home, videos)
    assert (report.done, report.touched) == (1, 1)


def test_a_change_between_the_samples_is_seen_by_the_time_stamp(home: Home, videos: Path) -> None:
    # Both of one size, and equal in the sampled 192 KiB: a download that was completed.
    path = videos / "long.mp4"
    paint(path, ("red", 8), size_px=192, noise=60)
    whole = path.read_bytes()
    middle = 2 * SAMPLE_BYTES
    assert len(whole) > 8 * SAMPLE_BYTES
    path.write_bytes(whole[:middle] + bytes(SAMPLE_BYTES) + whole[middle + SAMPLE_BYTES :])
    index(home, videos)
    key = content_key(path)
    path.write_bytes(whole)
    assert content_key(path) == key
    report, _ = index(home, videos)
    assert counts(report) == {"edited": 1, "unchanged": 4, "decoded": 1, "done": 1}
    assert counts(index(home, videos)[0]) == {"unchanged": 5}
    os.utime(path, ns=(7, 7))
    assert counts(index(home, videos)[0]) == {"touched": 1, "unchanged": 5}
    assert first(home, "red")[0] in ("long.mp4", "red-blue.mp4")
    example = Searcher(home, ColourEncoder()).search(Query(like=path), k=1).hits[0]
    assert example.path == path


def test_deep_verify_reads_every_byte(home: Home, videos: Path) -> None:
    path = videos / "long.mp4"
    paint(path, ("red", 8), size_px=192, noise=60)
    index(home, videos)
    assert verify_library(home, deep=True).problems == []
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[2 * SAMPLE_BYTES] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (problem,) = verify_library(home, deep=True).problems
    assert (problem.path, "other bytes" in problem.what) == (path, True)
    # What the problem advises brings the new bytes in.
    assert "verify --deep --repair, then reelwise index" in problem.fix
    verify_library(home, deep=True, repair=True)
    assert counts(index(home, videos)[0])["edited"] == 1
    assert verify_library(home, deep=True).problems == []


def between_samples(path: Path, other: Path) -> bytes:
    """The bytes of a file, but for those that no sample reads, which are another file's."""
    whole, middle = path.read_bytes(), 2 * SAMPLE_BYTES
    assert len(whole) > 8 * SAMPLE_BYTES
    replaced = other.read_bytes()[:SAMPLE_BYTES]
    return whole[:middle] + replaced + whole[middle + len(replaced) :]


def test_new_files_of_equal_samples_and_other_bytes_are_videos_of_their_own(
    home: Home, videos: Path
) -> None:
    path = paint(videos / "long.mp4", ("red", 8), size_px=192, noise=60)
    for at, name in enumerate(("other.mp4", "copy.mp4")):
        (videos / name).write_bytes(between_samples(path, videos / "green.mp4"))
        os.utime(videos / name, ns=(at, at))
        assert content_key(videos / name) == content_key(path)
    report, _ = index(home, videos)
    assert (report.added, report.copies) == (6, 1)
    assert verify_library(home, deep=True).problems == []


def test_what_comes_back_edited_between_the_samples_is_not_what_was_deleted(
    home: Home, videos: Path
) -> None:
    path = paint(videos / "long.mp4", ("red", 8), size_px=192, noise=60)
    index(home, videos)
    whole, edited = path.read_bytes(), between_samples(path, videos / "green.mp4")
    sampled = content_key(path)
    for content, decoded in ((edited, 1), (whole, 0)):
        path.unlink()
        assert counts(index(home, videos)[0])["removed"] == 1
        path.write_bytes(content)
        assert content_key(path) == sampled
        assert index(home, videos)[0].decoded == decoded


def test_a_file_written_to_before_its_hash_is_recorded_does_not_pass_for_what_was_embedded(
    home: Home, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = videos / "long.mp4"
    paint(path, ("red", 8), size_px=192, noise=60)
    whole = path.read_bytes()
    middle = 2 * SAMPLE_BYTES
    changed = whole[:middle] + bytes(SAMPLE_BYTES) + whole[middle + SAMPLE_BYTES :]

    def flush_after_a_write(buffer: FlushBuffer) -> list[Embedded]:
        path.write_bytes(changed)  # it was decoded already; its hash is not recorded yet
        return flush(buffer)

    flush = FlushBuffer.flush
    monkeypatch.setattr(FlushBuffer, "flush", flush_after_a_write)
    index_library(home, [path], CountingEncoder())
    monkeypatch.undo()
    with Catalogue(home) as catalogue:
        assert catalogue.files.known([path])[path].content_hash is None
    report, _ = index(home, path)
    assert counts(report) == {"touched": 1, "decoded": 1, "partial": 1}
    assert index(home, path)[0].decoded == 0
