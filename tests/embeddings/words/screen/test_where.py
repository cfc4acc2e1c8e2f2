"""Where is looked first while the ration is short."""

from __future__ import annotations

import cv2
import numpy as np

from data.video.types import Pixels
from embeddings.words.screen.ration import Ration
from embeddings.words.screen.settings import CELL_PX, START_PX
from embeddings.words.screen.strokes import Grey, Mask, Region
from embeddings.words.screen.where import Places
from tests.embeddings.words.screen.burnt import burnt, scene, texture

WIDTH, HEIGHT = 640, 360
SHAPE = (-(-HEIGHT // CELL_PX), WIDTH // CELL_PX)
EVERYWHERE: Mask = np.ones(SHAPE, bool)


def grey(pixels: Pixels) -> Grey:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8)


def spent(ration: Ration) -> Ration:
    ration.spend(START_PX, found=False)
    return ration


def covers_text(region: Region) -> bool:
    return region.left < 220 < 300 < region.right and region.top < 210 < region.bottom


def test_strokes_that_stay_come_before_denser_ones_that_move() -> None:
    one, two = (grey(burnt(texture(i), "Mind the gap", at=(200, 200))) for i in range(2))
    places = Places(spent(Ration()), SHAPE)
    everywhere, now = places.regions(two, one, EVERYWHERE)
    assert sum(region.work_px for region in everywhere) > WIDTH * HEIGHT / 2
    assert covers_text(now[0])
    assert now[0].work_px < WIDTH * HEIGHT / 8


def test_with_enough_ration_everything_is_looked_at_densest_first() -> None:
    written = burnt(scene(width=WIDTH, height=HEIGHT), "Mind the gap", at=(200, 200))
    picture = grey(burnt(written, "and the step", at=(60, 60), size_px=12))
    everywhere, now = Places(Ration(), SHAPE).regions(picture, picture, EVERYWHERE)
    assert len(now) == 2
    assert set(now) == set(everywhere)
    assert now[0].density >= now[1].density


def test_each_place_has_its_turn_however_dense_another_is() -> None:
    pixels = scene(width=WIDTH, height=HEIGHT)
    for row in range(4):
        pixels = burnt(pixels, "Mind the gap", at=(60 * row, 20 + 85 * row), size_px=12 + 3 * row)
    picture, places = grey(pixels), Places(spent(Ration()), SHAPE)
    first: set[int] = set()
    for _ in range(8):
        _, now = places.regions(picture, picture, EVERYWHERE)
        first.add(now[0].top)
        places.looked_in_vain(now[0])
    assert len(first) == 4
