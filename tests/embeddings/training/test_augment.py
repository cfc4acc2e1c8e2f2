"""Views differ from their clip as far as a distortion says, and in nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.toon.footage import random_footage
from embeddings.training.augment import MILD, STRONG, Distortion, distort

NOTHING = Distortion(crop=1.0, saturation=(1.0, 1.0), light=0.0, bar=0.0, shrink=0.0)


def plain(*rgb: int) -> NDArray[np.uint8]:
    """A clip of one frame, 48 x 48, in one colour."""
    return np.full((1, 48, 48, 3), rgb, np.uint8)


def views(clip: NDArray[np.uint8], how: Distortion, size_px: int = 40) -> list[NDArray[np.int64]]:
    """Forty views, (t, size_px, size_px, 3) each, in numbers that can be subtracted."""
    made = [distort(clip, np.random.default_rng(seed), how, size_px=size_px) for seed in range(40)]
    return [view.astype(int) for view in made]


@pytest.mark.parametrize("how", [MILD, STRONG])
def test_a_view_keeps_its_shape_and_one_distortion_a_clip(how: Distortion) -> None:
    clip = np.repeat(np.random.default_rng(1).integers(0, 255, (1, 40, 60, 3), np.uint8), 4, 0)
    for view in views(clip, how, 32):
        assert view.shape == (4, 32, 32, 3)
        assert (view == view[:1]).all()


def test_strong_views_are_farther_from_the_video_than_mild_ones() -> None:
    rng = np.random.default_rng(3)
    clips = [random_footage(rng).frames(np.array([0.5]), size_px=48) for _ in range(12)]

    def distance(how: Distortion) -> float:
        made = [distort(c, np.random.default_rng(9), how, size_px=48) for c in clips]
        return float(np.mean([np.abs(v.astype(float) - c).mean() for v, c in zip(made, clips)]))  # noqa: B905

    assert distance(STRONG) > 1.5 * distance(MILD)


def test_a_distortion_by_nothing_only_scales() -> None:
    clip = np.random.default_rng(1).integers(0, 255, (2, 60, 90, 3)).astype(np.uint8)
    expected = [cv2.resize(frame, (30, 30), interpolation=cv2.INTER_AREA) for frame in clip]
    assert (distort(clip, np.random.default_rng(0), NOTHING, size_px=30) == expected).all()


def test_a_crop_keeps_its_share_of_each_side_and_lies_anywhere() -> None:
    y, x = np.mgrid[0:100, 0:200].astype(np.uint8)
    clip = np.stack([x, y, np.zeros_like(x)], axis=-1)[None]
    borders = []
    for view in views(clip, replace(NOTHING, crop=0.6), 50):
        columns, rows = view[0, 0, :, 0], view[0, :, 0, 1]
        borders.append((columns[0], columns[-1] + 1, rows[0], rows[-1] + 1))
    left, right, top, bottom = np.array(borders).T
    for low, high, side_px in ((left, right, 200), (top, bottom, 100)):
        share = (high - low) / side_px
        assert 0.57 <= share.min() < 0.7
        assert 0.9 < share.max() <= 1
        assert low.max() > 0.2 * side_px  # not always from the first border ...
        assert (high < 0.9 * side_px).any()  # ... nor always to the last one
    assert abs(np.corrcoef(right - left, bottom - top)[0, 1]) < 0.5


def test_colours_fade_to_their_brightness_and_no_further() -> None:
    grey = replace(NOTHING, saturation=(0.0, 0.0))
    for rgb, level in (((255, 0, 0), 76), ((0, 255, 0), 149), ((0, 0, 255), 29)):
        assert (np.abs(views(plain(*rgb), grey)[0] - level) <= 1).all()
    reds = [
        view[0, 0, 0, 0] for view in views(plain(200, 100, 100), replace(grey, saturation=(0, 1)))
    ]
    assert min(reds) < 145
    assert 185 < max(reds) <= 200


def test_light_makes_brighter_or_darker_and_never_wraps_around() -> None:
    lit = replace(NOTHING, light=0.3)
    levels = np.array([view[0, 0, 0, 0] for view in views(plain(100, 100, 100), lit)])
    assert 10 <= (levels > 100).sum() <= 30
    assert 0.2 < np.log(levels / 100).std() < 0.4
    white = [view.min() for view in views(plain(255, 255, 255), lit)]
    assert 10 <= white.count(255) <= 30
    assert min(white) > 255 * np.exp(-4 * 0.3)
    halves = plain(100, 100, 100)
    halves[:, :24] = 140
    spread = np.array([view[0, 0, 0, 0] / view[0, -1, 0, 0] for view in views(halves, lit)])
    assert spread.min() < 1.3 < 1.5 < spread.max()  # contrast changes as well, not only the gain


def test_a_bar_is_one_band_of_one_tone_across_the_picture() -> None:
    assert all((view == 100).all() for view in views(plain(100, 100, 100), NOTHING))
    flat, upright, black = 0, 0, 0
    for view in views(plain(100, 100, 100), replace(NOTHING, bar=1.0)):
        covered = (view[0] != 100).any(-1)
        lying, standing = covered.all(1), covered.all(0)
        flat, upright = flat + lying.any(), upright + standing.any()
        lines = np.flatnonzero(lying if lying.any() else standing)
        assert 2 <= len(lines) <= 10
        assert (np.diff(lines) == 1).all()
        assert covered.sum() == 40 * len(lines)
        assert np.ptp(view[0][covered]) == 0
        black += view[0][covered].max() == 0
    assert flat > upright > 0
    assert 26 <= black < 40


def test_a_detour_over_a_smaller_picture_costs_detail_but_no_colour() -> None:
    fine = np.zeros((1, 48, 48, 3), np.uint8)
    fine[:, ::2] = 200
    small = replace(NOTHING, shrink=1.0)
    assert views(fine, NOTHING, 48)[0][0, :, 0].std() == 100
    assert np.mean([view[0, :, 0].std() for view in views(fine, small, 48)]) < 60
    for view in views(plain(220, 40, 90), small):
        assert np.abs(view - (220, 40, 90)).max() < 12
