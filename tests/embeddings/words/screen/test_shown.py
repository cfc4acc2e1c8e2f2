"""Which of several readings a line keeps."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.shown import Shown
from embeddings.words.screen.strokes import Grey

BOX = Box(150, 50, 200, 24)
GREY: Grey = np.zeros((100, 400), np.uint8)


def shown(text: str = "Salida de emergencia", confidence: float = 0.95) -> Shown:
    return Shown(text, confidence, BOX, 0.0, 1.0, np.zeros((20, 8), np.float32))


@pytest.mark.parametrize("part", ["alida de emergencia", "Salida de emergenci", "Sa"])
def test_a_part_never_takes_the_place_of_the_whole(part: str) -> None:
    line = shown()
    line.read_again(part, 0.9999, Box(156, 50, 188, 24), GREY)
    assert (line.text, line.box) == ("Salida de emergencia", BOX)


def test_parts_of_parts_do_not_wear_a_line_down() -> None:
    line = shown()
    for number, part in enumerate(["alida de emergencia", "lida de emergencia"], start=1):
        line.read_again(part, 0.99 + number / 1000, Box(150 + 8 * number, 50, 184, 24), GREY)
    assert line.text == "Salida de emergencia"


def test_a_surer_reading_of_the_same_width_corrects_it() -> None:
    line = shown("Salida de emergencial", 0.9)
    line.read_again("Salida de emergencia", 0.97, Box(150, 51, 198, 23), GREY)
    assert line.text == "Salida de emergencia"


def test_a_longer_reading_of_a_line_that_grew_is_taken() -> None:
    line = shown("Salida de", 0.99)
    line.read_again("Salida de emergencia", 0.9, Box(200, 50, 300, 24), GREY)
    assert (line.text, line.box.width) == ("Salida de emergencia", 300)


def test_a_line_that_moves_keeps_its_text_and_is_where_it_is() -> None:
    line, moved = shown(), Box(150, 90, 120, 24)
    line.read_again("da de emerg", 0.99, moved, GREY)
    assert (line.text, line.box) == ("Salida de emergencia", moved)
