"""The queue of jobs: asked for, run, paused, stopped; what is said of a job is in the catalogue.

A job that is said to run is run by a living process, which holds its lock; where that process is
gone, the job is said to be stopped, or waits again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.values import from_micros, now_micros, sql
from data.errors import ReelwiseError
from data.jobs.lock import drop_lock_file, is_run
from data.jobs.records import (
    AFTER,
    ASKED_BY_COMMAND,
    ENDED,
    JOB_KINDS,
    Job,
    JobKind,
    JobProgress,
    JobState,
    Wish,
)
from data.printable import printable

KEPT_S = 86_400.0
"""Jobs that ended stay so long."""
MOST_RESTARTS = 3
"""How often a job goes on by itself after its process was killed: it may be what kills it."""
_GONE = "the process that ran it is gone"

_COLUMNS = (
    "id, kind, arguments, state, wish, asked_by, created_at, started_at, ended_at, progress,"
    " result, summary"
)
_ADD = sql(
    "INSERT INTO jobs (kind, arguments, state, asked_by, created_at)"
    " VALUES (:kind, :arguments, 'queued', :asked_by, :now)"
)
_ONE = sql(f"SELECT {_COLUMNS} FROM jobs WHERE id = :id")
_ALL = sql(
    f"SELECT {_COLUMNS} FROM jobs WHERE ended_at IS NULL OR ended_at > :since ORDER BY id DESC"
)
_IN_STATES = sql(f"SELECT {_COLUMNS} FROM jobs WHERE state IN :states ORDER BY id", "states")
_BEGIN = sql(
    "UPDATE jobs SET state = 'running', wish = NULL, started_at = :now, ended_at = NULL,"
    " summary = NULL, progress = NULL WHERE id = :id AND state = 'queued'"
)
_REPORT = sql("UPDATE jobs SET progress = :progress WHERE id = :id AND state = 'running'")
_WISH = sql("UPDATE jobs SET wish = :wish WHERE id = :id")
_SET = sql(
    "UPDATE jobs SET state = :state, wish = NULL, ended_at = :ended_at,"
    " summary = coalesce(:summary, summary), result = coalesce(:result, result) WHERE id = :id"
)
_ENDED_BEFORE = sql("SELECT id FROM jobs WHERE ended_at <= :before")
_DROP = sql("DELETE FROM jobs WHERE id = :id")


class Jobs:
    """The jobs of one library. Every change is durable when it returns."""

    def __init__(self, catalogue: Database) -> None:
        self._catalogue = catalogue
        self._home = catalogue.home

    def add(self, kind: JobKind, arguments: Mapping[str, Any], *, asked_by: str = "") -> Job:
        """Put a job at the end of the queue.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in JOB_KINDS:
            raise ValueError(f"kind must be one of {JOB_KINDS}, got {kind!r}")
        values = {"kind": kind, "arguments": _as_json(arguments), "asked_by": asked_by}
        with self._catalogue.writing("jobs.add", changes_library=False) as connection:
            return self._put(connection, values)

    def add_files(self, kind: JobKind, paths: Sequence[str], *, asked_by: str = "") -> Job:
        """Put a job on some files at the end of the queue; one that waits already is not doubled.

        Args:
            kind: What is done, with the argument `paths`.
            paths: At least one.
            asked_by: As in `Job`.

        Returns:
            The new job, with the files that no other job of the kind has; else the latest of these.
        """
        with self._catalogue.writing("jobs.add", changes_library=False) as connection:
            rows = connection.execute(_IN_STATES, {"states": ["queued", "running"]}).all()
            jobs = [job for job in map(self._job, rows) if job.kind == kind]
            waiting = [job for job in jobs if job.state in ("queued", "running")]
            taken = {path: job for job in waiting for path in job.arguments.get("paths", ())}
            left = [path for path in paths if path not in taken]
            if not left:
                return max((taken[path] for path in paths), key=lambda job: job.id)
            arguments = _as_json({"paths": left})
            values = {"kind": kind, "arguments": arguments, "asked_by": asked_by}
            return self._put(connection, values)

    def get(self, job_id: int) -> Job:
        """Give one job.

        Raises:
            ReelwiseError: There is none of that number.
        """
        with self._catalogue.reading() as connection:
            return self._read(connection, job_id)

    def all(self) -> list[Job]:
        """List the jobs, the latest first; those that ended more than a day ago are gone."""
        since = now_micros() - int(KEPT_S * 1e6)
        with self._catalogue.reading() as connection:
            rows = connection.execute(_ALL, {"since": since}).all()
        return [self._job(row) for row in rows]

    def in_states(self, states: Collection[JobState]) -> list[Job]:
        """List the jobs that are said to be in one of these states, the oldest first."""
        with self._catalogue.reading() as connection:
            rows = connection.execute(_IN_STATES, {"states": list(states)}).all()
        return [self._job(row) for row in rows]

    def begin(self, job_id: int, *, alone: bool = False) -> Job | None:
        """Say that a job runs from now on; the caller holds its lock.

        Args:
            job_id: Which.
            alone: Only where no other one runs; of two processes that ask at once, one begins.

        Returns:
            None where it does not wait (any more), or waits on for another one to end.
        """
        with self._catalogue.writing("jobs.begin", changes_library=False) as connection:
            if alone and self._runs(connection):
                return None
            values = {"id": job_id, "now": now_micros()}
            begun = connection.execute(_BEGIN, values).rowcount
            return self._read(connection, job_id) if begun else None

    def report(self, job_id: int, progress: JobProgress) -> None:
        """Say how far a running job has come."""
        values = {"id": job_id, "progress": _as_json(asdict(progress))}
        with self._catalogue.writing("jobs.report", changes_library=False) as connection:
            connection.execute(_REPORT, values)

    def end(
        self,
        job_id: int,
        state: JobState,
        *,
        summary: str = "",
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """Say how a run of a job ended; `paused` and `queued` may go on."""
        values = {
            "id": job_id,
            "state": state,
            "ended_at": now_micros() if state in ENDED else None,
            "summary": printable(summary) or None,
            "result": None if result is None else _as_json(result),
        }
        with self._catalogue.writing("jobs.end", changes_library=False) as connection:
            connection.execute(_SET, values)

    def ask(self, job_id: int, wish: Wish) -> Job:
        """Ask a job to pause or to stop; what it has done is kept.

        One that waits does so at once, one that runs within some seconds.

        Raises:
            ReelwiseError: There is none of that number, or it has ended.
        """
        with self._catalogue.writing("jobs.ask", changes_library=False) as connection:
            job = self._read(connection, job_id)
            if job.state in ENDED or (job.state, wish) == ("paused", "pause"):
                raise ReelwiseError(
                    f"job {job_id} is {job.state}: there is nothing to {wish}",
                    fix="reelwise jobs list",
                )
            if job.state in ("running", "stopping"):
                connection.execute(_WISH, {"id": job_id, "wish": wish})
            else:
                self._set(connection, job_id, AFTER[wish])
            return self._read(connection, job_id)

    def resume(self, job_id: int) -> Job:
        """Let a job that is paused, stopped or failed wait again: it goes on where it stopped.

        Raises:
            ReelwiseError: There is none of that number, or nothing to go on with.
        """
        with self._catalogue.writing("jobs.resume", changes_library=False) as connection:
            job = self._read(connection, job_id)
            if job.state not in ("paused", "stopped", "failed"):
                raise ReelwiseError(
                    f"job {job_id} is {job.state}: there is nothing to resume",
                    fix="reelwise jobs list",
                )
            self._set(connection, job_id, "queued")
            return self._read(connection, job_id)

    def settle(self) -> None:
        """Say the truth of jobs whose process is gone: what a server ran waits again.

        What a person ran in a terminal is stopped, and so is what was killed again and again.
        """
        with self._catalogue.writing("jobs.settle", changes_library=False) as connection:
            rows = connection.execute(_IN_STATES, {"states": ["running"]}).all()
            for row in rows:
                if not is_run(self._home, row.id):
                    self._settle(connection, row)
            self._prune(connection)

    def _runs(self, connection: Connection) -> bool:
        """Whether a living process runs any job."""
        rows = connection.execute(_IN_STATES, {"states": ["running"]}).all()
        return any(is_run(self._home, row.id) for row in rows)

    def _put(self, connection: Connection, values: Mapping[str, Any]) -> Job:
        self._prune(connection)
        number = connection.execute(_ADD, {**values, "now": now_micros()}).lastrowid
        return self._read(connection, number)

    def _settle(self, connection: Connection, row: Any) -> None:
        restarts = 1 + int(json.loads(row.result or "{}").get("restarts", 0))
        is_over = row.asked_by == ASKED_BY_COMMAND or restarts > MOST_RESTARTS
        state: JobState = AFTER[row.wish] if row.wish else "stopped" if is_over else "queued"
        values = {"id": row.id, "state": state, "summary": _GONE}
        values["ended_at"] = now_micros() if state in ENDED else None
        values["result"] = _as_json({"restarts": restarts})
        connection.execute(_SET, values)

    def _set(self, connection: Connection, job_id: int, state: JobState) -> None:
        ended_at = now_micros() if state in ENDED else None
        values = {"id": job_id, "state": state, "ended_at": ended_at}
        connection.execute(_SET, values | {"summary": None, "result": None})

    def _prune(self, connection: Connection) -> None:
        before = now_micros() - int(KEPT_S * 1e6)
        for job_id in connection.scalars(_ENDED_BEFORE, {"before": before}).all():
            connection.execute(_DROP, {"id": job_id})
            drop_lock_file(self._home, job_id)

    def _read(self, connection: Connection, job_id: int) -> Job:
        row = connection.execute(_ONE, {"id": job_id}).first()
        if row is None:
            raise ReelwiseError(f"there is no job {job_id}", fix="reelwise jobs list")
        return self._job(row)

    def _job(self, row: Any) -> Job:
        job = _as_job(row)
        if job.state == "running" and not is_run(self._home, job.id):
            return replace(job, state="stopped", summary=_GONE)
        return replace(job, state="stopping") if job.state == "running" and job.wish else job


def _as_job(row: Any) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        arguments=json.loads(row.arguments),
        state=row.state,
        wish=row.wish,
        asked_by=row.asked_by,
        created_at=from_micros(row.created_at),
        started_at=None if row.started_at is None else from_micros(row.started_at),
        ended_at=None if row.ended_at is None else from_micros(row.ended_at),
        progress=JobProgress(**json.loads(row.progress or "{}")),
        result=None if row.result is None else json.loads(row.result),
        summary=row.summary or "",
    )


def _as_json(values: Mapping[str, Any] | Sequence[Any]) -> str:
    # Escaped: names of files may hold what is no text, which no database takes.
    return json.dumps(values, default=str)
