"""Lines are found as a whole, wherever the region that is looked at ends."""

from __future__ import annotations

import pytest

from embeddings.words.screen.counts import Counts
from embeddings.words.screen.finding import Finder
from embeddings.words.screen.networks.detection import Detector
from embeddings.words.screen.networks.recognition import Recogniser, cut_out
from embeddings.words.screen.settings import HIGHEST_PX, WIDEST_GAP
from embeddings.words.screen.strokes import Region
from tests.embeddings.words.screen.burnt import burnt, scene

TEXT = "Departures of all trains are delayed today"
LEFT, RIGHT, TOP = 60, 476, 150


@pytest.mark.parametrize(("left", "right"), [(0, 300), (200, 330), (290, 640), (52, 640)])
def test_a_line_that_a_border_cuts_is_found_whole(
    left: int, right: int, detector: Detector
) -> None:
    pixels = burnt(scene(width=640, height=360), TEXT, at=(LEFT, TOP))
    counts = Counts()
    (box,) = Finder(detector, counts).lines(pixels, Region(left, TOP - 15, right, TOP + 40, 0))
    assert box.x - box.width / 2 == pytest.approx(LEFT - 4, abs=6)
    assert box.x + box.width / 2 == pytest.approx(RIGHT, abs=12)
    assert counts.boxes == 1


def test_a_region_that_ends_between_two_words_is_not_taken_for_the_end(
    detector: Detector,
) -> None:
    pixels = burnt(scene(width=640, height=360), "Mind    the gap", at=(LEFT, TOP))
    (all_of_it,) = Finder(detector, Counts()).lines(pixels, Region(0, TOP - 15, 640, TOP + 40, 0))
    assert all_of_it.width < 10 * all_of_it.height
    words = sorted(detector(pixels[TOP - 15 : TOP + 40]), key=lambda box: box.x)
    assert len(words) == 2
    gap = (words[1].x - words[1].width / 2) - (words[0].x + words[0].width / 2)
    assert 0 < gap < WIDEST_GAP * words[1].height
    between = round(words[0].x + words[0].width / 2 + gap / 2)
    (box,) = Finder(detector, Counts()).lines(pixels, Region(between, TOP - 15, 640, TOP + 40, 0))
    assert box.width == pytest.approx(all_of_it.width, abs=4)


def test_a_line_with_room_around_it_is_looked_at_once(detector: Detector) -> None:
    pixels = burnt(scene(width=640, height=360), "Mind the gap", at=(LEFT, TOP))
    region, counts = Region(0, TOP - 15, 300, TOP + 40, 0), Counts()
    assert len(Finder(detector, counts).lines(pixels, region)) == 1
    assert counts.detected_px == region.work_px


def test_a_line_that_is_too_high_is_looked_for_in_the_half_picture(
    detector: Detector, recogniser: Recogniser
) -> None:
    pixels = burnt(scene(width=640, height=360), "DEGRAU", at=(200, 150), size_px=80)
    (box,) = Finder(detector, Counts()).lines(pixels, Region(100, 100, 600, 300, 0))
    assert box.height > HIGHEST_PX
    assert [text.text for text in recogniser([cut_out(pixels, box)])] == ["DEGRAU"]
