"""Which bytes a file holds: samples first, all of them where the time stamp is another."""

from __future__ import annotations

from pathlib import Path

from data.catalogue.contents import Contents, FileContent
from data.catalogue.records import FileRecord
from data.video.scan import FoundFile

OLD = FileRecord(Path("/lib/a.mp4"), 10, 1, 1, content_key="S", content_hash="one")


class Disk:
    """Files whose samples are always S; counts how many were read in full."""

    def __init__(self, whole: str) -> None:
        self.whole, self.read = whole, 0

    def hash(self, path: Path) -> str:
        self.read += 1
        return self.whole

    def of(self, *known: FileRecord, mtime_ns: int) -> FileContent:
        contents = Contents(known, lambda _: "S", self.hash)
        return contents.of(FoundFile(Path("/lib/b.mp4"), 10, mtime_ns, 2))


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
