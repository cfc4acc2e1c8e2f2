"""Film strips: frames in order from beginning to end, in one picture."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.ui.conftest import Odd
from ui.server.media.strips import FRAMES, nearest_frames


@pytest.mark.parametrize("name", ["grey.mp4", "grey.gif"])
def test_a_strip_shows_the_video_from_its_beginning_to_its_end(odd: Odd, name: str) -> None:
    status, headers, body = odd.server.ask(f"/api/v1/strips/{odd.ids[name]}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    strip = np.asarray(Image.open(io.BytesIO(body)).convert("L"), np.int16)
    assert strip.shape == (90, FRAMES * 160)
    # It darkens by the second, from 240 to 80 in five.
    shades = [int(strip[45, 160 * k + 80]) for k in range(FRAMES)]
    wanted = [240 - 40 * int(5 * k / FRAMES) for k in range(FRAMES)]
    off = [abs(one - other) for one, other in zip(shades, wanted, strict=True)]
    assert sum(each <= 6 for each in off) >= FRAMES - 4
    assert max(off) <= 46  # one second beside the border


def test_a_strip_of_no_video_is_404(odd: Odd) -> None:
    assert odd.server.ask("/api/v1/strips/99999")[0] == 404


def test_places_take_the_nearest_frame_of_few() -> None:
    places = nearest_frames([0.0, 6.0, 12.0], 24.0)
    assert len(places) == FRAMES
    assert places[:3] == [0, 0, 0]
    assert places[-1] == 2
    assert places == sorted(places)
