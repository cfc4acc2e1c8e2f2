import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data import durable
from data.durable import (
    TEMP_PREFIX,
    close_to_others,
    discard_dir,
    make_dir,
    remove_unfinished,
    replace_synced,
    write_atomic,
)


def test_write_atomic_replaces_all_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "CURRENT"
    write_atomic(target, b"old and longer")
    write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]


def test_a_failing_write_keeps_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "CURRENT"
    write_atomic(target, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]


def test_make_dir_makes_all_parents_and_syncs_each_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(durable, "fsync_dir", synced.append)
    make_dir(tmp_path / "a" / "b" / "c")
    make_dir(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


def test_a_finished_file_gets_its_name_before_its_folder_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, bool]] = []
    made = tmp_path / "made"
    monkeypatch.setattr(durable, "fsync_dir", lambda path: synced.append((path, made.exists())))
    (tmp_path / "draft").write_text("x")
    replace_synced(tmp_path / "draft", made)
    assert synced == [(tmp_path, True)]


def test_remove_unfinished_takes_only_temporary_names(tmp_path: Path) -> None:
    (tmp_path / f"{TEMP_PREFIX}1-x").mkdir()
    (tmp_path / f"{TEMP_PREFIX}1-x" / "inside").write_text("x")
    (tmp_path / f"{TEMP_PREFIX}2-y").write_text("y")
    (tmp_path / "gen-000001").mkdir()
    assert remove_unfinished(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["gen-000001"]
    assert remove_unfinished(tmp_path / "absent") == 0


@pytest.mark.parametrize(("armed", "survives"), [("here:2", False), ("here:3", True)])
def test_an_armed_crash_point_kills_at_its_nth_passing(armed: str, survives: bool) -> None:
    code = (
        "import sys; from data.durable import arm_crash, crash_point; arm_crash(sys.argv[1])\n"
        "crash_point('other'); crash_point('here'); print('once', flush=True)\n"
        "crash_point('here'); print('twice', flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, armed],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == (["once", "twice"] if survives else ["once"])
    assert done.returncode == (0 if survives else -signal.SIGKILL)


def test_discard_dir_never_leaves_half_a_folder_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gen-000001"
    folder.mkdir()
    (folder / "clips.faiss").write_text("x")

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("data.durable.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        discard_dir(folder)
    assert not folder.exists()
    monkeypatch.undo()
    assert remove_unfinished(tmp_path) == 1


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0, 0o22])
def test_what_is_written_below_a_private_folder_is_private(tmp_path: Path, umask: int) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(umask)
    try:
        make_dir(tmp_path / "private", private=True)
        make_dir(tmp_path / "private" / "in" / "it")
        write_atomic(tmp_path / "private" / "a", b"a")
        library = tmp_path / "private" / ".tmp-made-by-a-library"
        library.mkdir()
        (library / "file").write_bytes(b"b")
        replace_synced(library, tmp_path / "private" / "made")
        make_dir(tmp_path / "public")
        write_atomic(tmp_path / "public" / "a", b"a")
    finally:
        os.umask(before)
    found = {str(path.relative_to(tmp_path)): mode(path) for path in tmp_path.rglob("*")}
    assert found == {
        "private": 0o700,
        "private/in": 0o700,
        "private/in/it": 0o700,
        "private/a": 0o600,
        "private/made": 0o700,
        "private/made/file": 0o600,
        "public": 0o777 & ~umask,
        "public/a": 0o666 & ~umask,
    }


def test_closing_a_folder_leaves_what_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    (tmp_path / "film.mp4").chmod(0o644)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "film.mp4")
    close_to_others(tmp_path / "folder")
    assert mode(tmp_path / "film.mp4") == 0o644
