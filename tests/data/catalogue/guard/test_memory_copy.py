"""A catalogue that cannot be opened where it lies answers every question from memory."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import CannotWrite, ReelwiseError
from data.history.history import History
from data.home import Home
from tests.data.catalogue.test_database import BACK_TO_2, run
from tests.data.made import LIB, embed, file_record

ROOT = Path(__file__).resolve().parents[4]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def filled(home: Home) -> Home:
    """A home with one video of two clips and one event, closed."""
    with Catalogue(home) as catalogue:
        video = catalogue.files.put([file_record("a.mp4", "A")])[LIB / "a.mp4"] or 0
        embed(catalogue, "p1", video)
        History(catalogue).add("ann", "a", at=NOON)
    return home


def block(home: Home) -> Path:
    """Take SQLite's place for the index of its log, as a disk without inodes does."""
    blocked = home.root / "catalogue.db-shm"
    blocked.unlink(missing_ok=True)
    blocked.symlink_to("no folder/no file")
    return blocked


def answers(catalogue: Catalogue) -> tuple[list[Path], int, list[str]]:
    users = [event.user for event in History(catalogue).events()]
    videos = [video.path for video in catalogue.videos()]
    return videos, len(catalogue.clip_table("e1")), users


ALL = ([LIB / "a.mp4"], 2, ["ann"])


def test_what_cannot_be_opened_is_asked_in_memory_and_stays_as_it_is(filled: Home) -> None:
    block(filled)
    before = filled.catalogue.read_bytes()
    with Catalogue(filled) as catalogue:
        assert catalogue.is_copy
        assert answers(catalogue) == ALL
        with pytest.raises(CannotWrite), catalogue.writing("test"):
            pass
        with pytest.raises(CannotWrite):
            History(catalogue).add("bob", "a")
        assert answers(catalogue) == ALL
    assert filled.catalogue.read_bytes() == before


def test_the_copy_follows_the_file_and_gives_way_to_it(filled: Home) -> None:
    blocked = block(filled)
    with Catalogue(filled) as catalogue:
        assert answers(catalogue) == ALL
        blocked.unlink()
        with Catalogue(filled) as other:
            History(other).add("bob", "a", at=NOON)
        assert answers(catalogue)[2] == ["ann", "bob"]
        History(catalogue).add("cid", "a", at=NOON)
        assert not catalogue.is_copy
        assert answers(catalogue)[2] == ["ann", "bob", "cid"]
    with Catalogue(filled) as again:
        assert answers(again)[2] == ["ann", "bob", "cid"]


