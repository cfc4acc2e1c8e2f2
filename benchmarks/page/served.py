"""The real `reelwise serve` in a process of its own, as benchmarks and tests start it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300
"""Bounds only what hangs: a busy machine takes minutes for what takes seconds."""


@dataclass(frozen=True)
class Server:
    """A running `reelwise serve`."""

    port: int
    """Where it listens, on this machine."""
    process: subprocess.Popen[bytes]
    """It."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of a request whose path is sent exactly as it is written."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **(headers or {})}.items():
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> tuple[int, Any]:
        """(status, document) of a request."""
        status, _, body = self.ask(path)
        return status, json.loads(body)

    def cpu_s(self) -> float:
        """Processor seconds of the server and its children so far, of those that ended too."""
        return self._summed(lambda each: sum(each.cpu_times()[:4]))

    def memory_mb(self) -> float:
        """Memory that the server and its children have in use (RSS), in MB of 10^6 bytes."""
        return round(self._summed(lambda each: each.memory_info().rss) / 1e6, 1)

    def _summed(self, of: Callable[[psutil.Process], float]) -> float:
        """A figure of the server and its descendants, added up."""
        own = psutil.Process(self.process.pid)
        total = of(own)
        for each in own.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it has ended since
                total += of(each)
        return total


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(home: Path, *options: str, port: int | None = None) -> Iterator[Server]:
    """The real server in its own process, ready to answer; at any port, unless one is asked for."""
    port = free_port() if port is None else port
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), "--home", str(home)]
    # What it prints goes to stderr: stdout is for the figures.
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=2)
    server = Server(port, process)
    try:
        began = time.monotonic()
        while True:
            try:
                if server.ask("/healthz")[0] == 200:
                    break
            except OSError:
                pass
            assert process.poll() is None, "the server ended before it answered"
            assert time.monotonic() - began < PATIENCE_S, "the server did not get ready"
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)
