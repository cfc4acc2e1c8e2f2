"""Where text may be: what is left out costs nothing."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from embeddings.words.screen.ration import Ration
from embeddings.words.screen.settings import FRAME_PX, START_PX
from embeddings.words.screen.strokes import (
    Grey,
    Mask,
    Region,
    bands_of,
    changed_cells,
    join_overlapping,
    stroke_densities,
    text_regions,
)
from tests.embeddings.words.screen.burnt import burnt, scene, texture


def grey(pixels: np.ndarray) -> Grey:
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.uint8)


def everywhere(picture: Grey) -> Mask:
    return np.ones((-(-picture.shape[0] // 16), -(-picture.shape[1] // 16)), bool)


def regions(picture: Grey) -> list[Region]:
    return text_regions(stroke_densities(picture), everywhere(picture), picture.shape[::-1])


@pytest.mark.parametrize("size_px", [10, 12, 16, 24, 40, 64, 96])
def test_text_of_every_size_is_looked_at(size_px: int) -> None:
    text = "Platform" if size_px > 40 else "Platform nine"
    pixels = burnt(scene(width=640, height=360), text, at=(60, 120), size_px=size_px)
    found = regions(grey(pixels))
    assert len(found) == 1
    assert found[0].left < 60 < 100 < found[0].right
    assert found[0].top < 120 + size_px / 2 < found[0].bottom
    assert found[0].work_px < 640 * 360 / 3


def test_soft_scenes_gratings_and_blurred_text_are_not() -> None:
    soft = grey(scene(width=640, height=360))
    railing = np.tile(np.repeat([40, 220], 4), 80)[None].repeat(360, axis=0).astype(np.uint8)
    text = burnt(scene(width=640, height=360), "Platform nine closed", size_px=16)
    blurred = cv2.GaussianBlur(grey(text), (0, 0), 4).astype(np.uint8)
    for picture in (soft, railing, railing.T[:360, :360].copy(), blurred):
        assert regions(picture) == []


def test_strokes_of_both_pictures_are_those_that_stay() -> None:
    pictures = [grey(burnt(texture(i), "Mind the gap", at=(200, 200))) for i in range(2)]
    fresh = everywhere(pictures[0])
    assert len(regions(pictures[0])) == 1
    assert regions(pictures[0])[0].work_px > 640 * 360 / 2
    (stays,) = text_regions(stroke_densities(*pictures), fresh, (640, 360), 0.16)
    assert 140 < stays.left < 200 < 250 < stays.right < 420
    assert 170 < stays.top < 200 < 220 < stays.bottom < 260


def test_only_what_is_new_is_looked_at() -> None:
    picture = grey(burnt(burnt(scene(), "Above stands", at=(20, 20)), "Below stands", at=(20, 130)))
    is_new = everywhere(picture)
    is_new[: is_new.shape[0] // 2] = False
    (region,) = text_regions(stroke_densities(picture), is_new, (320, 180))
    assert region.top > 90


def test_noise_is_no_change_and_small_text_is() -> None:
    before = grey(scene())
    noise = np.random.default_rng(3).normal(0, 5, before.shape)
    noisy = np.clip(before + noise, 0, 255).astype(np.uint8)
    assert not changed_cells(before, noisy).any()
    written = grey(burnt(scene(), "small", at=(40, 60), size_px=10))
    rows, columns = np.nonzero(changed_cells(before, written))
    assert set(rows) <= {3, 4}
    assert set(columns) <= {2, 3, 4}
    assert len(rows) >= 3


def test_regions_that_overlap_become_one_and_large_ones_bands() -> None:
    a, b = Region(0, 0, 50, 20, 1), Region(40, 10, 90, 30, 0)
    c, d = Region(85, 0, 99, 12, 2), Region(200, 0, 210, 9, 0)
    assert join_overlapping([a, c, d, b]) == [d, Region(0, 0, 99, 30, 0)]
    bands = bands_of(Region(0, 10, 960, 970, 0))
    assert (bands[0].top, bands[-1].bottom) == (10, 970)
    assert all(one.bottom - other.top == 40 for one, other in pairwise(bands))
    assert max(band.bottom - band.top for band in bands) == 160


def test_looking_in_vain_is_rationed_and_finding_is_cheap() -> None:
    vain, lucky = Ration(), Ration()
    spent = {"vain": 0, "lucky": 0}
    for _ in range(200):
        for name, ration in (("vain", vain), ("lucky", lucky)):
            ration.add_frame()
            while ration.allows(20_000):
                ration.spend(20_000, found=name == "lucky")
                spent[name] += 20_000
    most = START_PX + 200 * FRAME_PX
    assert most - 20_000 <= spent["vain"] <= most + 20_000
    assert spent["lucky"] == pytest.approx(8 * most, rel=0.02)
