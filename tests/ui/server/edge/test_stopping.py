"""A process that is told to stop ends in time, whatever its threads do."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import PATIENCE_S, ROOT, free_port

BUSY = """
import sys, threading, time
from ui.server.edge.stopping import Stopping
with Stopping("last words").on_signals():
    ready = lambda: print("ready", flush=True)
    {work}
print("never", flush=True)
"""
# "ready" is said inside of what a signal has to get the better of.
WORK = {
    "waits": "ready(); time.sleep(1000)",
    "does not let go": """
    try:
        ready()
        time.sleep(1000)
    finally:
        threading.Event().wait()""",
    "is held by a thread": """
    threading.Thread(target=time.sleep, args=(1000,)).start()
    ready()
    time.sleep(1000)""",
}


@contextmanager
def started(command: list[str], **pipes: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is killed where it does not end: its test fails, and waits for nobody."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, **pipes) as process:
        late = threading.Timer(PATIENCE_S, process.kill)
        late.start()
        try:
            yield process
        finally:
            late.cancel()
            process.kill()


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_with_its_last_words(work: str, number: signal.Signals) -> None:
    command = [sys.executable, "-c", BUSY.format(work=work)]
    with started(command, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "last words"
        assert process.wait(PATIENCE_S) == 0


def test_the_time_is_over_even_where_nobody_reads_the_last_words(tmp_path: Path) -> None:
    script = BUSY.format(work=WORK["waits"]).replace('"last words"', '"x" * 10**6')
    with started([sys.executable, "-c", script]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_a_server_that_is_still_starting_ends_as_one_that_serves(home: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "ui.cli", "serve", "--port"]
    command += [str(free_port()), "--home", str(home), "--json"]
    with started(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        # The first heavy import of the server.
        for line in process.stderr:
            if "starlette.datastructures" in line:
                break
        process.send_signal(signal.SIGINT)
        process.stderr.close()
        assert json.loads(process.stdout.read())["served"].startswith("http://127.0.0.1:")
        assert process.wait(PATIENCE_S) == 0


def test_without_a_signal_nothing_ends() -> None:
    from ui.server.edge.stopping import Stopping

    before = signal.getsignal(signal.SIGINT)
    with Stopping().on_signals():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(ValueError, match="own"), Stopping().on_signals():
        raise ValueError("own")
