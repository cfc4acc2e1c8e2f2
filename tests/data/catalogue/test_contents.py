"""Which bytes a file holds: samples first, all of them where the time stamp is another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from data.catalogue.contents import Contents, FileContent
from data.catalogue.records import DOUBTFUL, FileRecord
from data.video.found import FoundFile

OLD = FileRecord(Path("/lib/a.mp4"), 10, 1, 1, content_key="S", content_hash="one")
NEW = FoundFile(Path("/lib/b.mp4"), 10, 2, 2)


class Disk:
    """Files whose samples are always S; counts how many were read in full."""

    def __init__(self, whole: str) -> None:
        self.whole, self.read = whole, 0

    def hash(self, path: Path) -> str:
        self.read += 1
        return self.whole

    def contents(self, *known: FileRecord) -> Contents:
        hashes = {each.content_key: each.content_hash for each in known}
        read = {key: whole for key, whole in hashes.items() if key and whole}
        return Contents(known, read, lambda _: "S", self.hash)

    def of(self, *known: FileRecord, mtime_ns: int) -> FileContent:
        return self.contents(*known).of(replace(NEW, mtime_ns=mtime_ns))


def test_equal_samples_and_an_equal_time_stamp_are_equal_bytes() -> None:
    disk = Disk("two")
    assert disk.of(OLD, mtime_ns=1) == FileContent("S", "one")
    assert disk.read == 0


def test_with_another_time_stamp_all_bytes_decide() -> None:
    same, other = Disk("one"), Disk("two")
    assert same.of(OLD, mtime_ns=2) == FileContent("S", "one")
    changed = other.of(OLD, mtime_ns=2)
    assert changed == FileContent("S-two", "two")
    assert (same.read, other.read) == (1, 1)
    later = FileRecord(OLD.path, 10, 2, 1, content_key=changed.key, content_hash=changed.whole)
    assert other.of(later, mtime_ns=3) == changed
    assert same.of(OLD, later, mtime_ns=3) == FileContent("S", "one")


def test_without_a_known_hash_samples_decide() -> None:
    disk = Disk("two")
    unread = FileRecord(OLD.path, 10, 1, 1, content_key="S")
    assert disk.of(unread, mtime_ns=2) == FileContent("S", None)
    assert disk.read == 0


def test_all_bytes_decide_where_two_files_of_one_scan_have_the_same_samples() -> None:
    first, other = replace(NEW, path=Path("/lib/first.mp4")), replace(NEW, mtime_ns=3)
    for wholes, expected in ((("one", "one"), "S"), (("one", "two"), "S-two")):
        by_path = dict(zip((first.path, other.path), wholes, strict=True))
        contents = Contents([], {}, lambda _: "S", by_path.__getitem__)
        assert contents.of(first) == FileContent("S", None)
        assert contents.of(other) == FileContent(expected, by_path[other.path])
        assert contents.of(replace(other, mtime_ns=4)).key == expected


def test_a_content_whose_files_are_gone_is_known_by_all_its_bytes() -> None:
    for whole, key in (("one", "S"), ("two", "S-two")):
        assert Contents([], {"S": "one"}, lambda _: "S", Disk(whole).hash).of(NEW).key == key


def test_a_doubtful_file_is_read_whole_whatever_its_time_stamp() -> None:
    disk = Disk("two")
    doubted = replace(OLD, path=NEW.path, mtime_ns=DOUBTFUL)
    assert disk.of(OLD, doubted, mtime_ns=OLD.mtime_ns) == FileContent("S-two", "two")
    # Afterwards two contents have one time stamp: it proves nothing any more.
    settled = replace(doubted, mtime_ns=1, content_key="S-two", content_hash="two")
    moved = FoundFile(Path("/lib/c.mp4"), 10, 1, 3)
    assert disk.contents(OLD, settled).of(moved).key == "S-two"
    assert disk.read == 2
