"""`reelwise jobs`: what is indexed, rebuilt, trained or compared now, and stopping it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from data.printable import printable
from ui.library.asking.running import is_served
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns, length

if TYPE_CHECKING:
    from data.jobs import Job, Wish

JobArgument = Annotated[
    int, typer.Argument(metavar="ID", help="Its number, as `jobs list` shows it.")
]


def list_jobs(home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """List the jobs that wait, run or ended since yesterday, the latest first.

    Jobs are runs of index, rebuild, train recommender and duplicates, from here or from the page.
    """
    with Library(home) as library:
        found = library.jobs.all()
    cells = [
        [str(job.id), job.kind, job.state, f"{job.created_at:%Y-%m-%d %H:%M}", how_far(job)]
        for job in found
    ]
    text = "\n".join(columns(cells, indent="")) or "no job"
    return Answer({"jobs": [job_document(job) for job in found]}, text)


def pause(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Pause a job: what it has done is kept, and `resume` goes on with it."""
    return _ask(job, "pause", home)


def stop(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Stop a job; what it has done is kept."""
    return _ask(job, "stop", home)


def resume(job: JobArgument, home: HomeOption = None, as_json: JsonOption = False) -> Answer:
    """Let a job that was paused or stopped, or that failed, go on in the running server."""
    with Library(home) as library:
        waiting = library.jobs.resume(job)
        served = is_served(library.home)
    notice = "" if served else "it waits for a server: reelwise serve"
    return Answer(job_document(waiting), f"job {job} is queued", notice=notice)


def _ask(job: int, wish: Wish, home: HomeOption) -> Answer:
    with Library(home) as library:
        asked = library.jobs.ask(job, wish)
    return Answer(job_document(asked), f"job {job} is {asked.state}")


def job_document(job: Job) -> Document:
    """One job as a document."""
    return dataclasses.asdict(job) | {
        name: None if at is None else at.isoformat()
        for name, at in (
            ("created_at", job.created_at),
            ("started_at", job.started_at),
            ("ended_at", job.ended_at),
        )
    }


def how_far(job: Job) -> str:
    """How far a job is, or what came out of it, in a few words."""
    now = job.progress
    if job.state not in ("running", "stopping"):
        return printable(job.summary)
    parts = [now.phase]
    if now.total:
        parts.append(f"{now.done:,} of {now.total:,}")
    if now.seconds_left is not None:
        parts.append(f"{length(now.seconds_left)} left")
    return printable(", ".join(filter(None, parts)))
