"""What the network is shown of a frame."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.starter.footage import drawings, padded, scenes
from embeddings.starter.views import (
    attributes_of,
    views_of,
    without_bars,
    without_padding,
)


@pytest.fixture(scope="module")
def scene() -> NDArray[np.uint8]:
    return without_padding(next(scenes(2, seed=7)))


def test_padding_is_not_shown(scene: NDArray[np.uint8]) -> None:
    assert scene.shape == (252, 448, 3)
    tall = np.ascontiguousarray(scene.transpose(1, 0, 2))
    assert without_padding(padded(tall)).shape == (448, 252, 3)


def test_a_frame_that_is_nothing_but_padding_stays() -> None:
    grey = np.full((448, 448, 3), 127, np.uint8)
    assert without_padding(grey).shape == grey.shape
    assert np.isfinite(views_of(grey).pictures).all()


@pytest.mark.parametrize("colour", [0, 16, 255])
@pytest.mark.parametrize(("above", "beside"), [(40, 0), (0, 80), (24, 24)])
def test_bars_of_one_colour_are_cut_off(
    scene: NDArray[np.uint8], colour: int, above: int, beside: int
) -> None:
    sides = ((above, above), (beside, beside), (0, 0))
    barred = np.pad(scene, sides, constant_values=colour)
    noise = np.random.default_rng(0).integers(-3, 4, barred.shape)
    barred = np.clip(barred.astype(int) + noise, 0, 255).astype(np.uint8)
    height, width = without_bars(barred).shape[:2]
    assert abs(height - 252) <= 8
    assert abs(width - 448) <= 8


def test_the_network_is_shown_no_bars(scene: NDArray[np.uint8]) -> None:
    barred = np.pad(scene, ((40, 40), (0, 0), (0, 0)))
    shown, wanted = views_of(padded(barred)).pictures, views_of(padded(scene)).pictures
    assert np.abs(shown - wanted).mean() < 0.1
    assert np.abs(shown - views_of(padded(scene[:, ::-1])).pictures).mean() > 0.2


def test_a_picture_without_bars_is_left_whole(scene: NDArray[np.uint8]) -> None:
    assert without_bars(scene).shape == scene.shape


def test_a_frame_of_one_colour_is_left_whole() -> None:
    black = np.zeros((252, 448, 3), np.uint8)
    assert without_bars(black).shape == black.shape
    assert attributes_of(black).tolist() == [0, 1, 1]


def test_line_drawings_are_told_from_photographs(scene: NDArray[np.uint8]) -> None:
    drawn = [attributes_of(without_padding(each))[0] for each in drawings(5, seed=9)]
    assert drawn == [1] * 5
    assert attributes_of(scene)[0] == 0
    white = np.full((252, 448, 3), 250, np.uint8)
    assert attributes_of(white)[0] == 0, "an empty sheet is no drawing"


def test_a_bright_scene_is_not_dark(scene: NDArray[np.uint8]) -> None:
    assert attributes_of(np.maximum(scene, 120))[2] == 0
    assert attributes_of(scene // 20)[2] == 1
