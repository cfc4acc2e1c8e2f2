"""Maps over frames belong to the picture of the video, however that was fitted into the frame."""

import numpy as np
import pytest

from data.video.types import FrameFit, FrameSpec
from embeddings.explain.places import over_picture, picture_box


def spot(rows: int, columns: int, row: int, column: int) -> np.ndarray:
    cells = np.zeros((1, rows, columns), np.float32)
    cells[0, row, column] = 1
    return cells


@pytest.mark.parametrize(
    ("fit", "at", "expected"),
    [
        ("squash", (6, 9), (0.54, 0.79)),
        ("pad", (6, 9), (0.58, 0.79)),
        ("crop", (6, 9), (0.54, 0.67)),
    ],
)
def test_a_spot_stays_where_it_is_in_the_picture(
    fit: FrameFit, at: tuple[int, int], expected: tuple[float, float]
) -> None:
    over = over_picture(spot(12, 12, *at), FrameSpec(96, 96, fit), 16 / 9)[0]
    assert over.shape == (27, 48)
    row, column = np.unravel_index(over.argmax(), over.shape)
    assert (row + 0.5) / 27 == pytest.approx(expected[0], abs=0.05)
    assert (column + 0.5) / 48 == pytest.approx(expected[1], abs=0.05)


def test_the_sides_that_a_cropped_frame_does_not_show_say_nothing() -> None:
    over = over_picture(np.ones((1, 8, 8), np.float32), FrameSpec(64, 64, "crop"), 2.0)[0]
    assert over[:, :12].sum() == over[:, -12:].sum() == 0
    assert (over[:, 12:-12] > 0).all()


def test_bars_are_no_part_of_the_picture() -> None:
    frame = np.full((40, 40, 3), 127, np.uint8)
    frame[10:30] = 5
    assert picture_box(frame, FrameSpec(40, 40, "pad", (127, 127, 127))) == (10, 0, 30, 40)
    assert picture_box(frame, FrameSpec(40, 40, "squash")) == (0, 0, 40, 40)
