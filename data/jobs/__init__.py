"""Jobs of a library: one durable queue that command line, pages and API share."""

from data.jobs.jobs import Jobs
from data.jobs.records import (
    ASKED_BY_COMMAND,
    ENDED,
    Job,
    JobKind,
    JobProgress,
    JobState,
    Wish,
)

__all__ = [
    "ASKED_BY_COMMAND",
    "ENDED",
    "Job",
    "JobKind",
    "JobProgress",
    "JobState",
    "Jobs",
    "Wish",
]
