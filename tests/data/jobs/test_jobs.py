from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.jobs import ASKED_BY_COMMAND, JobProgress, Jobs, Wish
from data.jobs.lock import JobLock
from tests.data.made import die_at


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        yield opened


@pytest.fixture
def jobs(catalogue: Catalogue) -> Jobs:
    return Jobs(catalogue)


def states(jobs: Jobs) -> list[tuple[int, str]]:
    return [(job.id, job.state) for job in jobs.all()]


def test_jobs_wait_in_order_and_run_once(jobs: Jobs, home: Home) -> None:
    first = jobs.add("index", {"paths": ["/l"]}, asked_by="anna")
    second = jobs.add("rebuild", {})
    assert [job.id for job in jobs.in_states(["queued"])] == [first.id, second.id]
    with JobLock(home, first.id):
        begun = jobs.begin(first.id)
        assert begun is not None
        assert (begun.state, begun.arguments, begun.asked_by) == (
            "running",
            {"paths": ["/l"]},
            "anna",
        )
        assert jobs.begin(first.id) is None
        jobs.report(first.id, JobProgress("indexing", 2, 5, current="kite.mp4"))
        jobs.end(first.id, "done", summary="5 found", result={"videos": 5})
    done = jobs.get(first.id)
    assert (done.state, done.summary, done.result) == ("done", "5 found", {"videos": 5})
    assert (done.progress.done, done.progress.total) == (2, 5)
    assert done.ended_at is not None
    assert states(jobs) == [(second.id, "queued"), (first.id, "done")]


def test_who_runs_a_job_has_it_alone(jobs: Jobs, home: Home) -> None:
    job = jobs.add("train", {})
    with JobLock(home, job.id), pytest.raises(BlockingIOError), JobLock(home, job.id):
        pass


def test_a_job_that_is_to_run_alone_waits_for_another_one_that_lives(
    jobs: Jobs, home: Home
) -> None:
    first, second = jobs.add("index", {}, asked_by="anna"), jobs.add("train", {})
    with JobLock(home, first.id), JobLock(home, second.id):
        assert jobs.begin(first.id, alone=True) is not None
        assert jobs.begin(second.id, alone=True) is None
        assert states(jobs) == [(second.id, "queued"), (first.id, "running")]
    with JobLock(home, second.id):  # the process of the first one is gone without a word
        assert jobs.begin(second.id, alone=True) is not None


@pytest.mark.parametrize(("wish", "after"), [("pause", "paused"), ("stop", "stopped")])
def test_what_is_asked_of_a_job_happens(jobs: Jobs, home: Home, wish: Wish, after: str) -> None:
    waiting, running = jobs.add("index", {}), jobs.add("rebuild", {})
    assert jobs.ask(waiting.id, wish).state == after
    assert jobs.resume(waiting.id).state == "queued"
    with JobLock(home, running.id):
        jobs.begin(running.id)
        asked = jobs.ask(running.id, wish)
        assert (asked.state, asked.wish) == ("stopping", wish)
        jobs.end(running.id, "paused")
    assert jobs.ask(running.id, "stop").state == "stopped"
    with pytest.raises(ReelwiseError, match="is stopped: there is nothing to stop"):
        jobs.ask(running.id, "stop")


def test_what_is_over_or_waits_is_not_resumed_and_what_is_none_is_said(jobs: Jobs) -> None:
    job = jobs.add("index", {})
    with pytest.raises(ReelwiseError, match="is queued: there is nothing to resume"):
        jobs.resume(job.id)
    jobs.end(job.id, "failed", summary="no such folder")
    assert jobs.resume(job.id).ended_at is None
    with pytest.raises(ReelwiseError, match="there is no job 99"):
        jobs.get(99)


def test_no_job_is_said_to_run_that_nobody_runs(jobs: Jobs) -> None:
    job = jobs.add("index", {}, asked_by="anna")
    jobs.begin(job.id)  # and its process is gone
    assert (jobs.get(job.id).state, jobs.get(job.id).summary) == (
        "stopped",
        "the process that ran it is gone",
    )
    jobs.settle()
    assert states(jobs) == [(job.id, "queued")]


def test_a_job_that_somebody_runs_is_left_to_them(jobs: Jobs, home: Home) -> None:
    job = jobs.add("index", {})
    with JobLock(home, job.id):
        jobs.begin(job.id)
        jobs.settle()
        assert states(jobs) == [(job.id, "running")]


@pytest.mark.parametrize(("wish", "after"), [("pause", "paused"), ("stop", "stopped")])
def test_a_job_that_was_killed_while_it_was_asked_to_end_has_ended(
    jobs: Jobs, home: Home, wish: Wish, after: str
) -> None:
    job = jobs.add("index", {})
    with JobLock(home, job.id):
        jobs.begin(job.id)
        jobs.ask(job.id, wish)
    jobs.settle()
    assert states(jobs) == [(job.id, after)]


def test_what_ran_in_a_terminal_does_not_go_on_by_itself(jobs: Jobs) -> None:
    job = jobs.add("index", {}, asked_by=ASKED_BY_COMMAND)
    jobs.begin(job.id)
    jobs.settle()
    assert states(jobs) == [(job.id, "stopped")]
    assert jobs.get(job.id).ended_at is not None


def test_a_job_that_kills_its_process_again_and_again_is_stopped(jobs: Jobs) -> None:
    job = jobs.add("index", {})
    seen = []
    for _ in range(4):
        jobs.begin(job.id)
        jobs.settle()
        seen.append(jobs.get(job.id).state)
    assert seen == ["queued", "queued", "queued", "stopped"]


def test_jobs_that_ended_stay_a_day_and_numbers_are_not_used_again(
    jobs: Jobs, catalogue: Catalogue, home: Home
) -> None:
    old, new = jobs.add("index", {}), jobs.add("rebuild", {})
    for job in (old, new):
        with JobLock(home, job.id):
            jobs.begin(job.id)
        jobs.end(job.id, "done")
    with catalogue.writing("test") as connection:
        a_day = 86_400 * 1_000_000
        connection.exec_driver_sql(f"UPDATE jobs SET ended_at = ended_at - {a_day} WHERE id = 1")
    assert states(jobs) == [(new.id, "done")]
    assert jobs.add("index", {}).id == 3
    assert [path.name for path in home.jobs.iterdir()] == ["2.lock"]
    with pytest.raises(ReelwiseError, match="there is no job 1"):
        jobs.get(old.id)


def test_a_kill_leaves_no_job_that_is_said_to_run(jobs: Jobs, home: Home) -> None:
    job = jobs.add("index", {})
    die_at(
        home,
        "jobs.begin.after_commit",
        "from data.jobs import Jobs; from data.jobs.lock import JobLock\n"
        f"with JobLock(catalogue.home, {job.id}): Jobs(catalogue).begin({job.id})",
    )
    assert states(jobs) == [(job.id, "stopped")]
    jobs.settle()
    assert states(jobs) == [(job.id, "queued")]


def test_names_that_are_no_text_are_kept(jobs: Jobs, home: Home) -> None:
    odd = "/l/b\udce9.mp4"
    job = jobs.add("index", {"paths": [odd]})
    with JobLock(home, job.id):
        jobs.begin(job.id)
        jobs.report(job.id, JobProgress("indexing", current=odd))
        jobs.end(job.id, "failed", summary=f"{odd} is empty")
    failed = jobs.get(job.id)
    assert (failed.arguments, failed.progress.current) == ({"paths": [odd]}, odd)
    assert failed.summary.endswith(".mp4 is empty")
