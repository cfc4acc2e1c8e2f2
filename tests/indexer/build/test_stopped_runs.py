"""Runs that are killed or stopped on their way, and what they leave."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build import publisher
from indexer.build.cutting import Embedded
from indexer.build.embed import EmbeddingStream
from indexer.build.recording import record
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.made import paint
from tests.indexer.runs import first, index, names

REPOSITORY = Path(__file__).resolve().parents[3]

SLOW_RUN = """
    import itertools, os, sys, threading, time
    from pathlib import Path
    from data.home import resolve_home
    from indexer.build import embed as embedding
    from indexer.build import pipeline
    from indexer.build.recording import parts, record
    from tests.fakes import ColourEncoder

    record.FLUSH_VIDEOS = int(sys.argv[3])
    parts.FLUSH_EVERY_S = 1000.0
    embedding.BATCH_FRAMES, embedding.CLOSE_FRAMES = 4, 1  # videos end one by one

    from indexer.build.interrupt import Interrupt
    calls, stopped, on_signal = itertools.count(), threading.Event(), Interrupt._on_signal

    def on_stop(self, number, frame):
        stopped.set()
        on_signal(self, number, frame)

    Interrupt._on_signal = on_stop

    class Slow(ColourEncoder):
        def encode_clips(self, vectors, times_s, spans):
            if next(calls) and record.FLUSH_VIDEOS > 1:
                stopped.wait()  # however late the signal comes, these are not ready
                raise RuntimeError("too late")
            time.sleep(0.15)
            os.write(1, b"embedded\\n")  # whole lines, from two threads
            return super().encode_clips(vectors, times_s, spans)

    class Told:
        done = 0
        def update(self, now):
            if now.phase == "indexing" and now.files_done > self.done:
                self.done = now.files_done
                print("done", self.done, flush=True)
        def note(self, message):
            print(message, flush=True)

    from indexer.build import progress
    progress.UPDATE_EVERY_S = 0.0
    pipeline.index_library(resolve_home(Path(sys.argv[1])), [Path(sys.argv[2])], Slow(),
                           workers=1, progress=Told())
    print("whole run", flush=True)
"""


def stopped_run(
    home: Home, videos: Path, number: signal.Signals, after: str, *, flush_videos: int = 1
) -> tuple[str, int]:
    """Run an index in a process, send it a signal when what it told ends with `after`."""
    script = textwrap.dedent(SLOW_RUN)
    command = [sys.executable, "-c", script, str(home.root), str(videos), str(flush_videos)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        told = ""
        sent = False
        for line in child.stdout:
            told += line
            if told.endswith(after) and not sent:
                sent = True
                child.send_signal(number)
        code = child.wait()
    assert sent, told
    return told, code


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    words = ("red", "green", "blue", "white", "black", "yellow", "purple", "cyan")
    for i, word in enumerate(words):
        paint(folder / f"{word}.mp4", (word, 2 + i / 4))
    return folder


@pytest.mark.parametrize("after", [1, 4])
def test_a_kill_loses_nothing_that_was_reported(home: Home, many: Path, after: int) -> None:
    told, code = stopped_run(home, many, signal.SIGKILL, f"done {after}\n")
    assert code == -signal.SIGKILL
    reported = told.count("done ")
    assert after <= reported < 8
    searcher = Searcher(home, ColourEncoder())
    assert len(searcher.view.videos) >= reported
    searcher.close()
    report, _ = index(home, many)
    assert report.unchanged + report.resumed == 8
    assert report.added == 0
    assert 8 - len(searcher.view.videos) == report.done
    assert len(names(home)) == 8
    with Catalogue(home) as catalogue:
        assert len(catalogue.clip_table("colour-1")) == 8
    for word in ("red", "cyan"):
        assert first(home, word)[0] == f"{word}.mp4"


@pytest.mark.parametrize(
    ("after", "flush_videos"), [("done 2\n", 1), ("embedded\n", 1000)], ids=["stored", "ready"]
)
def test_ctrl_c_stores_what_is_ready_says_so_and_a_rerun_goes_on(
    home: Home, many: Path, after: str, flush_videos: int
) -> None:
    told, code = stopped_run(home, many, signal.SIGINT, after, flush_videos=flush_videos)
    assert code not in (0, -signal.SIGKILL)
    assert "whole run" not in told
    assert "are stored" in told
    stored = int(told.split("stopped: ")[1].split()[0])
    assert 1 <= stored < 8
    assert len(names(home)) == stored
    report, _ = index(home, many)
    assert (report.done, report.resumed, report.unchanged) == (8 - stored, 8 - stored, stored)
    assert len(names(home)) == 8


def test_what_was_embedded_and_not_taken_yet_when_ctrl_c_came_is_stored(
    home: Home, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that takes finished videos may lag behind those that embed them."""

    def interrupted(stream: EmbeddingStream, *, wait: bool) -> Iterator[Embedded]:
        if stream._closing:
            futures.wait(stream._closing)
            raise KeyboardInterrupt
        return iter(())

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddingStream, "_ready", interrupted)
        with pytest.raises(KeyboardInterrupt):
            index(home, many)
    stored = len(names(home))
    assert stored >= 1
    report, _ = index(home, many)
    assert (report.done, report.unchanged) == (8 - stored, stored)


def test_long_runs_publish_now_and_then(
    home: Home, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_EVERY_S", 0.0)
    monkeypatch.setattr(record, "FLUSH_VIDEOS", 3)
    report, _ = index(home, many)
    assert report.generation is not None
    assert report.generation >= 2  # once on the way, once at the end
    assert report.done == 8
