"""Background training of the recommender: one child process at a time, at low priority."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from data.errors import ReelwiseError
from data.parent import start_child
from data.printable import printable
from ui.library.documents import Document
from ui.library.opened import OpenedLibrary

CHECK_EVERY_S = 30.0
"""How often the number of new events is checked: one row is read from the catalogue."""
NICENESS = 19
"""Lowest priority: the server's requests come first."""
_MAX_ERROR_CHARS = 500


class Refits:
    """Trains in the background whenever enough is new; a context manager, which stops the child.

    Args:
        library: The library of the server; a new model is loaded into it at once.
        every_hours: Least time between two trainings; 0 trains whenever enough is new.
    """

    def __init__(self, library: OpenedLibrary, every_hours: float) -> None:
        self._library = library
        self._every_hours = every_hours
        self._last: Document | None = None
        """The last training that ended: from when to when (UTC), and why it failed if it did."""
        self._child: subprocess.Popen[str] | None = None
        self._tried_s = float("-inf")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refits", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and end a running training: it publishes a whole model or none."""
        self._ending.set()
        child = self._child
        if child is not None:
            child.terminate()
        self._thread.join(timeout=10)

    def document(self) -> Document:
        """For `/api/v1/status`."""
        running = self._child is not None
        return {"every_hours": self._every_hours, "running": running, "last": self._last}

    def _run(self) -> None:
        pause_s = min(CHECK_EVERY_S, max(self._every_hours * 3600.0 / 4, 0.5))
        while not self._ending.wait(pause_s):
            try:
                if self._wanted():
                    self._train()
            except Exception as error:  # noqa: BLE001 - training must go on after any fault
                self._note(datetime.now(UTC), f"{type(error).__name__}: {error}")

    def _wanted(self) -> bool:
        from recommender.model.status import model_status

        if time.monotonic() - self._tried_s < self._every_hours * 3600.0:
            return False
        catalogue = self._library.catalogue
        return catalogue.encoder is not None and model_status(catalogue).due

    def _train(self) -> None:
        self._tried_s = time.monotonic()
        started_at = datetime.now(UTC)
        code, output = self._in_child()
        if self._ending.is_set():
            return
        error = None if code == 0 else _reason(output, code)
        self._note(started_at, error)
        if error is None:
            # Load the model here, so that no request waits for it.
            with contextlib.suppress(ReelwiseError):
                self._library.recommender.current().warm_up()

    def _in_child(self) -> tuple[int, str]:
        # The child ends when the server ends, a SIGKILL included.
        ending = [sys.executable, "-m", "data.parent", str(os.getpid())]
        training = ["ui.cli", "train", "recommender", "--json"]
        child = start_child(
            [*ending, *training, "--home", str(self._library.home.root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self._child = child
        try:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, child.pid, NICENESS)
            if self._ending.is_set():
                child.terminate()
            output, _ = child.communicate()
            return child.returncode, output
        finally:
            self._child = None

    def _note(self, started_at: datetime, error: str | None) -> None:
        ended_at = datetime.now(UTC)
        ok = error is None
        self._last = {"started_at": started_at, "ended_at": ended_at, "ok": ok, "error": error}
        outcome = printable(error) if error else "the recommender is trained"
        sys.stderr.write(f"reelwise: background training: {outcome}\n")
        sys.stderr.flush()


def _reason(output: str, code: int) -> str:
    """Why the child failed, from its JSON document or its exit code."""
    try:
        document = json.loads(output)
        return f"{document['error']} (fix: {document['fix']})"[:_MAX_ERROR_CHARS]
    except (ValueError, KeyError, TypeError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the training ended with {how}"
