"""From folders to search, through real files and real decoding processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home, resolve_home
from indexer import embedding, run
from indexer.pipeline import index_library, rebuild
from indexer.progress import Snapshot
from indexer.query import Query, Span
from indexer.report import IndexReport
from indexer.search import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.made import paint

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return resolve_home(tmp_path / "home")


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("painted")
    paint(folder / "red-blue.mp4", ("red", 3), ("blue", 5))
    paint(folder / "green.mp4", ("green", 4))
    paint(folder / "sub" / "white-black.mp4", ("white", 2), ("black", 2))
    paint(folder / "sub" / "yellow.mp4", ("yellow", 3))
    return folder


@pytest.fixture
def videos(painted: Path, tmp_path: Path) -> Path:
    return shutil.copytree(painted, tmp_path / "videos")


@dataclass
class CountingEncoder:
    """The colour encoder that remembers how much it encoded, and can be told to fail."""

    version: int = 1
    frames: int = 0
    largest_batch: int = 0
    spoil: bool = False
    batches_met: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._real = ColourEncoder(self.version)
        self.dim, self.frame_spec = self._real.dim, self._real.frame_spec
        self.id, self.name = self._real.id, self._real.name

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._lock:
            self.frames += len(pixels)
            self.largest_batch = max(self.largest_batch, len(pixels))
        rows = self._real.encode_frames(pixels)
        if self.spoil:  # green comes out as nonsense
            rows[rows @ self._real.encode_texts(["green"])[0] > 0.9] = np.nan
        return rows

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        return self._real.encode_clips(vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._real.encode_texts(texts)


@dataclass
class Listener:
    """Remembers what it was told."""

    notes: list[str] = field(default_factory=list)
    seen: list[Snapshot] = field(default_factory=list)

    def update(self, now: Snapshot) -> None:
        self.seen.append(now)

    def note(self, message: str) -> None:
        self.notes.append(message)


def index(home: Home, *paths: Path, **options: object) -> tuple[IndexReport, CountingEncoder]:
    encoder = CountingEncoder()
    report = index_library(home, paths, encoder, **options)  # type: ignore[arg-type]
    return report, encoder


def first(home: Home, text: str, *, version: int = 1) -> tuple[str, float, float]:
    searcher = Searcher(home, ColourEncoder(version))
    hit = searcher.search(Query(text=text), k=1).hits[0]
    searcher.close()
    assert hit.score > 0.9
    return hit.path.name, round(hit.start_s, 1), round(hit.end_s, 1)


def names(home: Home) -> set[str]:
    with Catalogue(home) as catalogue:
        return {video.path.name for video in catalogue.videos()}


def counts(report: IndexReport) -> dict[str, int]:
    fields = ("added", "edited", "moved", "copies", "touched", "unchanged", "removed", "failed",
              "partial", "decoded", "done")  # fmt: skip
    return {name: getattr(report, name) for name in fields if getattr(report, name)}


def test_a_folder_becomes_searchable_with_the_right_times(home: Home, videos: Path) -> None:
    report, encoder = index(home, videos)
    assert counts(report) == {"added": 4, "decoded": 4, "done": 4}
    assert report.video_s == pytest.approx(19, abs=0.2)
    assert report.frames == encoder.frames == 38  # 2 per second
    assert (report.clips, report.generation) == (6, 1)
    assert first(home, "red") == ("red-blue.mp4", 0.0, 2.8)
    assert first(home, "blue") == ("red-blue.mp4", 2.8, 8.0)
    assert first(home, "black") == ("white-black.mp4", 1.8, 4.0)
    with Catalogue(home) as catalogue:
        video = catalogue.video("green")
        assert (video.duration_s, video.width_px, video.codec) == (4.0, 48, "h264")
        assert video.title == "green"


def test_frames_of_several_videos_share_a_batch(
    home: Home, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "EARLY_BATCH_FRAMES", 64)
    _, encoder = index(home, videos, workers=1)
    assert encoder.largest_batch > 16  # no video has more than 16 frames
    assert encoder.largest_batch <= 64


def test_a_second_run_decodes_and_encodes_nothing(home: Home, videos: Path) -> None:
    index(home, videos)
    report, encoder = index(home, videos)
    assert counts(report) == {"unchanged": 4}
    assert (encoder.frames, report.frames, report.clips, report.generation) == (0, 0, 0, 1)


def test_touched_moved_and_copied_files_cost_no_decode(home: Home, videos: Path) -> None:
    index(home, videos)
    os.utime(videos / "green.mp4", ns=(1, 1))
    (videos / "sub" / "yellow.mp4").rename(videos / "sun.mp4")
    shutil.copy(videos / "red-blue.mp4", videos / "copy.mp4")
    report, encoder = index(home, videos)
    assert counts(report) == {"touched": 1, "moved": 1, "copies": 1, "unchanged": 2}
    assert encoder.frames == 0
    assert first(home, "yellow")[0] == "sun.mp4"
    with Catalogue(home) as catalogue:
        assert len(catalogue.videos()) == 4
        assert catalogue.video("copy.mp4").id == catalogue.video("red-blue.mp4").id
        assert catalogue.video("sun.mp4").title == "sun"
    (videos / "red-blue.mp4").unlink()
    report, encoder = index(home, videos)
    assert counts(report) == {"removed": 1, "unchanged": 4}
    assert first(home, "red")[0] == "copy.mp4"


def test_a_deleted_file_drops_out_and_comes_back_without_decoding(
    home: Home, videos: Path, tmp_path: Path
) -> None:
    index(home, videos)
    (videos / "green.mp4").rename(tmp_path / "kept.mp4")
    report, _ = index(home, videos)
    assert counts(report) == {"removed": 1, "unchanged": 3}
    assert "green.mp4" not in names(home)
    hits = Searcher(home, ColourEncoder()).search(Query(text="green"), k=50).hits
    assert "green.mp4" not in {hit.path.name for hit in hits}
    shutil.copy(tmp_path / "kept.mp4", videos / "back.mp4")
    report, encoder = index(home, videos)
    assert counts(report) == {"added": 1, "unchanged": 3}
    assert encoder.frames == 0
    assert first(home, "green")[0] == "back.mp4"


def test_an_edited_file_is_found_by_its_new_content_only(home: Home, videos: Path) -> None:
    index(home, videos)
    paint(videos / "green.mp4", ("purple", 4))
    report, _ = index(home, videos)
    assert counts(report) == {"edited": 1, "unchanged": 3, "decoded": 1, "done": 1}
    assert first(home, "purple")[0] == "green.mp4"
    hits = Searcher(home, ColourEncoder()).search(Query(text="green"), k=50).hits
    assert max(hit.score for hit in hits) < 0.5


def test_a_missing_folder_is_an_error_and_drops_nothing(home: Home, videos: Path) -> None:
    index(home, videos)
    shutil.move(videos, videos.with_name("unplugged"))
    with pytest.raises(ReelwiseError, match="nothing was changed"):
        index(home, videos)
    with pytest.raises(ReelwiseError, match="nothing was changed"):
        index(home, videos.with_name("unplugged"), videos)
    assert len(names(home)) == 4


def test_only_what_lies_below_the_given_folders_can_be_dropped(home: Home, videos: Path) -> None:
    index(home, videos)
    shutil.rmtree(videos / "sub")
    (videos / "green.mp4").unlink()
    report, _ = index(home, videos / "red-blue.mp4")
    assert counts(report) == {"unchanged": 1}
    assert len(names(home)) == 4
    report, _ = index(home, videos)
    assert counts(report) == {"removed": 3, "unchanged": 1}
    assert names(home) == {"red-blue.mp4"}


def test_a_bad_file_never_stops_the_rest_and_is_quarantined(home: Home, videos: Path) -> None:
    (videos / "text.mp4").write_text("this is no video\n" * 100)
    (videos / "empty.mp4").touch()
    listener = Listener()
    report, _ = index(home, videos, progress=listener)
    assert counts(report) == {"added": 6, "decoded": 6, "done": 4, "failed": 2}
    assert {trouble.path.name for trouble in report.troubles} == {"text.mp4", "empty.mp4"}
    assert all(trouble.reason for trouble in report.troubles)
    assert any("text.mp4: failed: " in note for note in listener.notes)
    for attempt in (2, 3):
        report, encoder = index(home, videos)
        assert counts(report) == {"unchanged": 6, "decoded": 2, "failed": 2}, attempt
        assert encoder.frames == 0
    assert report.quarantined == 2
    report, _ = index(home, videos)
    assert counts(report) == {"unchanged": 6}
    report, _ = index(home, videos, retry_failed=True)
    assert counts(report) == {"unchanged": 6, "decoded": 2, "failed": 2}
    shutil.copy(videos / "green.mp4", videos / "text.mp4")
    paint(videos / "empty.mp4", ("cyan", 2))
    report, _ = index(home, videos)
    assert counts(report) == {"edited": 2, "unchanged": 4, "decoded": 1, "done": 1}
    with Catalogue(home) as catalogue:
        assert catalogue.failures() == []


def test_a_cut_file_is_partial_and_searchable_and_tried_again_on_request(
    home: Home, tmp_path: Path
) -> None:
    whole = paint(tmp_path / "v" / "long.mp4", ("red", 5.0), ("blue", 25.0), noise=30)
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) * 6 // 10])
    report, _ = index(home, whole.parent)
    assert counts(report) == {"added": 1, "decoded": 1, "partial": 1}
    assert first(home, "red")[0] == "long.mp4"
    assert counts(index(home, whole.parent)[0]) == {"unchanged": 1}
    report, _ = index(home, whole.parent, retry_failed=True)
    assert counts(report) == {"unchanged": 1, "decoded": 1, "partial": 1}
    with Catalogue(home) as catalogue:
        assert len(catalogue.videos()) == 1


def test_vectors_that_are_not_finite_fail_one_video(home: Home, videos: Path) -> None:
    encoder = CountingEncoder(spoil=True)
    report = index_library(home, [videos], encoder)
    assert (report.done, report.failed) == (3, 1)
    assert "not finite" in report.troubles[0].reason


def test_words_beside_a_video_are_stored_with_it(home: Home, videos: Path) -> None:
    srt = "1\n00:00:00,000 --> 00:00:02,000\nHello there\n"
    (videos / "green.srt").write_text(srt)
    index(home, videos)
    with Catalogue(home) as catalogue:
        assert catalogue.subtitles(catalogue.video("green.mp4").id) == "Hello there"


def test_another_encoder_serves_only_once_it_has_embedded_everything(
    home: Home, videos: Path
) -> None:
    index(home, videos)
    shutil.move(videos / "sub", videos.with_name("offline"))
    report = index_library(home, [videos / "green.mp4"], ColourEncoder(2))
    assert not report.switched
    assert report.offline == 2
    assert first(home, "yellow") == ("yellow.mp4", 0.0, 3.0)
    with Catalogue(home) as catalogue:
        assert catalogue.encoder == "colour-1"
    shutil.move(videos.with_name("offline"), videos / "sub")
    report = index_library(home, [videos / "green.mp4"], ColourEncoder(2))
    assert (report.switched, report.decoded, report.unchanged) == (True, 2, 1)
    assert first(home, "yellow", version=2) == ("yellow.mp4", 0.0, 3.0)
    with Catalogue(home) as catalogue:
        assert (catalogue.encoder, catalogue.encoder_name) == ("colour-2", "colour/2")
    assert home.vectors("colour-1").is_dir()


def test_rebuild_makes_a_generation_from_vectors_and_reencode_from_videos(
    home: Home, videos: Path
) -> None:
    with pytest.raises(ReelwiseError, match="nothing is indexed"):
        rebuild(home)
    index(home, videos)
    shutil.rmtree(home.index)
    shutil.move(videos, videos.with_name("away"))
    generation = rebuild(home)
    assert (generation.number, generation.manifest.clips) == (1, 6)
    assert first(home, "green")[0] == "green.mp4"
    shutil.move(videos.with_name("away"), videos)
    encoder = CountingEncoder()
    generation = rebuild(home, encoder=encoder)
    assert (generation.number, generation.manifest.clips, encoder.frames) == (2, 6, 38)
    assert first(home, "green")[0] == "green.mp4"
    with Catalogue(home) as catalogue:
        assert len(catalogue.clips("colour-1")) == 6


def test_examples_find_their_source_first(home: Home, videos: Path, tmp_path: Path) -> None:
    index(home, videos)
    searcher = Searcher(home, ColourEncoder())
    for path in videos.rglob("*.mp4"):
        hit = searcher.search(Query(like=path), k=1).hits[0]
        assert (hit.path, hit.relevance > 0.5) == (path, True)
    part = searcher.search(Query(like=f"{videos / 'red-blue.mp4'}@4-7"), k=1).hits[0]
    assert (part.path.name, part.start_s, part.end_s) == ("red-blue.mp4", 2.75, 8.0)
    other = paint(tmp_path / "example.mp4", ("black", 2), size_px=32)
    hit = searcher.search(Query(like=other), k=1).hits[0]
    assert (hit.path.name, hit.start_s) == ("white-black.mp4", 1.75)
    mixed = searcher.search(Query(text="yellow", like=other), k=4).hits
    assert {hit.path.name for hit in mixed[:2]} == {"yellow.mp4", "white-black.mp4"}
    similar = searcher.similar(searcher.video("green").id, Span(0, 2))
    assert len({hit.path.name for hit in similar.hits}) == 3


def test_an_example_that_cannot_be_read_says_why(home: Home, videos: Path, tmp_path: Path) -> None:
    index(home, videos)
    searcher = Searcher(home, ColourEncoder())
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(ReelwiseError, match=r"text\.mp4 gave no frame"):
        searcher.search(Query(like=text))
    with pytest.raises(ReelwiseError, match="no example file"):
        searcher.search(Query(like=tmp_path / "missing.mp4"))
    with pytest.raises(ReelwiseError, match="no frame between 90 s and 99 s"):
        searcher.search(Query(like=f"{videos / 'green.mp4'}@90-99"))


def test_progress_counts_files_clips_and_time_left(home: Home, videos: Path) -> None:
    listener = Listener()
    index(home, videos, progress=listener)
    phases = list(dict.fromkeys(now.phase for now in listener.seen))
    assert phases == ["scanning", "indexing", "publishing", "finished"]
    last = listener.seen[-1]
    assert (last.files_done, last.files_total, last.clips) == (4, 4, 6)
    assert last.video_s == pytest.approx(19, abs=0.2)
    assert last.clips_per_s > 0
    assert last.times_real_time > 1


def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_run(
    home: Home, videos: Path
) -> None:
    growing = videos / "green.mp4"

    class Meddler(CountingEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            os.utime(growing, ns=(5, 5))
            return super().encode_frames(pixels)

    report = index_library(home, [videos], Meddler())
    assert (report.done, report.failed, report.changed_meanwhile) == (3, 0, 1)
    report, _ = index(home, videos)
    assert (report.done, report.touched) == (1, 1)


def test_a_second_writer_is_refused(home: Home, videos: Path) -> None:
    class Intruder(CountingEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            with pytest.raises(ReelwiseError, match="being written"):
                index_library(home, [videos], ColourEncoder())
            return super().encode_frames(pixels)

    report = index_library(home, [videos], Intruder())
    assert report.done == 4


SLOW_RUN = """
    import os, sys, time
    from pathlib import Path
    from data.home import resolve_home
    from indexer import pipeline, run
    from tests.fakes import ColourEncoder

    run.FLUSH_VIDEOS = int(sys.argv[3])
    run.FLUSH_EVERY_S = 1000.0

    class Slow(ColourEncoder):
        def encode_clips(self, vectors, times_s, spans):
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

    from indexer import progress
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
    assert report.unchanged == 8
    assert report.added == 0
    assert 8 - len(searcher.view.videos) == report.done
    assert len(names(home)) == 8
    with Catalogue(home) as catalogue:
        assert len(catalogue.clips("colour-1")) == 8
    for word in ("red", "cyan"):
        assert first(home, word)[0] == f"{word}.mp4"


@pytest.mark.parametrize(
    ("after", "flush_videos"), [("done 2\n", 1), ("embedded\n" * 4, 1000)], ids=["stored", "ready"]
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
    assert (report.done, report.unchanged) == (8 - stored, 8)
    assert len(names(home)) == 8


def test_long_runs_publish_now_and_then(
    home: Home, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PUBLISH_EVERY_S", 0.0)
    monkeypatch.setattr(run, "FLUSH_VIDEOS", 3)
    report, _ = index(home, many)
    assert report.generation is not None
    assert report.generation >= 2  # once on the way, once at the end
    assert report.done == 8
