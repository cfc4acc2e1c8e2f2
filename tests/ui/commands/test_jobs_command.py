"""`reelwise jobs`: what it lists, asks and refuses."""

from pathlib import Path

import pytest

from tests.ui.conftest import ask, tell
from ui.library.jobs.run import JobRun
from ui.library.library import Library


def test_jobs_are_listed_paused_resumed_and_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    with Library(home) as library:
        library.make()
        library.jobs.add("index", {"paths": ["/l"]}, asked_by="anna")
        with JobRun(library, "rebuild", {}) as run:
            assert "rebuild  running" in tell(capsys, "jobs", "list", home=home).out
            run.finished("2 clips of 1 video")
    listed = ask(capsys, "jobs", "list", home=home)["jobs"]
    assert [(job["id"], job["kind"], job["state"]) for job in listed] == [
        (2, "rebuild", "done"),
        (1, "index", "queued"),
    ]
    assert (listed[1]["arguments"], listed[1]["asked_by"]) == ({"paths": ["/l"]}, "anna")
    assert "2 clips of 1 video" in tell(capsys, "jobs", "list", home=home).out
    assert ask(capsys, "jobs", "pause", "1", home=home)["state"] == "paused"
    printed = tell(capsys, "jobs", "resume", "1", home=home)
    assert (printed.out, printed.err) == (
        "job 1 is queued\n",
        "it waits for a server: reelwise serve\n",
    )
    assert ask(capsys, "jobs", "stop", "1", home=home)["state"] == "stopped"
    refused = ask(capsys, "jobs", "stop", "2", home=home, code=1)
    assert refused["error"] == "job 2 is done: there is nothing to stop"
    assert "there is no job 3" in tell(capsys, "jobs", "resume", "3", home=home, code=1).err
