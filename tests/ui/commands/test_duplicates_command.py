"""`reelwise duplicates` over real files, and what search and recommendations make of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from data.toons.library import ToonLibrary
from data.video.transcode import Change, transcode
from tests.ui.conftest import ENCODER, ask, tell


@pytest.fixture(scope="module")
def library(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four cartoons, of the longest a small copy in another container, a cut and the same bytes."""
    folder = tmp_path_factory.mktemp("copies")
    longest = max(toons.videos, key=lambda video: video[1].duration_s)
    others = [name for name, _ in toons.videos if name != longest[0]][:3]
    source = toons.folder / longest[0]
    shutil.copy(source, folder / "film.mp4")
    (folder / "more").mkdir()
    shutil.copy(source, folder / "more" / "same.mp4")
    for name in others:
        shutil.copy(toons.folder / name, folder / name)
    length_s = longest[1].duration_s
    transcode(source, folder / "small.mkv", Change(scale=0.6, crf=34))
    transcode(source, folder / "cut.mp4", Change(length_s / 4, 3 * length_s / 4, crf=30))
    return folder, folder / "home"


@pytest.fixture(scope="module", autouse=True)
def indexed(library: tuple[Path, Path]) -> None:
    from ui.cli import run

    folder, home = library
    assert run(["index", str(folder), "--encoder", ENCODER, "--home", str(home), "--json"]) == 0


def test_index_says_what_is_shared_and_does_not_compare_again(
    library: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = library
    document = ask(capsys, "duplicates", home=home)
    assert (document["videos"], document["compared_now"]) == (6, 0)
    assert ask(capsys, "index", str(folder), home=home)["duplicates"] == 0
    assert ask(capsys, "duplicates", "--afresh", home=home)["compared_now"] == 6
    # What was compared is a job like every other; listing what is known is none.
    jobs = ask(capsys, "jobs", "list", home=home)["jobs"]
    (job,) = [each for each in jobs if each["kind"] == "duplicates"]
    assert (job["state"], job["arguments"]) == ("done", {"afresh": True})
    assert job["summary"].startswith("6 compared")


def test_copies_parts_and_the_same_bytes_are_listed(
    library: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = library
    document = ask(capsys, "duplicates", home=home)
    (group,) = document["groups"]
    relations = {Path(each["path"]).name: each["relation"] for each in group["videos"]}
    assert relations == {"film.mp4": "best", "small.mkv": "copy", "cut.mp4": "part"}
    assert group["why_best"] == "most pixels"
    sizes = [(folder / name).stat().st_size for name in ("small.mkv", "more/same.mp4")]
    assert group["freed_bytes"] == document["freed_bytes"] == sum(sizes)
    best, _, cut = group["videos"]
    assert len(best["files"]) == 2
    (stretch,) = cut["stretches"]
    assert stretch["best_start_s"] - stretch["start_s"] == pytest.approx(
        best["duration_s"] / 4, abs=0.8
    )
    told = tell(capsys, "duplicates", home=home).out
    assert "the same bytes" in told
    assert "of the best" in told
    assert all((folder / name).exists() for name in relations)


def test_only_groups_of_a_folder_are_listed(
    library: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = library
    for path, n_groups in ((folder / "more", 1), (folder / "toon-0001.mp4", 0)):
        if path.exists():
            document = ask(capsys, "duplicates", "--under", str(path), home=home)
            assert len(document["groups"]) == n_groups
    refused = ask(capsys, "duplicates", "--under", str(folder / "home"), home=home, code=1)
    assert "no indexed video lies below" in refused["error"]


def test_search_shows_one_and_says_how_many_there_are(
    library: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = library
    like = ["search", "--like", str(folder / "film.mp4"), "-k", "5"]
    hits = ask(capsys, *like, home=home)["hits"]
    shown = {Path(hit["path"]).name: hit["copies"] for hit in hits}
    assert shown["film.mp4"]["count"] == 1
    assert Path(shown["film.mp4"]["videos"][0]["path"]).name == "small.mkv"
    assert "small.mkv" not in shown
    assert "and 1 copy" in tell(capsys, *like, home=home).out
    every = ask(capsys, *like, "--all-copies", home=home)["hits"]
    assert {"film.mp4", "small.mkv"} <= {Path(hit["path"]).name for hit in every}
    assert all(hit["copies"]["count"] == 0 for hit in every)


def test_recommendations_hold_one_of_a_group_and_nothing_of_what_was_seen(
    library: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, home = library
    group = {"film", "small", "cut"}

    def names() -> list[str]:
        items = ask(capsys, "recommend", "anna", "-k", "6", home=home)["items"]
        return [Path(item["path"]).stem for item in items]

    assert len(group & set(names())) == 1
    ask(capsys, "history", "add", "anna", "film.mp4", home=home)
    assert not group & set(names())


def test_a_read_only_home_is_compared_and_it_is_said(
    library: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from data.errors import CannotWrite
    from indexer.duplicates import find

    _, home = library
    copied = shutil.copytree(home, tmp_path / "home")
    (copied / "duplicates").rename(tmp_path / "away")

    def refuse(_: object) -> None:
        raise CannotWrite("the disk is mounted read-only", fix="use another home")

    monkeypatch.setattr(find.DuplicatesLock, "__enter__", refuse)
    document = ask(capsys, "duplicates", home=copied)
    assert len(document["groups"]) == 1
    assert "is not stored" in json.dumps(document["warnings"])
    assert not list((copied / "duplicates").glob("*.json"))
