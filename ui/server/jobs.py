"""Training the recommender beside a running server: one child process at a time, last in line."""

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
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.terminal.answer import Document

if TYPE_CHECKING:
    from ui.library import Library

EVERY_HOURS = 6.0
"""Least time from one training to the next."""
LOOK_EVERY_S = 30.0
"""How often it is looked whether enough is new: one row is read from the catalogue."""
NICENESS = 19
"""The child gets the processor when nobody else wants it."""
_TOLD_CHARS = 500


@dataclass(frozen=True)
class Attempt:
    """One training that has ended."""

    started_at: datetime
    """When, UTC."""
    ended_at: datetime
    """When, UTC."""
    error: str | None
    """Why nothing was published; None where something was."""


class Refits:
    """Trains in the background whenever enough is new; a context manager, which ends the child.

    Args:
        library: The one that is served; a new model is loaded into it before anybody asks.
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
        """Stop looking, and end a training that runs: it publishes whole or not at all."""
        self._ending.set()
        child = self._child
        if child is not None:
            child.terminate()
        self._thread.join(timeout=10)

    def document(self) -> Document:
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
        pause_s = min(LOOK_EVERY_S, max(self.every_hours * 3600.0 / 4, 0.5))
        while not self._ending.wait(pause_s):
            try:
                if self._wanted():
                    self._train()
            except Exception as error:  # noqa: BLE001 - a watcher that dies would train never again
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
        code, told = self._in_child()
        if self._ending.is_set():
            return
        error = None if code == 0 else _reason(told, code)
        self._note(Attempt(started_at, datetime.now(UTC), error))
        if error is None:
            # Loaded here, so that no visitor waits for it.
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
            told, _ = child.communicate()
            return child.returncode, told
        finally:
            self._child = None

    def _note(self, attempt: Attempt) -> None:
        self.last = attempt
        told = "the recommender is trained anew" if attempt.error is None else attempt.error
        sys.stderr.write(f"reelwise: background training: {told}\n")
        sys.stderr.flush()


def _reason(told: str, code: int) -> str:
    """What the child said of its failure."""
    try:
        document = json.loads(told)
        return f"{document['error']} (fix: {document['fix']})"[:_TOLD_CHARS]
    except (ValueError, KeyError, TypeError):
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the training ended with {how}"
