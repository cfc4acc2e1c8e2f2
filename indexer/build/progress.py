"""How far an indexing run has come, reported to a listener."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

Phase = Literal["scanning", "indexing", "publishing", "finished"]

UPDATE_EVERY_S = 0.2
"""A listener gets the numbers at most this often, and every new phase at once."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a run at one instant."""

    phase: Phase
    """What the run is doing."""
    files_done: int = 0
    """While scanning: files seen. While indexing: videos done, partial or failed in this run."""
    files_total: int = 0
    """While indexing: videos to decode in this run; 0 while scanning."""
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
        if self.phase != "indexing" or self.bytes_done <= 0 or self.elapsed_s <= 0:
            return None
        left = max(self.bytes_total - self.bytes_done, 0)
        return left * self.elapsed_s / self.bytes_done


class Listener(Protocol):
    """Shows progress; called in the thread that runs `index_library`."""

    def update(self, now: Snapshot) -> None:
        """Show the numbers."""

    def note(self, message: str) -> None:
        """Show a line that stays: a file that failed, a folder that cannot be read."""


class _Silent:
    """A listener that shows nothing."""

    def update(self, now: Snapshot) -> None:
        """Ignore the numbers."""

    def note(self, message: str) -> None:
        """Ignore the line."""


class Meter:
    """Counts, and reports the counts to a listener a few times a second.

    Args:
        listener: None for none.
        clock: Monotonic seconds; for tests.
    """

    def __init__(
        self, listener: Listener | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener: Listener = listener if listener is not None else _Silent()
        self._clock = clock
        self._began_s = clock()
        self._reported_s = float("-inf")
        self.now = Snapshot("scanning")

    def enter(self, phase: Phase, *, files_total: int = 0, bytes_total: int = 0) -> None:
        """Begin a phase; `indexing` sets the totals and starts the clock of the rates anew."""
        if phase == "indexing":
            self._began_s = self._clock()
            self.now = Snapshot("indexing", files_total=files_total, bytes_total=bytes_total)
        else:
            self.now = replace(self.now, phase=phase)
        self._report(force=True)

    def resume(self) -> None:
        """Go on indexing after a publication in between; the counts stay."""
        self.now = replace(self.now, phase="indexing")
        self._report(force=True)

    def seen(self, files: int) -> None:
        """Count the files that the scan has seen so far."""
        self.now = replace(self.now, files_done=files)
        self._report()

    def decoded(self, frames: int) -> None:
        """Count encoded frames."""
        self.now = replace(self.now, frames=self.now.frames + frames)
        self._report()

    def finished(self, name: str, *, size_bytes: int, video_s: float, failed: bool) -> None:
        """Count a video that came to its end, good or bad."""
        self.now = replace(
            self.now,
            files_done=self.now.files_done + 1,
            failed=self.now.failed + int(failed),
            video_s=self.now.video_s + video_s,
            bytes_done=self.now.bytes_done + size_bytes,
            current=name,
        )
        self._report()

    def stored(self, clips: int) -> None:
        """Count clips that are durable."""
        self.now = replace(self.now, clips=self.now.clips + clips)
        self._report()

    def note(self, message: str) -> None:
        """Pass one line on."""
        self._listener.note(message)

    def _report(self, *, force: bool = False) -> None:
        now_s = self._clock()
        if not force and now_s - self._reported_s < UPDATE_EVERY_S:
            return
        self._reported_s = now_s
        self.now = replace(self.now, elapsed_s=now_s - self._began_s)
        self._listener.update(self.now)
