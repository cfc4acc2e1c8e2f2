"""A running server of the same home answers a question of the command line: it has all loaded.

The server leaves its port and a secret in the home, readable by its owner alone. Whoever can read
the secret can read the library too, so such a question may name files. Where the server is gone, of
another version, or does not answer, the command answers itself.

The rule: of all servers of a home that live, one is announced. It holds a lock that the kernel
frees when it is gone, however it ended; then one of the others announces itself.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.durable import temp_name
from data.errors import ReelwiseError
from data.home import Home
from data.regular import open_regular
from ui.library.documents import Document

FILE = "server.json"
LOCK = "server.lock"
TAKE_OVER_S = 5.0
"""So long at most nobody is announced where one of several servers has ended."""
ROUTE = "/api/v1/question"
SECRET_HEADER = "x-reelwise-secret"
CONNECT_S = 0.5
"""A server on the same machine accepts at once, or not at all."""
ALIVE_S = 2.0
"""Longest time to the first word, whatever it is: no thread of the server is asked for it."""
ANSWER_S = 90.0
"""Decoding an example may take half a minute; then the command tries itself."""


@dataclass(frozen=True)
class RunningServer:
    """How a running server is asked."""

    host: str
    """Its address as seen from this machine."""
    port: int
    """Its port."""
    secret: str
    """Proves that who asks may read the home."""
    version: str
    """Of reelwise; another one may answer otherwise."""


def reelwise_version() -> str:
    """The version of this program."""
    from importlib.metadata import version

    return version("reelwise")


@contextmanager
def announced(home: Home, host: str, port: int) -> Iterator[RunningServer]:
    """Inside, questions find the server; a home that cannot be written is served without that."""
    server = RunningServer(host, port, secrets.token_urlsafe(32), reelwise_version())
    over = threading.Event()
    with ExitStack() as held:
        waiting = None
        if not _announce(home, server, held):
            waiting = threading.Thread(
                target=_announce_later, args=(home, server, held, over), name="announce"
            )
            waiting.start()
        try:
            yield server
        finally:
            over.set()
            if waiting is not None:
                waiting.join()


def _announce_later(
    home: Home, server: RunningServer, held: ExitStack, over: threading.Event
) -> None:
    while not over.wait(TAKE_OVER_S):
        if _announce(home, server, held):
            return


def _announce(home: Home, server: RunningServer, held: ExitStack) -> bool:
    """Announce a server until `held` ends; False where another one is announced and lives."""
    try:
        descriptor = os.open(home.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:
        pass  # a disk without locks: the last one to begin is announced
    held.callback(os.close, descriptor)
    with suppress(OSError):
        _write_for_owner(home.root / FILE, json.dumps(asdict(server)).encode())
    held.callback(_withdraw, home, server)
    return True


def _withdraw(home: Home, server: RunningServer) -> None:
    if _read(home) == server:
        with suppress(OSError):
            (home.root / FILE).unlink()


def is_served(home: Home) -> bool:
    """Whether a server of this home listens, of whatever version."""
    server = _read(home)
    if server is None:
        return False
    try:
        with socket.create_connection((server.host, server.port), timeout=CONNECT_S):
            return True
    except OSError:
        return False


def ask_running(home: Home, question: Document) -> Document | None:
    """The document that a running server answers; None where there is none to ask.

    Raises:
        ReelwiseError: The server's answer is this error.
    """
    server = _read(home)
    if server is None or server.version != reelwise_version():
        return None
    try:
        status, answer = _post(server, question)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    if status == 200:
        return answer
    # 409: the library cannot answer this; anything else is no word of our server on the question.
    if status == 409 and {"error", "fix"} <= answer.keys():
        raise ReelwiseError(str(answer["error"]), fix=str(answer["fix"]))
    return None


def _post(server: RunningServer, question: Document) -> tuple[int, Document]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=CONNECT_S)
    try:
        connection.connect()
        # A server that was stopped (Ctrl-Z) accepts, and never says a word.
        connection.sock.settimeout(ALIVE_S)
        connection.request("GET", ROUTE)
        connection.getresponse().read()
        connection.sock.settimeout(ANSWER_S)
        headers = {SECRET_HEADER: server.secret, "content-type": "application/json"}
        connection.request("POST", ROUTE, json.dumps(question), headers)
        answer = connection.getresponse()
        document: Any = json.loads(answer.read())
        if not isinstance(document, dict):
            raise ValueError("not a document")
        return answer.status, document
    finally:
        connection.close()


def _read(home: Home) -> RunningServer | None:
    try:
        with open_regular(home.root / FILE) as file:
            return RunningServer(**json.loads(file.read()))
    except (OSError, ValueError, TypeError):
        return None


def _write_for_owner(file: Path, content: bytes) -> None:
    """Write a file that nobody else could read at any instant."""
    temp = temp_name(file)
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    temp.replace(file)
