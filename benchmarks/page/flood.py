"""Floods of connections, uploads and garbage against `reelwise serve` under a low `ulimit -n`.

`reelwise serve` runs in a process of its own with 1,024 descriptors, the usual default.
"""

from __future__ import annotations

import http.client
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.page.visitors import Visitor
from data.toons.library import write_library
from ui.cli import run as reelwise

DESCRIPTORS = 1024
CONNECTIONS = 1100
UPLOADS = 50
UPLOAD_BYTES = {"small": 4 << 20, "full": 16 << 20}
FLOOD_S = {"small": 15.0, "full": 60.0}
PORT = 18731


def run(size: str) -> dict[str, Any]:
    """Searches during each flood, the server's CPU seconds, and what it wrote to its log."""
    with tempfile.TemporaryDirectory() as folder:
        home, log = Path(folder) / "home", Path(folder) / "log"
        toons = write_library(Path(folder) / "toons", 12, seed=3, people=2)
        reelwise(["index", str(toons.folder), "--encoder", "toon", "--home", str(home)])
        with _served(home, log) as server:
            idle = _during(server, log, 3.0, lambda stack: None)
            half_open = _during(server, log, FLOOD_S[size], _half_open)
            garbage = _during(server, log, FLOOD_S[size], _garbage)
            sent: list[int] = []
            data = bytes(UPLOAD_BYTES[size])
            uploads = _during(server, log, FLOOD_S[size], lambda stack: _upload(stack, data, sent))
        return {
            "descriptors": DESCRIPTORS,
            "idle": idle,
            f"{CONNECTIONS} half-open connections": half_open,
            "garbage": garbage,
            f"{UPLOADS} uploads at once": uploads
            | {"answers": {s: sent.count(s) for s in {*sent}}},
        }


@contextmanager
def _served(home: Path, log: Path) -> Iterator[psutil.Process]:
    def few_descriptors() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))

    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(PORT), "--home", str(home)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--refit-every", "off"],
            stderr=stderr,
            preexec_fn=few_descriptors,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    try:
        while _search() is None:
            time.sleep(0.2)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _during(
    server: psutil.Process, log: Path, seconds: float, flood: Callable[[ExitStack], None]
) -> dict[str, Any]:
    """What a visitor and the machine see while a flood goes on."""
    cpu_s, log_bytes = sum(server.cpu_times()[:2]), log.stat().st_size
    log_lines = log.read_bytes().count(b"\n")
    took_s: list[float | None] = []
    with ExitStack() as stack:
        flood(stack)
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            took_s.append(_search())
            time.sleep(0.2)
    answered = [each for each in took_s if each is not None]
    return {
        "searches": len(took_s),
        "answered": len(answered),
        "median_ms": round(1000 * float(np.median(answered or [np.nan])), 1),
        "worst_ms": round(1000 * max(answered, default=np.nan), 1),
        "cpu_share": round((sum(server.cpu_times()[:2]) - cpu_s) / seconds, 3),
        "log_lines_a_minute": round(
            (log.read_bytes().count(b"\n") - log_lines) / max(seconds / 60, 1), 1
        ),
        "log_bytes": log.stat().st_size - log_bytes,
        "descriptors": server.num_fds(),
        "rss_mb": server.memory_info().rss >> 20,
    }


def _search() -> float | None:
    """Seconds until a search is answered; None where it is not."""
    began_s = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request("GET", "/api/v1/search?q=a%20red%20car&k=3")
        if connection.getresponse().read() and connection.sock is not None:
            return time.perf_counter() - began_s
        return time.perf_counter() - began_s
    except OSError:
        return None
    finally:
        connection.close()


def _half_open(stack: ExitStack) -> None:
    for _ in range(CONNECTIONS):
        connection = stack.enter_context(socket.socket())
        connection.settimeout(5)
        connection.connect(("127.0.0.1", PORT))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")


def _garbage(stack: ExitStack) -> None:
    """Requests that are none, one after the other."""
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            with socket.socket() as connection:
                connection.settimeout(5)
                try:
                    connection.connect(("127.0.0.1", PORT))
                    connection.sendall(b"\x16\x03\x01 no request\r\n\r\n")
                    connection.recv(100)
                except OSError:
                    continue

    thread = threading.Thread(target=send)
    thread.start()
    stack.callback(thread.join)
    stack.callback(over.set)


def _upload(stack: ExitStack, data: bytes, sent: list[int]) -> None:
    visitor = stack.enter_context(Visitor(PORT).opened())
    threads = [
        threading.Thread(target=lambda name: sent.append(visitor.upload(name, data)), args=(at,))
        for at in range(UPLOADS)
    ]
    for thread in threads:
        thread.start()
        stack.callback(thread.join)
