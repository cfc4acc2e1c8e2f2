"""Finding lines in a picture and reading them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from data.video.types import Pixels
from embeddings.words.screen.networks.detection import Box, Detector
from embeddings.words.screen.networks.recognition import Recogniser, Text, cut_out
from embeddings.words.screen.rows import join_rows
from embeddings.words.screen.scripts import is_kept
from tests.embeddings.words.screen.burnt import burnt, scene

LATIN = ("latin",)


def read(pixels: Pixels, detector: Detector, recogniser: Recogniser) -> list[Text]:
    boxes = join_rows(detector(pixels))
    return recogniser([cut_out(pixels, box) for box in boxes])


def kept(texts: list[Text]) -> list[str]:
    return [text.text for text in texts if is_kept(text.text, text.confidence, LATIN)]


def test_lines_are_found_where_they_are(detector: Detector, recogniser: Recogniser) -> None:
    pixels = burnt(burnt(scene(), "Größe und Übermut"), "Next station", at=(60, 30), size_px=14)
    boxes = join_rows(detector(pixels))
    centres = [(box.x, box.y) for box in boxes]
    assert centres == [pytest.approx((103, 38), abs=3), pytest.approx((118, 112), abs=3)]
    texts = recogniser([cut_out(pixels, box) for box in boxes])
    assert kept(texts) == ["Next station", "Größe und Übermut"]


RAPIDOCR = {
    "Żółta łódź, 9:45": ((117.0, 30.0), (166.0, 32.0), 0.929),
    "Größe und Übermut": ((119.5, 100.0), (209.0, 32.0), 0.997),
}
"""Text, centre, width and height, and score that RapidOCR 3.10.0 gives for the picture below, with
`Det.limit_side_len` 32 and without its test for upside-down lines."""


def test_boxes_texts_and_scores_are_those_of_rapidocr(
    detector: Detector, recogniser: Recogniser
) -> None:
    first, second = RAPIDOCR
    pixels = burnt(burnt(scene(height=160), first, at=(40, 20)), second, at=(20, 90))
    boxes = join_rows(detector(pixels))
    texts = recogniser([cut_out(pixels, box) for box in boxes])
    assert [text.text for text in texts] == [first, second]
    for box, text, expected in zip(boxes, texts, RAPIDOCR.values(), strict=True):
        centre, sides, score = expected
        assert (box.x, box.y) == pytest.approx(centre, abs=1.5)
        assert (box.width, box.height) == pytest.approx(sides, abs=3)
        assert text.confidence == pytest.approx(score, abs=0.05)  # a pixel's difference of the cut


def test_a_tilted_line_is_read_level(detector: Detector, recogniser: Recogniser) -> None:
    flat = Image.fromarray(burnt(scene(height=240), "Ferry to the islands", at=(40, 110)))
    tilted = np.array(flat.rotate(-12, resample=Image.Resampling.BICUBIC))
    assert kept(read(tilted, detector, recogniser)) == ["Ferry to the islands"]
    (box,) = detector(tilted)
    assert box.tilt_deg == pytest.approx(12, abs=2)


@pytest.mark.parametrize("view", ["mirrored", "upside down", "upright", "blurred"])
def test_what_cannot_be_read_is_not_invented(
    view: str, detector: Detector, recogniser: Recogniser
) -> None:
    pixels = burnt(burnt(scene(), "Please mind the gap"), "Gate 12 closed", at=(20, 20))
    if view == "mirrored":
        assert len(kept(read(pixels, detector, recogniser))) == 2
    image = Image.fromarray(pixels)
    small = image.resize((image.width // 8, image.height // 8), Image.Resampling.BOX)
    shown = {
        "mirrored": pixels[:, ::-1],
        "upside down": pixels[::-1, ::-1],
        "upright": np.rot90(pixels),
        "blurred": np.array(small.resize(image.size, Image.Resampling.BICUBIC)),
    }[view]
    assert kept(read(np.ascontiguousarray(shown), detector, recogniser)) == []


def test_the_order_of_lines_is_kept_whatever_their_length(recogniser: Recogniser) -> None:
    texts = ["A long line of words", "short", "middle length", *(f"line {i}" for i in range(6))]
    lines = [
        burnt(scene(width=300, height=30), text, at=(4, 2))[:, : 14 * len(text)] for text in texts
    ]
    assert [text.text for text in recogniser(lines)] == texts


def test_words_of_one_row_are_one_box_and_rows_stay_apart() -> None:
    words = [Box(30, 20, 40, 20), Box(88, 21, 50, 22), Box(60, 50, 90, 20), Box(300, 20, 40, 20)]
    assert join_rows(reversed(words)) == [
        Box(300, 20, 40, 20),
        Box(61.5, 21, 103, 22, 0.0),
        Box(60, 50, 90, 20),
    ]


def test_a_picture_of_any_size_can_be_looked_at(detector: Detector) -> None:
    for height, width in ((1, 1), (7, 300), (33, 31)):
        assert detector(np.full((height, width, 3), 99, np.uint8)) == []
