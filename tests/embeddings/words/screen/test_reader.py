"""From a file to lines: whole, damaged, unreadable, and with a child that dies."""

from __future__ import annotations

import gc
from pathlib import Path

import psutil
import pytest

from data.errors import UnreadableVideo
from data.lines import Channel, LineReader
from data.video.types import VideoInfo
from data.video.write import write_video
from embeddings.words.screen import settings
from embeddings.words.screen.networks.detection import Detector
from embeddings.words.screen.networks.recognition import Recogniser
from embeddings.words.screen.reader import ScreenReader, load_screen_reader, spec_of
from tests.embeddings.words.screen.burnt import burnt, scene

DYING = "tests.embeddings.words.screen.dying_child"
FPS = 5.0


def ready(reader: ScreenReader, detector: Detector, recogniser: Recogniser) -> ScreenReader:
    """The reader, with networks that are loaded already."""
    reader.__dict__["_networks"] = (detector, recogniser)
    return reader


def film(path: Path, *, seconds: int = 8, said: tuple[int, int] = (2, 6)) -> Path:
    """Seconds of one scene; within `said` it bears a line."""
    plain, written = scene(), burnt(scene(), "Platform 9 closed")
    frames = (written if said[0] <= i / FPS < said[1] else plain for i in range(int(seconds * FPS)))
    write_video(path, frames, fps=FPS)
    return path


@pytest.fixture(scope="module")
def screen(detector: Detector, recogniser: Recogniser) -> ScreenReader:
    return ready(load_screen_reader(), detector, recogniser)


def nothing() -> None:
    """No progress to tell."""


def test_a_file_gives_its_lines(tmp_path: Path, screen: ScreenReader) -> None:
    calls = []
    reading = screen.read(film(tmp_path / "a.mp4"), lambda: calls.append(1))
    (line,) = reading.lines
    assert (line.channel, line.text) == (Channel.SCREEN, "Platform 9 closed")
    assert (line.start_s, line.end_s) == (2.0, 6.0)
    assert (reading.state, reading.reason) == ("done", "")
    assert len(calls) >= 8
    assert screen.counts.frames == 8
    assert screen.counts.looked_at <= 2


def test_a_file_without_text_says_so(tmp_path: Path, screen: ScreenReader) -> None:
    reading = screen.read(film(tmp_path / "a.mp4", seconds=2, said=(9, 9)), nothing)
    assert (reading.lines, reading.state) == ((), "done")
    assert reading.reason == "no text in the picture"


def test_a_damaged_file_gives_what_is_before_the_damage(
    tmp_path: Path, screen: ScreenReader
) -> None:
    whole = film(tmp_path / "a.mkv", seconds=20, said=(1, 4)).read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: int(len(whole) * 0.7)])
    reading = screen.read(cut, nothing)
    assert [(line.text, line.start_s) for line in reading.lines] == [("Platform 9 closed", 1.0)]
    assert reading.state == "partial"
    assert reading.reason


def test_a_file_that_is_no_video_is_refused(tmp_path: Path, screen: ScreenReader) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no video\n" * 100, encoding="utf-8")
    with pytest.raises(UnreadableVideo, match="not a video"):
        screen.read(text, nothing)


def test_a_child_that_dies_costs_the_rest_of_the_video(
    tmp_path: Path, detector: Detector, recogniser: Recogniser
) -> None:
    dying = ready(ScreenReader(child=DYING), detector, recogniser)
    reading = dying.read(film(tmp_path / "5.mp4", said=(1, 8)), nothing)
    assert reading.state == "partial"
    assert reading.reason
    assert [(line.text, line.end_s) for line in reading.lines] == [("Platform 9 closed", 5.0)]
    with pytest.raises(UnreadableVideo):
        dying.read(film(tmp_path / "0.mp4"), nothing)


def test_one_child_decodes_all_videos_and_ends_with_the_reader(
    tmp_path: Path, detector: Detector, recogniser: Recogniser
) -> None:
    before = set(psutil.Process().children())
    short = film(tmp_path / "a.mp4", seconds=1)
    reader = ready(load_screen_reader(), detector, recogniser)
    reader.read(short, nothing)
    (child,) = set(psutil.Process().children()) - before
    reader.read(short, nothing)
    assert set(psutil.Process().children()) - before == {child}
    del reader
    gc.collect()
    child.wait(10)


def test_an_interrupted_reading_ends_at_once(tmp_path: Path, screen: ScreenReader) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen.read(film(tmp_path / "a.mp4", seconds=2), stop)


def test_frames_keep_the_shape_of_their_video_and_have_a_largest_size() -> None:
    def size(width: int, height: int) -> tuple[int, int]:
        spec = spec_of(VideoInfo("h264", width, height, 25.0, 1.0))
        return spec.width_px, spec.height_px

    assert size(7680, 4320) == (960, 540)
    assert size(1080, 1920) == (540, 960)
    assert size(320, 180) == (320, 180)
    assert size(16000, 4) == (960, 1)


def test_the_id_tells_engines_apart_and_is_a_folder_name(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_screen_reader()
    engine: LineReader = plain
    assert engine.channel is Channel.SCREEN
    assert plain.id == load_screen_reader().id
    assert plain.id.replace("-", "").isalnum()
    others = {load_screen_reader(["latin", "kana"]).id, load_screen_reader(["han"]).id}
    monkeypatch.setattr(settings, "STROKE_DENSITY", 0.1)
    others.add(load_screen_reader().id)
    assert len(others | {plain.id}) == 4
    assert load_screen_reader(["kana", "latin"]).id == load_screen_reader(["latin", "kana"]).id


def test_a_script_that_is_not_read_is_refused() -> None:
    with pytest.raises(ValueError, match="cyrillic"):
        load_screen_reader(["latin", "cyrillic"])
    with pytest.raises(ValueError, match="each is one of"):
        load_screen_reader([])
