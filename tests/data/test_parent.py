"""A child ends with the process that started it, and not before."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from data.parent import start_child

CODE = (
    "import sys; from data.parent import die_with_parent; die_with_parent(int(sys.argv[1]));"
    "print('ready', flush=True); sys.exit(len(sys.stdin.read()))"
)
PIPED = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}


def started_in_a_thread(start: Callable[..., subprocess.Popen[Any]]) -> subprocess.Popen[Any]:
    """A child that is ready, and whose thread has ended."""
    found: list[subprocess.Popen[Any]] = []

    def run() -> None:
        found.append(start([sys.executable, "-c", CODE, str(os.getpid())], **PIPED))
        stdout = found[0].stdout
        assert stdout is not None
        assert stdout.readline() == "ready\n"

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_a_child_outlives_the_thread_that_asked_for_it() -> None:
    with started_in_a_thread(start_child) as child:
        child.communicate("abc", timeout=60)
        assert child.returncode == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with a thread")
def test_without_it_the_child_ends_with_the_thread() -> None:
    with started_in_a_thread(subprocess.Popen) as child:
        assert child.wait(60) == -9


def test_what_cannot_be_started_is_told_to_who_asked() -> None:
    with pytest.raises(FileNotFoundError):
        start_child(["/no/such/program"])
