import os
import threading
from pathlib import Path

from ui.server.cache import FileCache, name_for, shrink


def test_a_file_is_made_once_even_when_many_ask(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache", 10**6)
    made = []
    together = threading.Barrier(8)

    def make(draft: Path) -> bool:
        made.append(draft)
        draft.write_bytes(b"x")
        return True

    def ask() -> None:
        together.wait()
        path = cache.get("a.jpg", make)
        assert path is not None
        assert path.read_bytes() == b"x"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["a.jpg"]


def test_what_cannot_be_made_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 10**6)

    def fails(draft: Path) -> bool:
        draft.write_bytes(b"half")
        return False

    assert cache.get("a.jpg", fails) is None
    assert list(tmp_path.iterdir()) == []
    assert cache.get("a.jpg", lambda draft: bool(draft.write_bytes(b"x"))) is not None


def test_the_name_changes_with_the_source_and_with_the_facts(tmp_path: Path) -> None:
    source = tmp_path / "v.mp4"
    source.write_bytes(b"one")
    first = name_for(source, 1.0)
    assert name_for(source, 1.0) == first
    assert name_for(source, 2.0) != first
    source.write_bytes(b"other")
    assert name_for(source, 1.0) != first


def test_the_oldest_files_go_when_the_folder_is_too_large(tmp_path: Path) -> None:
    for age in range(10):
        path = tmp_path / f"{age}.jpg"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 - age, 1000 - age))
    shrink(tmp_path, 1000)
    assert len(list(tmp_path.iterdir())) == 10
    shrink(tmp_path, 999)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{age}.jpg" for age in range(7)]
