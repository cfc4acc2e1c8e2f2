"""What a job is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

JobKind = Literal["index", "reindex", "rebuild", "train", "duplicates", "verify"]
JobState = Literal["queued", "running", "stopping", "paused", "stopped", "done", "failed"]
Wish = Literal["pause", "stop"]

JOB_KINDS: tuple[JobKind, ...] = get_args(JobKind)
ENDED: frozenset[JobState] = frozenset(("stopped", "done", "failed"))
"""States of jobs that are over; they stay a day."""
AFTER: Mapping[Wish, JobState] = {"pause": "paused", "stop": "stopped"}
"""What becomes of a job of which somebody asked something."""
ASKED_BY_COMMAND = "command line"
"""`Job.asked_by` of what a person runs in a terminal: no server goes on with it unasked."""


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come."""

    phase: str = ""
    """What it is doing, in words."""
    done: int = 0
    """Files of this phase that are done, good or bad."""
    total: int = 0
    """Files of this phase; 0 where it is not known."""
    failed: int = 0
    """Of `done`, those without a result."""
    current: str = ""
    """Name of the file that was finished last."""
    times_real_time: float | None = None
    """Seconds of video per second."""
    seconds_left: float | None = None
    """Of this phase; None where it is not known."""
    message: str = ""
    """The last line that the job said."""


@dataclass(frozen=True)
class Job:
    """One job as it is now."""

    id: int
    """Its number; never used again."""
    kind: JobKind
    """What is done."""
    arguments: Mapping[str, Any]
    """With what; see `ui.library.jobs.work` for each kind."""
    state: JobState
    """`stopping` while it runs and somebody asked it to pause or to stop."""
    wish: Wish | None
    """What somebody asked of it while it ran."""
    asked_by: str
    """A person, `ASKED_BY_COMMAND`, or empty."""
    created_at: datetime
    """When it was asked for, UTC."""
    started_at: datetime | None
    """When it began last, UTC."""
    ended_at: datetime | None
    """When it ended, UTC; None while it may go on."""
    progress: JobProgress
    """How far it has come; as it was when it ended."""
    result: Mapping[str, Any] | None
    """The document of its command, where it is done."""
    summary: str
    """What came out, or why it ended, in one line."""