def leave_in_the_log(home: Home) -> None:
    """Add an event by a process that dies before it closes the catalogue."""
    code = (
        "import os, sys; from pathlib import Path; from data.catalogue.catalogue import Catalogue;"
        "from data.history.history import History; from data.home import Home;"
        "History(Catalogue(Home(Path(sys.argv[1])))).add('bob', 'a'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(home.root)], cwd=ROOT, check=True)
    assert (home.root / "catalogue.db-wal").stat().st_size > 0


def test_rows_that_are_only_in_the_log_are_read_as_well(filled: Home) -> None:
    leave_in_the_log(filled)
    block(filled)
    with Catalogue(filled) as catalogue:
        assert catalogue.is_copy
        assert answers(catalogue)[2] == ["ann", "bob"]


def test_what_changes_while_it_is_read_is_read_again(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked, read, reads = block(filled), Path.read_bytes, 0

    def overtaken(path: Path) -> bytes:
        """The first half of the catalogue before another process writes, and nothing after it."""
        nonlocal reads
        content = read(path)
        if path != filled.catalogue:
            return content
        reads += 1
        if reads > 1:
            return content
        blocked.unlink()
        with Catalogue(filled) as other:
            History(other).add("bob", "a", at=NOON)
        block(filled)
        return content[: len(content) // 2]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", overtaken)
        with Catalogue(filled) as catalogue:
            assert catalogue.is_copy
            assert answers(catalogue)[2] == ["ann", "bob"]
    assert reads == 2


def test_a_log_that_is_worked_in_while_it_is_read_is_no_error(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_in_the_log(filled)
    blocked, copy = block(filled), shutil.copyfile

    def overtaken(source: Path, target: Path) -> None:
        copy(source, target)
        if source == filled.catalogue and blocked.is_symlink():
            blocked.unlink()
            with Catalogue(filled):
                pass  # the last one to close works the log in and deletes it
            assert not (filled.root / "catalogue.db-wal").exists()
            (filled.root / "catalogue.db-shm").mkdir()

    monkeypatch.setattr(shutil, "copyfile", overtaken)
    with Catalogue(filled) as catalogue:
        assert catalogue.is_copy
        assert answers(catalogue)[2] == ["ann", "bob"]


def test_an_older_version_that_another_process_holds_is_asked_in_memory(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(filled, *BACK_TO_2)
    from data.catalogue import database

    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, "PRAGMA busy_timeout=10"))
    with closing(sqlite3.connect(filled.catalogue, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        with Catalogue(filled) as catalogue:
            assert catalogue.is_copy
            assert answers(catalogue) == ALL
            with pytest.raises(ReelwiseError, match="another process is writing"):
                History(catalogue).add("bob", "a")
            other.execute("ROLLBACK")
            History(catalogue).add("bob", "a", at=NOON)
            assert answers(catalogue)[2] == ["ann", "bob"]


def test_an_older_version_is_brought_up_to_date_in_memory_only(filled: Home) -> None:
    run(filled, *BACK_TO_2)
    before = filled.catalogue.read_bytes()
    block(filled)
    with Catalogue(filled) as catalogue:
        assert answers(catalogue) == ALL
    assert filled.catalogue.read_bytes() == before


def test_a_damaged_file_is_an_error_there_too(filled: Home) -> None:
    content = filled.catalogue.read_bytes()
    filled.catalogue.write_bytes(content[:5000] + b"x" * (len(content) - 5000))
    block(filled)
    with pytest.raises(ReelwiseError, match="damaged"), Catalogue(filled) as catalogue:
        answers(catalogue)


def add_people(catalogue: Catalogue) -> None:
    for number in range(2000):
        History(catalogue).add(f"person {number}" * 50, "a", at=NOON)


@pytest.mark.parametrize("left", [0, 2])
def test_without_room_for_a_row_it_says_so_and_answers(
    filled: Home, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    with sqlite3.connect(filled.catalogue) as raw:
        (pages,) = raw.execute("PRAGMA page_count").fetchone()
    raw.close()
    limit = f"PRAGMA max_page_count={pages + left}"
    from data.catalogue import database

    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, limit))
    with Catalogue(filled) as catalogue:
        with pytest.raises(CannotWrite, match="no space left"):
            add_people(catalogue)
        assert answers(catalogue)[:2] == ALL[:2]


def test_an_import_that_runs_out_of_room_says_how_much_is_in(
    filled: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [f"person {number},a,2024-05-01" for number in range(3000)]
    (tmp_path / "events.csv").write_text("user,video,at\n" + "\n".join(lines))
    from data.catalogue import database
    from data.history import importing

    monkeypatch.setattr(importing, "_ROWS_PER_TRANSACTION", 100)
    with sqlite3.connect(filled.catalogue) as raw:
        (pages,) = raw.execute("PRAGMA page_count").fetchone()
    raw.close()
    limit = f"PRAGMA max_page_count={pages + 25}"
    with monkeypatch.context() as small:
        small.setattr(database, "_PRAGMAS", (*database._PRAGMAS, limit))
        with Catalogue(filled) as catalogue, pytest.raises(ReelwiseError) as caught:
            History(catalogue).import_file(tmp_path / "events.csv")
    with Catalogue(filled) as catalogue:
        n_in = len(History(catalogue).events()) - 1
        assert 0 < n_in < 3000
        assert f"; {n_in:,} events of the rows before are added" in caught.value.problem
        again = History(catalogue).import_file(tmp_path / "events.csv")
    assert (again.added, again.duplicates) == (3000 - n_in, n_in)


ASK = """
import os, sys
from pathlib import Path
import sqlalchemy.dialects.sqlite
from data.catalogue.catalogue import Catalogue
from data.errors import CannotWrite
from data.history.history import History
from data.home import Home
if os.geteuid() == 0:  # no right stops root: ask as nobody
    os.setgid(65534)
    os.setuid(65534)
with Catalogue(Home(Path(sys.argv[1]))) as catalogue:
    print(len(catalogue.videos()), [event.user for event in History(catalogue).events()])
    try:
        History(catalogue).add("bob", "a")
    except CannotWrite as error:
        print(error.problem)
"""


def test_a_home_that_this_user_may_only_read_answers(filled: Home) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own lies below a folder of mode 0700
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "home")
        home.make()
        shutil.copy(filled.catalogue, home.catalogue)
        home.catalogue.chmod(0o444)
        home.root.chmod(0o555)
        ask = [sys.executable, "-c", ASK, str(home.root)]
        asked = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
        home.root.chmod(0o755)
    refused = f"permission denied: {home.catalogue}"
    assert asked.stdout.splitlines() == ["1 ['ann']", refused], asked.stderr
