import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from ui.server.media.cache import FileCache, name_for, shrink
from ui.server.media.pictures import encode_jpeg


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
        assert path.read_bytes().startswith(b"x")

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


def write(content: bytes) -> Callable[[Path], bool]:
    return lambda draft: bool(draft.write_bytes(content))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content[:500] + b"?" + content[501:],
        lambda content: content + b"?",
        lambda content: bytes(len(content)),
    ],
)
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    good = bytes(range(256)) * 8
    path = FileCache(tmp_path, 10**6).get("a.jpg", write(good))
    assert path is not None
    path.write_bytes(damage(path.read_bytes()))
    cache = FileCache(tmp_path, 10**6)
    assert cache.find("a.jpg") is None
    again = cache.get("a.jpg", write(good))
    assert again is not None
    assert again.read_bytes()[: len(good)] == good
    path.write_bytes(damage(path.read_bytes()))
    assert cache.find("a.jpg") is None


def test_a_whole_file_is_read_once_and_then_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FileCache(tmp_path, 10**6).get("a.jpg", write(b"x" * 1000))
    reads: list[Path] = []
    read = Path.read_bytes

    def counted(path: Path) -> bytes:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    cache = FileCache(tmp_path, 10**6)
    assert [cache.find("a.jpg") for _ in range(3)] == [tmp_path / "a.jpg"] * 3
    assert len(reads) == 1


def test_the_seal_of_a_preview_is_a_box_that_players_pass_over(tmp_path: Path) -> None:
    frames = [np.full((64, 64, 3), 8 * at, np.uint8) for at in range(10)]

    def make(draft: Path) -> bool:
        write_video(draft, frames, fps=10)
        return True

    path = FileCache(tmp_path, 10**6).get("a.mp4", make)
    assert path is not None
    pixels, _, ending = decode_one(DecodeRequest(path, FrameSpec(64, 64), 10.0))
    assert (len(pixels), ending.state) == (10, "done")
    picture = FileCache(tmp_path, 10**6).get("a.jpg", write(encode_jpeg(frames[5])))
    assert picture is not None
    assert Image.open(picture).getpixel((9, 9)) == pytest.approx((40, 40, 40), abs=3)


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_where_the_home_cannot_be_written_files_lie_elsewhere(tmp_path: Path, number: int) -> None:
    cache = FileCache(tmp_path / "cache", 10**6)

    def make(draft: Path) -> bool:
        draft.write_bytes(b"x")
        if draft.is_relative_to(tmp_path):
            raise OSError(number, os.strerror(number), str(draft))
        return True

    path = cache.get("a.jpg", make)
    assert path is not None
    assert not path.is_relative_to(tmp_path)
    assert cache.find("a.jpg") == path
    assert list((tmp_path / "cache").iterdir()) == []
    folder = path.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    left = folder.with_name("reelwise-pictures-999999999-of-a-server-that-was-killed")
    left.mkdir()
    cache.close()
    assert not folder.exists()
    again = FileCache(tmp_path / "cache", 10**6)
    assert again.get("b.jpg", make) is not None
    again.close()
    assert not left.exists()
