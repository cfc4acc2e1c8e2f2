"""Lines over time: what stays is one line, and is looked at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from data.lines import Line
from data.video.types import Pixels
from embeddings.words.screen.networks.detection import Box, Detector
from embeddings.words.screen.networks.recognition import Recogniser, Text
from embeddings.words.screen.settings import DEBT_PX, FRAME_PX, START_PX
from embeddings.words.screen.video import VideoText
from tests.embeddings.words.screen.burnt import burnt, scene, texture


class Watched:
    """The two networks, and how often they were asked."""

    def __init__(self, detector: Detector, recogniser: Recogniser) -> None:
        self._detector, self._recogniser = detector, recogniser
        self.looks = self.reads = 0

    def detect(self, pixels: Pixels) -> list[Box]:
        self.looks += 1
        return self._detector(pixels)

    def read(self, lines: Sequence[Pixels]) -> list[Text]:
        self.reads += len(lines)
        return self._recogniser(lines)

    def text(self) -> VideoText:
        return VideoText(self.detect, self.read, scripts=("latin",), sample_s=1.0)

    def lines(self, frames: Iterable[Pixels]) -> list[Line]:
        text = self.text()
        end_s = 0.0
        for second, pixels in enumerate(frames):
            text.feed(pixels, float(second))
            end_s = second + 1.0
        return text.lines(end_s)


@pytest.fixture
def watched(detector: Detector, recogniser: Recogniser) -> Watched:
    return Watched(detector, recogniser)


def spans(lines: Iterable[Line]) -> list[tuple[str, float, float]]:
    return [(line.text, line.start_s, line.end_s) for line in lines]


def test_a_line_that_stays_is_one_and_is_read_once(watched: Watched) -> None:
    shown = [burnt(scene(), "Mind the gap") if 2 <= i < 12 else scene() for i in range(15)]
    lines = watched.lines(shown)
    assert spans(lines) == [("Mind the gap", 2.0, 12.0)]
    assert lines[0].confidence > 0.9
    assert (watched.looks, watched.reads) == (1, 1)


def test_it_is_read_once_while_the_scene_moves_behind_it(watched: Watched) -> None:
    shown = [scene(i) for i in range(14)]
    shown[3:13] = [burnt(pixels, "Mind the gap") for pixels in shown[3:13]]
    assert spans(watched.lines(shown)) == [("Mind the gap", 3.0, 13.0)]
    assert watched.reads <= 3


def test_it_is_found_over_texture_that_moves_while_the_ration_is_short(watched: Watched) -> None:
    shown = [texture(i) for i in range(12)]
    shown[3:10] = [
        burnt(pixels, "Where is the station", at=(200, 250), size_px=14) for pixels in shown[3:10]
    ]
    ((said, start_s, end_s),) = spans(watched.lines(shown))
    assert (said, end_s) == ("Where is the station", 10.0)
    assert 3 <= start_s <= 4


def test_another_line_in_its_place_is_another_one(watched: Watched) -> None:
    texts = ["Platform 8 closed"] * 3 + ["Platform 9 closed"] * 3 + ["Mind the gap"] * 3
    lines = watched.lines(burnt(scene(), text) for text in texts)
    assert spans(lines) == [
        ("Platform 8 closed", 0.0, 3.0),
        ("Platform 9 closed", 3.0, 6.0),
        ("Mind the gap", 6.0, 9.0),
    ]


def test_a_slow_fade_is_seen(watched: Watched) -> None:
    dark = scene() // 3
    text = burnt(dark, "Mind the gap").astype(np.float32)
    frames = [(dark + (text - dark) * min(1.0, i / 20)).astype(np.uint8) for i in range(26)]
    ((said, start_s, end_s),) = spans(watched.lines(frames))
    assert (said, end_s) == ("Mind the gap", 26.0)
    assert 2 <= start_s <= 16


def test_text_that_is_typed_on_is_the_whole_line(watched: Watched) -> None:
    whole = "Departures are delayed"
    typed = [whole[:n] for n in (4, 10, 16, 22, 22, 22)]
    assert spans(watched.lines(burnt(scene(), text) for text in typed)) == [(whole, 0.0, 6.0)]


def test_text_that_scrolls_is_one_line(watched: Watched) -> None:
    frames = [burnt(scene(), "Directed by nobody", at=(30, 140 - 40 * i)) for i in range(3)]
    assert spans(watched.lines(frames)) == [("Directed by nobody", 0.0, 3.0)]


def test_text_that_runs_to_the_left_is_one_line(watched: Watched) -> None:
    text = "The harbour bridge is closed until Monday because of high water"
    band = burnt(np.full((40, 1400, 3), 60, np.uint8), text, at=(320, 8))
    frames = [scene() for _ in range(12)]
    for second, pixels in enumerate(frames):
        pixels[130:170] = band[:, 90 * second : 90 * second + 320]
    ((said, start_s, end_s),) = spans(watched.lines(frames))
    assert said == text
    assert (start_s, end_s) == (1.0, 11.0)


def test_the_same_line_comes_again_after_a_while(watched: Watched) -> None:
    frames = [scene() if 3 <= i < 9 else burnt(scene(), "Mind the gap") for i in range(12)]
    assert spans(watched.lines(frames)) == [("Mind the gap", 0.0, 3.0), ("Mind the gap", 9.0, 12.0)]


def test_a_picture_that_stands_still_lasts_until_the_next_frame(watched: Watched) -> None:
    text = watched.text()
    text.feed(burnt(scene(), "Mind the gap"), 0.0)
    text.feed(scene(3), 40.0)
    assert spans(text.lines(41.0)) == [("Mind the gap", 0.0, 40.0)]


def test_no_line_ends_after_its_video(watched: Watched) -> None:
    text = watched.text()
    text.feed(burnt(scene(), "Mind the gap"), 0.0)
    assert spans(text.lines(0.4)) == [("Mind the gap", 0.0, 0.4)]


def test_texture_costs_no_more_than_its_ration(recogniser: Recogniser) -> None:
    rng = np.random.default_rng(1)
    looked_px = 0

    def detect(pixels: Pixels) -> list[Box]:
        nonlocal looked_px
        looked_px += pixels.shape[0] * pixels.shape[1]
        return []

    text = VideoText(detect, recogniser, scripts=("latin",), sample_s=1.0)
    for second in range(40):
        noise = rng.integers(0, 2, (180, 320, 1), np.uint8) * 255
        text.feed(
            np.repeat(np.repeat(noise, 3, axis=2), 2, axis=0).repeat(2, axis=1), float(second)
        )
    assert looked_px <= START_PX + 40 * FRAME_PX + DEBT_PX
    assert looked_px > (START_PX + 40 * FRAME_PX) / 2
    assert text.counts.detected_px == looked_px


def test_thousands_of_boxes_are_read_within_the_ration() -> None:
    columns = 0

    def detect(pixels: Pixels) -> list[Box]:
        high, wide = pixels.shape[:2]
        return [Box(x, y, 8, 6) for x in range(10, wide - 10, 20) for y in range(10, high - 10, 10)]

    def read(lines: Sequence[Pixels]) -> list[Text]:
        nonlocal columns
        columns += sum(line.shape[1] * 48 // line.shape[0] for line in lines)
        return [Text("", 0.0)] * len(lines)

    text = VideoText(detect, read, scripts=("latin",), sample_s=1.0)
    rng = np.random.default_rng(1)
    for second in range(20):
        noise = rng.integers(0, 256, (270, 480, 3), np.uint8)
        text.feed(noise, float(second))
    assert text.counts.boxes > 300
    assert columns * 60 < START_PX + 20 * FRAME_PX + 1_000_000
    assert text.lines(20.0) == []
