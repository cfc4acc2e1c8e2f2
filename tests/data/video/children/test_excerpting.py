"""Parts of videos are written by children: what goes wrong in one costs its file alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from data.video.children.excerpting import Excerpt, Excerpts, NotMade
from data.video.children.pool import DecodingStopped
from tests.indexer.made import paint


@pytest.fixture(scope="module")
def excerpts() -> Iterator[Excerpts]:
    with Excerpts(1) as excerpts:
        yield excerpts


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint(tmp_path_factory.mktemp("red") / "red.mp4", ("red", 3.0))


def test_what_is_no_video_is_told_and_the_next_one_is_made(
    excerpts: Excerpts, red: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 99)
    with pytest.raises(NotMade, match=r"broken\.mp4 cannot be cut"):
        excerpts.write(Excerpt(broken, "exact", 0.0, 1.0), tmp_path / "clip.mp4")
    assert excerpts.write(Excerpt(red, "exact", 1.0, 2.0), tmp_path / "clip.mp4") == 0.0
    assert (tmp_path / "clip.mp4").stat().st_size > 500


def test_the_work_ends_with_the_visitor(excerpts: Excerpts, red: Path, tmp_path: Path) -> None:
    class Left(Exception):
        pass

    def gone() -> None:
        raise Left

    with pytest.raises(Left):
        excerpts.write(Excerpt(red, "exact", 0.0, 3.0), tmp_path / "clip.mp4", gone)
    assert excerpts.write(Excerpt(red, "copy", 0.0, 1.0), tmp_path / "again.mp4") == 0.0


def test_a_child_that_nobody_needs_ends_and_the_next_part_gets_a_new_one(
    red: Path, tmp_path: Path
) -> None:
    before = set(psutil.Process().children())
    with Excerpts(1, idle_s=0.2) as mine:
        mine.write(Excerpt(red, "copy", 0.0, 1.0), tmp_path / "clip.mp4")
        (child,) = set(psutil.Process().children()) - before
        child.wait(60)
        assert mine.write(Excerpt(red, "copy", 0.0, 1.0), tmp_path / "again.mp4") == 0.0
    assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / "clip.mp4").read_bytes()


def test_closing_ends_who_waits_and_leaves_no_child(red: Path, tmp_path: Path) -> None:
    mine = Excerpts(1)
    before = set(psutil.Process().children())
    mine.write(Excerpt(red, "copy", 0.0, 1.0), tmp_path / "clip.mp4")
    taken = mine._take(lambda: None)
    found: list[BaseException] = []

    def wait() -> None:
        try:
            mine.write(Excerpt(red, "copy", 0.0, 1.0), tmp_path / "other.mp4")
        except DecodingStopped as error:
            found.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert taken is not None
    mine.close()
    taken.close()
    waiting.join(60)
    assert found
    _, alive = psutil.wait_procs(set(psutil.Process().children()) - before, timeout=10)
    assert not alive
