"""Text that runs through the picture is one line."""

from __future__ import annotations

import numpy as np
import pytest

from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.running import has_run, overlap
from embeddings.words.screen.settings import RUNNING_LETTERS
from embeddings.words.screen.shown import Shown
from embeddings.words.screen.strokes import Grey

GREY: Grey = np.zeros((100, 400), np.uint8)


def test_what_one_text_ends_with_another_goes_on_with() -> None:
    shared = overlap("the harbour bridge is clo", "rbour bridge is closed until")
    assert shared is not None
    assert shared.joined == "the harbour bridge is closed until"
    assert shared.start == pytest.approx(5 / 19, abs=0.05)
    assert shared.other_start == 0


def test_letters_that_the_border_cuts_may_be_misread() -> None:
    shared = overlap("the harbour bridge is dosl", "nbour bridge is closed")
    assert shared is None
    shared = overlap("the harbour bridge is cla", "nbour bridge is closed")
    assert shared is not None
    assert shared.joined == "the harbour bridge is closed"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Never gonna give you up", "Never gonna let you down"),
        ("Platform 9", "9 closed"),
        ("The ferry leaves", "at nine o'clock"),
        ("", "The ferry leaves"),
        ("No", "No entry"),
    ],
)
def test_other_texts_do_not_go_on(one: str, other: str) -> None:
    assert overlap(one, other) is None


def test_a_text_that_comes_or_goes_shares_all_that_is_seen_of_it() -> None:
    comes, goes = overlap("The ha", "The harbour bri"), overlap("of high water", "water")
    assert comes is not None
    assert goes is not None
    assert (comes.joined, goes.joined) == ("The harbour bri", "of high water")


def test_only_what_moved_to_the_left_in_its_row_has_run() -> None:
    shared = overlap("the harbour bridge is", "rbour bridge is closed")
    assert shared is not None
    box = Box(200, 50, 210, 20)
    assert has_run(shared, box, Box(160, 52, 220, 20))
    assert not has_run(shared, box, Box(255, 50, 220, 20))
    assert not has_run(shared, box, Box(160, 80, 220, 20))


def test_a_line_that_runs_for_long_ends_and_another_begins() -> None:
    text = " ".join(f"headline number {number}" for number in range(100, 130))
    patch = np.zeros((20, 8), np.float32)
    line, starts = Shown(text[:40], 0.9, Box(200, 50, 400, 20), 0.0, 1.0, patch), 0
    while line.is_same(text[starts + 10 : starts + 50], Box(200, 50, 400, 20)):
        starts += 10
        line.read_again(text[starts : starts + 40], 0.95, Box(200, 50, 400, 20), GREY)
    assert text.startswith(line.text)
    assert RUNNING_LETTERS <= len(line.text) < RUNNING_LETTERS + 20
    assert line.confidence == 0.9
