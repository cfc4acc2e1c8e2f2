"""The queue of jobs, which command line and pages share: `/jobs`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from data.errors import ReelwiseError
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import VideoId
from ui.api.shape.refusals import not_there, wrong
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners

if TYPE_CHECKING:
    from data.jobs import Job

router = APIRouter(
    route_class=StrictRoute, tags=["jobs"], prefix="/jobs", dependencies=[OnlyOwners]
)
LISTED = 50
"""Jobs in an answer, the latest first."""


class Progress(BaseModel):
    """How far a job has come."""

    phase: str
    done: int
    total: int = Field(description="0 where it is not known.")
    failed: int
    current: str
    times_real_time: float | None
    seconds_left: float | None
    message: str


class JobShown(BaseModel):
    """A job."""

    id: int
    kind: str
    state: str = Field(description="queued, running, stopping, paused, stopped, done or failed.")
    arguments: dict[str, Any]
    asked_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: Progress
    summary: str = Field(description="What came out, or why it ended.")
    result: dict[str, Any] | None = Field(
        description="Counts of a job that is done; of `verify` all that it found."
    )


class JobsShown(BaseModel):
    """The queue."""

    jobs: list[JobShown] = Field(description="The latest first; ended ones stay a day.")


class Reading(BaseModel):
    """With what a job works; each kind takes its own."""

    model_config = ConfigDict(extra="forbid")

    paths: Annotated[list[str], Field(max_length=1000)] | None = None
    videos: Annotated[list[VideoId], Field(max_length=1000)] | None = None
    retry_failed: bool | None = None
    encoder: Literal["default"] | None = None
    """That of a new library, not the library's own."""
    reencode: bool | None = None
    afresh: bool | None = None
    deep: bool | None = None
    repair: bool | None = None
    speech: Literal["auto", "off"] | None = None
    screen_text: Literal["auto", "off"] | None = None


class NewJob(BaseModel):
    """A job that is asked for."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["index", "reindex", "rebuild", "train", "duplicates", "verify"]
    arguments: Reading = Reading()


TAKES = {
    "index": {"paths", "retry_failed", "encoder", "speech", "screen_text"},
    "reindex": {"videos", "paths"},
    "rebuild": {"reencode"},
    "train": set[str](),
    "duplicates": {"afresh"},
    "verify": {"deep", "repair"},
}
"""Arguments of each kind."""


@router.get("", summary="The queue of jobs")
def list_jobs(served: ServedHere) -> JobsShown:
    """What waits, runs, and has ended within a day."""
    return JobsShown(jobs=[shown(each) for each in served.library.jobs.all()[:LISTED]])


@router.get("/{job_id}", summary="One job")
def job(served: ServedHere, job_id: VideoId) -> JobShown:
    """How far it is."""
    return shown(_job(served, job_id))


@router.post("", summary="Ask for a job")
def ask(served: ServedHere, visitor: Asking, new: NewJob) -> JobShown:
    """It waits for its turn; folders are those that may be chosen, or are in the library."""
    arguments = new.arguments.model_dump(exclude_none=True)
    odd = arguments.keys() - TAKES[new.kind]
    if odd:
        raise wrong(f"a job {new.kind} takes no {min(odd)}", fix="GET /api/v1/docs")
    if new.kind in ("index", "reindex") and not (arguments.get("paths") or arguments.get("videos")):
        raise wrong("nothing is named to read", fix='send "paths", folders of the server')
    if paths := arguments.get("paths"):
        arguments["paths"] = [str(_allowed(served, each)) for each in paths]
    words = {name: arguments.pop(name) for name in ("speech", "screen_text") if name in arguments}
    if words:
        arguments["words"] = words
    return shown(served.library.jobs.add(new.kind, arguments, asked_by=visitor.name or ""))


@router.post("/{job_id}/pause", summary="Pause a job")
def pause(served: ServedHere, job_id: VideoId) -> JobShown:
    """What it has done is kept; a running one pauses after its video."""
    _job(served, job_id)
    return shown(served.library.jobs.ask(job_id, "pause"))


@router.post("/{job_id}/stop", summary="Stop a job")
def stop(served: ServedHere, job_id: VideoId) -> JobShown:
    """What it has done is kept."""
    _job(served, job_id)
    return shown(served.library.jobs.ask(job_id, "stop"))


@router.post("/{job_id}/resume", summary="Let a job go on")
def resume(served: ServedHere, job_id: VideoId) -> JobShown:
    """It goes on where it stopped, when its turn comes."""
    _job(served, job_id)
    return shown(served.library.jobs.resume(job_id))


def _allowed(served: ServedHere, path: str) -> Path:
    """A path that a job may read: below a folder of the library, or one that may be chosen."""
    given, roots = Path(path), served.library.catalogue.files.roots()
    is_plain = given.is_absolute() and ".." not in given.parts and "\0" not in path
    if is_plain and any(given == root or root in given.parents for root in roots):
        return given
    return served.library.places.allowed(path)


def _job(served: ServedHere, job_id: int) -> Job:
    try:
        return served.library.jobs.get(job_id)
    except ReelwiseError as error:
        raise not_there(error.problem, code="unknown_job", fix="GET /api/v1/jobs") from error


def shown(job: Job) -> JobShown:
    """A job as the API gives it."""
    return JobShown(
        id=job.id,
        kind=job.kind,
        state=job.state,
        arguments=dict(job.arguments),
        asked_by=job.asked_by,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        progress=Progress(**asdict(job.progress)),
        summary=job.summary,
        result=None if job.result is None else dict(job.result),
    )
