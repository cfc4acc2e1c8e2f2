"""Who runs a job holds a lock that the kernel frees when the process is gone, however it ended.

So does the one server of a home that starts jobs: another one begins where it ended.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from data.durable import make_dir
from data.home import Home


class _Lock:
    """A right that one process has; use as a context manager.

    Raises:
        BlockingIOError: On entering: another one has it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        make_dir(self._file.parent, private=True)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class JobLock(_Lock):
    """The right to run one job."""

    def __init__(self, home: Home, job_id: int) -> None:
        super().__init__(_lock_file(home, job_id))


class StartLock(_Lock):
    """The right to start jobs of a home, from the start of one until its process is gone."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.jobs / "start.lock")


def is_run(home: Home, job_id: int) -> bool:
    """Whether a living process runs a job."""
    try:
        descriptor = os.open(_lock_file(home, job_id), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def drop_lock_file(home: Home, job_id: int) -> None:
    """Remove the lock file of a job that is over."""
    with suppress(OSError):
        _lock_file(home, job_id).unlink()


def _lock_file(home: Home, job_id: int) -> Path:
    return home.jobs / f"{job_id}.lock"
