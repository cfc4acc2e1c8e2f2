"""What the machine refuses is told apart, whichever library met it."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from data.disk_errors import known_error, why_not_writable
from data.errors import CannotWrite, ReelwiseError

PLACE = Path("/films/catalogue.db")


def of_sqlite(code: int, message: str = "message of SQLite") -> OperationalError:
    raw = sqlite3.OperationalError(message)
    raw.sqlite_errorcode = code
    return OperationalError("INSERT", {}, raw)


@pytest.mark.parametrize(
    ("error", "problem", "write"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), "no space left", True),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"), "disk I/O error", True),
        (of_sqlite(sqlite3.SQLITE_READONLY, "readonly database"), "readonly database", True),
        (of_sqlite(sqlite3.SQLITE_BUSY), "another process is writing", False),
        (of_sqlite(sqlite3.SQLITE_CORRUPT_VTAB), "damaged", False),
        (of_sqlite(sqlite3.SQLITE_NOTADB), "damaged", False),
        (of_sqlite(sqlite3.SQLITE_ERROR, "no such column: x"), "damaged (no such column", False),
        (OSError(errno.ENOSPC, "No space left on device"), "no space left", True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota", True),
        (OSError(errno.EROFS, "Read-only file system"), "read-only", True),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied", True),
        (OSError(errno.EIO, "Input/output error"), "input/output", True),
        (OSError(errno.EMFILE, "Too many open files"), "too many files", False),
        (OSError(errno.ELOOP, "Too many levels"), "too many levels", False),
        (RuntimeError("write error in clips.faiss: 0 != 9 (No space left on device)"), "space", 1),
        (RuntimeError("Error while serializing: I/O error (os error 28)"), "no space left", True),
        (OSError("Detail: [errno 5] Input/output error"), "input/output", True),
    ],
)
def test_each_refusal_has_its_own_words(error: Exception, problem: str, write: bool) -> None:
    known = known_error(error, PLACE)
    assert known is not None
    assert problem in known.problem
    assert known.problem.endswith(f": {PLACE}")
    assert known.fix
    assert isinstance(known, CannotWrite) == bool(write)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("bad allocation"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_memory_that_a_process_does_not_get_is_the_machine_s_limit(error: Exception) -> None:
    by_another = RuntimeError("failed to load libcublas.so.12: corrupt wheel?")
    by_another.__cause__ = error
    for known in (known_error(error, PLACE), known_error(by_another)):
        assert known is not None
        assert "memory" in known.problem
        assert "ulimit -v" in known.fix
        assert not isinstance(known, CannotWrite)


def test_a_process_of_little_memory_says_so_and_calls_it_no_fault() -> None:
    code = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from data.disk_errors import known_error
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**25, used + 2**25))
try:
    if sys.argv[2] == "torch":
        import torch
    else:
        bytearray(2**30)
except BaseException as error:
    print(known_error(error))
"""
    root = str(Path(__file__).resolve().parents[2])
    for wanted in ("torch", "bytes"):
        command = [sys.executable, "-c", code, root, wanted]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.stdout.startswith("this process may not have"), (wanted, ran.stdout, ran.stderr)


@pytest.mark.parametrize(("free_inodes", "problem"), [(0, "no inodes left"), (9, "no space left")])
@pytest.mark.parametrize(
    "error", [of_sqlite(sqlite3.SQLITE_FULL), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_disk_of_too_many_files_is_told_from_a_full_one(
    error: Exception,
    free_inodes: int,
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = (4096, 4096, 10**6, 10**6, 10**6, 10**6, free_inodes, free_inodes, 0, 255)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(room))
    known = known_error(error, tmp_path)
    assert isinstance(known, CannotWrite)
    assert known.problem.startswith(problem)


def test_faults_of_ours_are_no_refusals_and_known_errors_stay() -> None:
    assert known_error(ValueError("expected 3 rows")) is None
    assert known_error(RuntimeError("Error in read_index: bad magic")) is None
    known = ReelwiseError("a", fix="b")
    assert known_error(known) is known


def test_the_name_in_the_error_wins_over_the_place() -> None:
    known = known_error(OSError(errno.EROFS, "Read-only file system", "/films/lock"), PLACE)
    assert known is not None
    assert known.problem.endswith(": /films/lock")


WRITERS = {
    "faiss": """
import faiss, numpy as np
index = faiss.IndexFlatIP(64)
index.add(np.zeros((4000, 64), np.float32))
faiss.write_index(index, PATH)
""",
    "safetensors": """
import numpy as np
from safetensors.numpy import save_file
save_file({"a": np.zeros(1_000_000, np.uint8)}, PATH)
""",
    "pyarrow": """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({"a": np.random.default_rng(0).random(200_000)}), PATH)
""",
    "plain": """
open(PATH, "wb").write(bytes(1_000_000))
""",
    "sqlite": """
import sqlite3
opened = sqlite3.connect(PATH)
opened.execute("CREATE TABLE t (a)")
opened.execute("INSERT INTO t VALUES (zeroblob(1000000))")
opened.commit()
""",
}


@pytest.mark.parametrize("writer", WRITERS)
def test_each_library_that_writes_is_understood_where_nothing_fits(
    writer: str, tmp_path: Path
) -> None:
    """A file may have 200 kB; the libraries say so each in its own way."""
    code = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from data.disk_errors import known_error
PATH = {str(tmp_path / "file")!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    {WRITERS[writer].strip().replace(chr(10), chr(10) + "    ")}
except Exception as error:
    known = known_error(error)
    print(type(known).__name__, known and known.problem, repr(error))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("CannotWrite "), (ran.stdout, ran.stderr)


def test_a_place_that_can_be_written_has_no_reason_not_to_be(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path) is None
    assert why_not_writable(tmp_path / "file") is None
    if os.geteuid() != 0:
        tmp_path.chmod(0o555)
        assert why_not_writable(tmp_path) is not None
        tmp_path.chmod(0o755)
