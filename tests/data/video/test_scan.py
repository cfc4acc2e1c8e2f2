"""What a scan finds, what identifies a file, and its title."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from data.video.content import content_key
from data.video.found import FoundFile, RootRules, file_title
from data.video.passed_over import PassedOver, Reason
from data.video.scan import scan

MP4 = b"\0\0\0\x18ftypisom" + bytes(100)


def put(path: Path, content: bytes = MP4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(folder: Path, *paths: Path) -> list[str]:
    return [str(file.path.relative_to(folder)) for file in scan(paths or [folder])]


def test_videos_are_found_by_name_and_others_by_their_first_bytes(tmp_path: Path) -> None:
    put(tmp_path / "b.MP4")
    put(tmp_path / "a" / "deep" / "x.mkv", b"")
    put(tmp_path / "noname")
    put(tmp_path / "tape.dat", b"GIF89a" + bytes(50))
    put(tmp_path / "song.m4a")
    put(tmp_path / "notes.txt", b"GIF89a not really")
    put(tmp_path / "report", b"%PDF-1.7")
    assert names(tmp_path) == ["b.MP4", "noname", "tape.dat", "a/deep/x.mkv"]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / ".trash" / "a.mp4")
    put(tmp_path / ".b.mp4")
    put(tmp_path / "c.mp4")
    assert names(tmp_path) == ["c.mp4"]


def test_a_found_file_is_described(tmp_path: Path) -> None:
    path = put(tmp_path / "a.mp4")
    found = path.stat()
    assert list(scan([path])) == [FoundFile(path, found.st_size, found.st_mtime_ns, found.st_ino)]


def test_loops_of_links_end_and_each_folder_is_seen_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.mp4")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "z").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert names(tmp_path) == ["a/x.mp4"]


def test_what_is_passed_over_has_its_reason(tmp_path: Path) -> None:
    lib, out = tmp_path / "lib", tmp_path / "out"
    put(out / "far.mp4")
    put(lib / "in.mp4")
    reasons = {
        ".hid.mp4": Reason.HIDDEN,
        "@eaDir/s.mp4": Reason.SYSTEM,
        "$RECYCLE.BIN/r.mp4": Reason.SYSTEM,
        "GL010001.LRV": Reason.PROXY,
        "SUB/C0001S03.MP4": Reason.PROXY,
        "x.mp4.part": Reason.UNFINISHED,
        "x.mp4.opdownload": Reason.UNFINISHED,
        "x.mp4.filepart": Reason.UNFINISHED,
        "x.mp4.ytdl": Reason.UNFINISHED,
        "Network Trash Folder/t.mp4": Reason.SYSTEM,
        "TheVolumeSettingsFolder/t.mp4": Reason.SYSTEM,
        "Temporary Items/t.mp4": Reason.SYSTEM,
        "_gsdata_/t.mp4": Reason.SYSTEM,
        "raw.yuv": Reason.FORMAT,
        "song.mp3": Reason.OTHER,
        "home/cache/p.mp4": Reason.HOME,
    }
    for name in reasons:
        put(lib / name, b"x" * 400 if name.startswith(("raw", "song")) else MP4)
    put(lib / "home" / "catalogue.db", b"SQLite format 3\0")
    put(lib / "home" / "writer.lock", b"")
    os.mkfifo(lib / "pipe.mp4")
    (lib / "away").symlink_to(out, target_is_directory=True)
    told: dict[str, Reason] = {}

    def tell(each: PassedOver) -> None:
        told[str(each.path.relative_to(lib))] = each.reason

    found = [file.path.name for file in scan([lib], on_passed_over=tell)]
    assert found == ["in.mp4"]
    # A folder is named, not what is in it.
    shut = ["@eaDir", "$RECYCLE.BIN", "home", "Network Trash Folder", "TheVolumeSettingsFolder"]
    shut += ["Temporary Items", "_gsdata_"]
    expected = {
        next((folder for folder in shut if name.startswith(folder)), name): reason
        for name, reason in reasons.items()
    }
    assert told == expected | {"pipe.mp4": Reason.SPECIAL, "away": Reason.LINK}
    followed = scan([lib], rules={lib: RootRules(follow_links=True)})
    assert [file.path.name for file in followed] == ["in.mp4", "far.mp4"]


def test_what_reelwise_made_in_a_home_is_no_video_where_the_home_is_the_folder_indexed(
    tmp_path: Path,
) -> None:
    put(tmp_path / "film.mp4")
    put(tmp_path / "cache" / "previews" / "p.mp4")
    put(tmp_path / "trips" / "cache" / "q.mp4")  # a folder of the user, of the same name
    assert names(tmp_path) == ["film.mp4", "cache/previews/p.mp4", "trips/cache/q.mp4"]
    put(tmp_path / "catalogue.db", b"SQLite format 3\0")
    put(tmp_path / "writer.lock", b"")
    assert names(tmp_path) == ["film.mp4", "trips/cache/q.mp4"]
    assert names(tmp_path, tmp_path / "cache") == ["cache/previews/p.mp4"]  # it was named


def test_folders_that_overlap_give_each_file_once(tmp_path: Path) -> None:
    inner = put(tmp_path / "a" / "x.mp4")
    put(tmp_path / "y.mp4")
    assert names(tmp_path, inner, tmp_path / "a", tmp_path) == ["a/x.mp4", "y.mp4"]


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a" / "x.mp4")
    monkeypatch.chdir(tmp_path)
    assert [f.path for f in scan([Path("a/../a")])] == [tmp_path / "a" / "x.mp4"]


def test_a_file_named_by_the_caller_counts_whatever_its_name(tmp_path: Path) -> None:
    path = put(tmp_path / "notes.txt", b"hello")
    assert names(tmp_path, path) == ["notes.txt"]


def test_what_cannot_be_read_is_reported_and_the_rest_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "locked" / "a.mp4")
    put(tmp_path / "z.mp4")
    opened = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":  # root may read everything, so rights are no test
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(os, "scandir", scandir)
    told: list[tuple[Path, str]] = []
    missing = tmp_path / "missing"
    found = scan([missing, tmp_path], on_unreadable=lambda *what: told.append(what))
    assert [file.path.name for file in found] == ["z.mp4"]
    assert told == [
        (missing, "No such file or directory"),
        (tmp_path / "locked", "Permission denied"),
    ]


def test_odd_names_are_found(tmp_path: Path) -> None:
    odd = ["ключ 🎬.mp4", "new\nline.mp4", os.fsdecode(b"\xff\xfe.mp4"), "a" * 200 + ".mp4"]
    for name in odd:
        put(tmp_path / name)
    assert {file.path.name for file in scan([tmp_path])} == set(odd)


def test_a_very_deep_tree_is_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    put(deep / "x.mp4")
    assert len(list(scan([tmp_path]))) == 1


def test_a_path_longer_than_the_system_takes_stops_no_scan(tmp_path: Path) -> None:
    put(tmp_path / "z.mp4")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    unread: list[str] = []
    found = list(scan([tmp_path], on_unreadable=lambda _, why: unread.append(why)))
    assert [file.path.name for file in found] == ["z.mp4"]
    assert unread == ["File name too long"]
    shutil.rmtree(tmp_path / ("d" * 200))


@pytest.mark.parametrize("size_bytes", [0, 1, 3 * 65536, 3 * 65536 + 1, 400_000])
def test_content_keys_follow_content_and_not_names(size_bytes: int, tmp_path: Path) -> None:
    content = os.urandom(size_bytes)
    key = content_key(put(tmp_path / "a.mp4", content))
    assert content_key(put(tmp_path / "b.mkv", content)) == key
    assert content_key(put(tmp_path / "c.mp4", content + b"x")) != key
    for at in {0, size_bytes // 2, size_bytes - 1} if size_bytes else ():
        changed = bytearray(content)
        changed[at] ^= 1
        assert content_key(put(tmp_path / "d.mp4", bytes(changed))) != key


@pytest.mark.parametrize(
    ("name", "title"),
    [("My_first.day.mp4", "My first.day"), ("- .mp4", None), ("b\udcffd.mkv", "b?d")],
)
def test_a_title_is_the_name_without_its_machinery(name: str, title: str | None) -> None:
    assert file_title(Path("/l") / name) == title
