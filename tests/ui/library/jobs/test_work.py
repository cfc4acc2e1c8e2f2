"""What jobs do, on a few cartoons; their queue and their processes are tested elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.jobs import Job, JobKind
from data.toons.library import ToonLibrary
from tests.fakes import ColourEncoder
from ui.library.jobs import estimate as module
from ui.library.jobs.run import JobRun
from ui.library.jobs.work import do_work
from ui.library.library import Library
from ui.library.readers import WordOptions


@pytest.fixture(scope="module")
def folder(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cartoons and a file that is none."""
    folder = tmp_path_factory.mktemp("videos")
    for number in (1, 2):
        shutil.copy(toons.folder / f"toon-000{number}.mp4", folder)
    (folder / "broken.mp4").write_bytes(b"no video at all" * 100)
    return folder


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(module, "_LEAST_BYTES", 1)
    monkeypatch.setattr(Library, "_choose_encoder", lambda _self, _name: ColourEncoder())
    off = WordOptions(speech="off", screen_text="off", sentences="off")
    with Library(tmp_path / "home", words=off) as opened:
        opened.make()
        yield opened


def work(library: Library, kind: JobKind, **arguments: object) -> Job:
    job = library.jobs.add(kind, arguments)
    with JobRun(library, kind, arguments, job=job) as run:
        do_work(library, kind, arguments, run)
    return library.jobs.get(job.id)


@pytest.mark.parametrize(
    ("asked", "used"), [(None, None), ("starter", "starter"), ("default", "of new libraries")]
)
def test_a_job_embeds_with_the_encoder_that_was_asked_for(
    library: Library,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: str | None,
    used: str | None,
) -> None:
    names: list[str | None] = []

    def chosen(_: Library, name: str | None) -> ColourEncoder:
        names.append(name)
        return ColourEncoder()

    monkeypatch.setattr(Library, "_choose_encoder", chosen)
    monkeypatch.setattr("embeddings.opening.choice.default_encoder", lambda: "of new libraries")
    work(library, "index", paths=[str(folder)], encoder=asked)
    assert names[0] == used


def test_a_folder_is_estimated_indexed_mended_and_rebuilt(library: Library, folder: Path) -> None:
    before = library.estimate([folder])
    sizes = sum(path.stat().st_size for path in folder.iterdir())
    assert (before.videos, before.new, before.size_bytes) == (3, 3, sizes)
    assert before.seconds is None
    with pytest.raises(ReelwiseError, match="there is no file or folder"):
        library.estimate([folder / "gone"])

    indexed = work(library, "index", paths=[str(folder)])
    assert indexed.summary == "3 found, 2 added, 1 failed"
    assert indexed.result is not None
    assert (indexed.result["indexed"], indexed.result["failed"]) == (2, 1)
    after = library.estimate([folder])
    assert (after.videos, after.new, after.seconds) == (3, 0, 0.0)

    (problem,) = library.problems.all()
    assert (problem.path.name, problem.state, problem.gone) == ("broken.mp4", "failed", False)
    with pytest.raises(ReelwiseError, match="has no problem"):
        library.problems.retry([folder / "toon-0001.mp4"])
    again = library.problems.retry([problem.path], asked_by="anna")
    assert (again.kind, again.state, again.asked_by) == ("reindex", "queued", "anna")
    assert work(library, again.kind, **again.arguments).summary == "1 found, 0 added, 1 failed"
    assert library.problems.all()[0].attempts == problem.attempts + 1
    library.problems.leave_out([problem.path])
    assert library.problems.all() == []
    with pytest.raises(ReelwiseError, match="no file has a problem"):
        library.problems.retry()

    video = library.catalogue.video("toon-0001.mp4").id
    assert work(library, "reindex", videos=[video]).summary == "1 found, 1 added"
    assert library.catalogue.video("toon-0001.mp4").id == video
    assert library.catalogue.files.roots() == [folder]
    assert work(library, "index", paths=[str(folder)]).summary == "2 found, 0 added"

    assert "of 2 videos" in work(library, "rebuild").summary
    assert work(library, "duplicates", afresh=True).summary.startswith("2 compared")
    library.history.add("anna", video)
    assert work(library, "train").summary == "fitted on 1 events of 1 people"
    assert_checks_tell_what_is_wrong(library)


def assert_checks_tell_what_is_wrong(library: Library) -> None:
    checked = work(library, "verify")
    assert (checked.summary, checked.result) == (
        *("catalogue, vectors, index and recommender agree",),
        {"ok": True, "problems": [], "notes": [], "repaired": []},
    )
    assert checked.progress.phase == "checking generations"
    assert checked.progress.done == checked.progress.total > 0
    library.home.current.write_text("gen-000099")
    found = work(library, "verify", deep=True)
    assert found.summary.startswith("1 problem: CURRENT names no generation (")
    assert found.result is not None
    assert [each["what"] for each in found.result["problems"]] == ["CURRENT names no generation"]
    mended = work(library, "verify", repair=True)
    assert mended.summary == ("1 repaired; catalogue, vectors, index and recommender agree")
