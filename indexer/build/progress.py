"""How far an indexing run has come, reported to a listener."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

Phase = Literal[
    "scanning",
    "indexing",
    "cutting clips",
    "publishing",
    "reading subtitles",
    "listening",
    "reading the picture",
    "encoding lines",
    "comparing videos",
    "finished",
]
TIMED: frozenset[Phase] = frozenset(
    (
        "indexing",
        "cutting clips",
        "reading subtitles",
        "listening",
        "reading the picture",
        "encoding lines",
        "comparing videos",
    )
)
"""Phases that go through videos, so that the time left is known."""

UPDATE_EVERY_S = 0.2
"""A listener gets the numbers at most this often, and every new phase at once."""


@dataclass
class Snapshot:
    """The state of a run at one instant."""

    phase: Phase
    """What the run is doing."""
    files_done: int = 0
    """While scanning: files seen. While going through videos: those of this pass that were done,
    good or bad."""
    files_total: int = 0
    """While going through videos: those of this pass; 0 while scanning."""
    failed: int = 0
    """Of `files_done`, those without a result."""
    clips: int = 0
    """Clips stored."""
    frames: int = 0
    """Frames encoded."""
    video_s: float = 0.0
    """Seconds of video decoded."""
    elapsed_s: float = 0.0
    """Wall time since indexing began (since scanning began while scanning)."""
    bytes_done: int = 0
    """Size of the files in `files_done`."""
    bytes_total: int = 0
    """Size of the files in `files_total`."""
    current: str = ""
    """Name of the file that was finished last."""

    @property
    def clips_per_s(self) -> float:
        """Clips stored per second of wall time."""
        return self.clips / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def times_real_time(self) -> float:
        """Seconds of video per second of wall time."""
        return self.video_s / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left, by bytes; None before anything is finished.

        Bytes, because the length of a video is not known before it is opened.
        """
        if self.phase not in TIMED or self.bytes_done <= 0 or self.elapsed_s <= 0:
            return None
        left = max(self.bytes_total - self.bytes_done, 0)
        return left * self.elapsed_s / self.bytes_done


class Listener(Protocol):
    """Shows progress; called in the thread that runs `index_library`."""

    def update(self, now: Snapshot) -> None:
        """Show the numbers."""

    def note(self, message: str) -> None:
        """Show a line that stays: a file that failed, a folder that cannot be read."""


@runtime_checkable
class Asking(Protocol):
    """A listener that can also ask."""

    def may_drop(self, folder: Path, n_files: int) -> bool:
        """Whether files that are suddenly gone from a folder may drop out of the library."""


class Meter:
    """The counts of a run, reported to a listener a few times a second; `clock` gives seconds."""

    def __init__(
        self, listener: Listener | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._began_s = clock()
        self._reported_s = float("-inf")
        self.now = Snapshot("scanning")
        """The counts; call `report` after changing them."""

    def begin_indexing(self, files_total: int, bytes_total: int) -> None:
        """Set the totals and start the counts and the clock of the rates anew."""
        self.begin_pass("indexing", files_total, bytes_total)

    def begin_pass(self, phase: Phase, files_total: int, bytes_total: int) -> None:
        """Set the totals of a pass over videos and start its counts and its clock."""
        self._began_s = self._clock()
        self.now = Snapshot(phase, files_total=files_total, bytes_total=bytes_total)
        self.report(force=True)

    def enter(self, phase: Phase) -> None:
        """Begin a phase, or go on with one; the counts stay."""
        self.now.phase = phase
        self.report(force=True)

    def note(self, message: str) -> None:
        """Pass one line on."""
        if self._listener is not None:
            self._listener.note(message)

    def may_drop(self, folder: Path, n_files: int) -> bool:
        """Ask; where there is nobody to ask, nothing drops out."""
        return isinstance(self._listener, Asking) and self._listener.may_drop(folder, n_files)

    def report(self, *, force: bool = False) -> None:
        """Give the listener the counts, unless it got some just now."""
        now_s = self._clock()
        if not force and now_s - self._reported_s < UPDATE_EVERY_S:
            return
        self._reported_s = now_s
        self.now.elapsed_s = now_s - self._began_s
        if self._listener is not None:
            self._listener.update(replace(self.now))
