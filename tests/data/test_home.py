import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, WriterLock, holds_lock, is_home, require_library, resolve_home

HOLDER = """
import sys, time
from pathlib import Path
from data.home import Home, WriterLock
with WriterLock(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_argument_wins_over_the_variable_over_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWISE_HOME", str(tmp_path / "named"))
    assert resolve_home(tmp_path / "given").root == tmp_path / "given"
    assert resolve_home(None).root == tmp_path / "named"
    monkeypatch.delenv("REELWISE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert resolve_home(None).root == tmp_path / "data" / "reelwise"
    assert list(tmp_path.iterdir()) == []


def test_a_home_below_a_file_is_refused_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    home = resolve_home(tmp_path / "file" / "home")
    with pytest.raises(ReelwiseError, match="cannot be made") as caught:
        home.make()
    assert "--home" in caught.value.fix
    with pytest.raises(ReelwiseError, match="there is no library in"):
        require_library(home)


@pytest.mark.parametrize("typed", ["film", "films/cache", "elsewhere"])
def test_asking_where_no_library_is_names_the_one_that_may_be_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    films = _library(tmp_path / "films")
    monkeypatch.setenv("REELWISE_HOME", str(films))
    with pytest.raises(ReelwiseError, match=f"there is no library in .*{typed}") as caught:
        require_library(resolve_home(tmp_path / typed))
    assert f"did you mean --home {films} " in caught.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["films"]
    require_library(resolve_home(None))


def test_a_library_that_lost_its_catalogue_is_not_called_missing(tmp_path: Path) -> None:
    _library(tmp_path / "films").joinpath("catalogue.db").unlink()
    with pytest.raises(ReelwiseError, match="has lost its catalogue"):
        require_library(resolve_home(tmp_path / "films"))


@pytest.mark.parametrize("content", [b"", b"no SQLite at all"])
def test_a_catalogue_that_was_cut_to_nothing_is_no_new_library(
    tmp_path: Path, content: bytes
) -> None:
    films = _library(tmp_path / "films")
    (films / "catalogue.db").write_bytes(content)
    assert is_home(films)
    if content:
        return
    with pytest.raises(ReelwiseError, match="has lost its catalogue"):
        require_library(Home(films))


def _library(root: Path) -> Path:
    """What makes a folder a home, and nothing in it."""
    Catalogue(Home(root)).close()
    (root / "vectors").mkdir()
    (root / "writer.lock").touch()
    return root


@pytest.mark.parametrize("bad", ["", "..", "a/b", "../up", ".hidden", "x" * 200])
def test_an_id_that_is_no_folder_name_is_refused(tmp_path: Path, bad: str) -> None:
    home = Home(tmp_path)
    with pytest.raises(ValueError, match="encoder id"):
        home.vectors(bad)
    with pytest.raises(ValueError, match="model id"):
        home.sentences(bad)
    with pytest.raises(ValueError, match="engine id"):
        home.lines(bad)


def test_a_second_writer_is_refused_and_told_who_holds_the_library(tmp_path: Path) -> None:
    home = Home(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ReelwiseError) as caught, WriterLock(home):
            pass
        assert f"process {holder.pid} " in caught.value.problem
        assert not holds_lock(home)
        # A dead process holds nothing, however it died.
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with WriterLock(home):
            assert holds_lock(home)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_one_process_cannot_take_the_lock_twice(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with WriterLock(home):
        with pytest.raises(ReelwiseError, match=str(os.getpid())), WriterLock(home):
            pass
        assert holds_lock(home)
    assert not holds_lock(home)
    with WriterLock(home):
        assert holds_lock(home)


def test_a_pipe_in_place_of_the_catalogue_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    os.mkfifo(tmp_path / "catalogue.db")
    assert not is_home(tmp_path)
    with pytest.raises(ReelwiseError, match=r"catalogue\.db is no file"):
        require_library(Home(tmp_path))
