"""Background training of the recommender: one child process at a time, at low priority."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data.errors import ReelwiseError
from ui.library.library import Library

EVERY_HOURS = 6.0
"""Least time between two trainings."""
CHECK_EVERY_S = 30.0
"""How often the number of new events is checked: one row is read from the catalogue."""
NICENESS = 19
"""Lowest priority: the server's requests come first."""
_MAX_ERROR_CHARS = 500


@dataclass(frozen=True)
class Attempt:
    """A training that has ended."""

    started_at: datetime
    """When, UTC."""
    ended_at: datetime
    """When, UTC."""
    error: str | None
    """Why no model was published; None where one was."""


class Refits:
    """Trains in the background whenever enough is new; a context manager, which stops the child.

    Args:
        library: The library of the server; a new model is loaded into it at once.
        every_hours: Least time between two trainings; 0 trains whenever enough is new.
    """

    def __init__(self, library: Library, every_hours: float = EVERY_HOURS) -> None:
        self._library = library
        self.every_hours = every_hours
        self.last: Attempt | None = None
        """The last training that ended."""
        self._child: subprocess.Popen[str] | None = None
        self._tried_s: float | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refits", daemon=True)

    def __enter__(self) -> Refits:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and end a running training: it publishes a whole model or none."""
        self._ending.set()
        child = self._child
        if child is not None:
            child.terminate()
        self._thread.join(timeout=10)

    def document(self) -> dict[str, object]:
        """For `/api/status`."""
        last = self.last
        return {
            "every_hours": self.every_hours,
            "running": self._child is not None,
            "last": None
            if last is None
            else {
                "started_at": last.started_at,
                "ended_at": last.ended_at,
                "ok": last.error is None,
                "error": last.error,
            },
        }

    def _run(self) -> None:
        pause_s = min(CHECK_EVERY_S, max(self.every_hours * 3600.0 / 4, 0.5))
        while not self._ending.wait(pause_s):
            try:
                if self._wanted():
                    self._train()
            except Exception as error:  # noqa: BLE001 - training must go on after any fault
                now = datetime.now(UTC)
                self._note(Attempt(now, now, f"{type(error).__name__}: {error}"))

    def _wanted(self) -> bool:
        from recommender.model.status import model_status

        since_s = time.monotonic() - (float("-inf") if self._tried_s is None else self._tried_s)
        if since_s < self.every_hours * 3600.0:
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
        self._note(Attempt(started_at, datetime.now(UTC), error))
        if error is None:
            # Load the model here, so that no request waits for it.
            with contextlib.suppress(ReelwiseError):
                self._library.recommender.current().warm_up()

    def _in_child(self) -> tuple[int, str]:
        command = [sys.executable, "-m", "ui.cli", "train", "recommender", "--json"]
        child = subprocess.Popen(
            [*command, "--home", str(self._library.home.root)],
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

    def _note(self, attempt: Attempt) -> None:
        self.last = attempt
        outcome = attempt.error or "the recommender is trained"
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
