"""Progress of indexing: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import typer

from data.printable import printable
from ui.terminal.text import count, length

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from indexer.build.progress import Snapshot

LINE_EVERY_S = 10.0
"""Least time between two lines where stderr is a file or a pipe."""


def report(line: str) -> None:
    """Write one line about the work in progress to stderr."""
    sys.stderr.write(printable(line) + "\n")
    sys.stderr.flush()


class ProgressBar:
    """Shows the snapshots of one indexing run; use as a context manager.

    Implements `indexer.build.progress.Asking`; `yes` answers its question.
    """

    def __init__(self, *, yes: bool = False) -> None:
        self._yes = yes
        self._bar: RichProgress | None = None
        self._last_line_s = float("-inf")
        self._phases_shown = {"finished"}

    def __enter__(self) -> Self:
        """Start the bar, where stderr is a terminal."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[numbers]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._bar.add_task("looking for videos", total=None, numbers="")
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def update(self, now: Snapshot) -> None:
        """Show the numbers."""
        if self._bar is not None:
            sized = now.files_total > 0
            self._bar.update(
                self._bar.task_ids[0],
                description=now.phase,
                total=(now.bytes_total or None) if sized else None,
                completed=now.bytes_done if sized else 0,
                numbers=_numbers(now),
            )
            return
        now_s = time.monotonic()
        if now.phase not in self._phases_shown or now_s - self._last_line_s >= LINE_EVERY_S:
            self._phases_shown.add(now.phase)
            self._last_line_s = now_s
            self.note(f"{now.phase}: {_numbers(now)}" if _numbers(now) else now.phase)

    def may_drop(self, folder: Path, n_files: int) -> bool:
        """Ask on a terminal whether vanished files may drop out; elsewhere only `--yes` does."""
        if self._yes or not (sys.stderr.isatty() and sys.stdin.isatty()):
            return self._yes
        if self._bar is not None:
            self._bar.stop()
        question = f"{n_files:,} videos below {folder} are gone. Drop them from the library?"
        return typer.confirm(printable(question), default=False, err=True)

    def note(self, message: str) -> None:
        """Show one line that stays."""
        if self._bar is not None:
            self._bar.console.print(printable(message), markup=False, highlight=False)
        else:
            report(message)


def _numbers(now: Snapshot) -> str:
    """Files, clips a second, times real time and time left, as far as they are known."""
    if now.phase == "scanning":
        return count(now.files_done, "file") if now.files_done else ""
    parts = [f"{now.files_done:,}/{count(now.files_total, 'file')}"]
    if now.clips:
        parts.append(f"{now.clips_per_s:.1f} clips/s")
    if now.video_s:
        parts.append(f"{now.times_real_time:.1f}x real time")
    if now.eta_s is not None:
        parts.append(f"{length(now.eta_s)} left")
    if now.failed:
        parts.append(f"{now.failed:,} failed")
    return ", ".join(parts)
