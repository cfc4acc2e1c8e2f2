"""Made-up maps stand beside real ones on the same picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.search.explain import CELLS, Named, _area, _laid
from benchmarks.search.judged_maps import points_at
from benchmarks.search.photographs import photographs_on_grounds
from embeddings.starter.footage import HEIGHT, WIDTH
from embeddings.starter.shape import FRAME_SPEC
from tests.fakes import ColourEncoder


class Padding(ColourEncoder):
    frame_spec = FRAME_SPEC


def test_made_up_maps_lie_over_the_picture_and_not_on_its_bars() -> None:
    made = photographs_on_grounds(3, seed=1)
    pixels = np.stack([each.frame for each in made])
    places = np.stack([each.place for each in made])
    named = Named(Padding(), pixels, np.zeros((3, 4), np.float32), places)
    laid = _laid(named, np.ones((1, CELLS, CELLS), np.float32))
    assert np.array_equal(laid[0] > 0, laid[2] > 0)
    assert np.count_nonzero(laid[0]) == HEIGHT * WIDTH
    assert laid[0, (len(laid[0]) - HEIGHT) // 2 - 1].max() == 0
    centre = np.zeros((1, CELLS, CELLS), np.float32)
    centre[0, CELLS // 2, CELLS // 2] = 1
    middle = np.zeros(places.shape, bool)
    middle[
        :, places.shape[1] // 2 - 20 : places.shape[1] // 2 + 20, WIDTH // 2 - 20 : WIDTH // 2 + 20
    ] = True
    assert points_at(_laid(named, centre), middle) == 1.0
    assert _area(replace(named, places=middle)) == 40 * 40 / (HEIGHT * WIDTH)
