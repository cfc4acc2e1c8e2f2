"""When a video is sampled: at regular moments, as long as there is something new to see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.video.decoders.demuxing.plan import moments
from data.video.types import HELD_S

HOUR_S = 3600.0


def at(begins_s: list[float], *, start_s: float = 0.0, end_s: float, fps: float) -> list[float]:
    found: list[float] = moments(np.array(begins_s), start_s=start_s, end_s=end_s, fps=fps).tolist()
    return found


def test_a_picture_that_stands_for_hours_is_sampled_for_seconds() -> None:
    found = at([0.0, 0.5, 1.0, 20 * HOUR_S], end_s=40 * HOUR_S, fps=2.0)
    assert found[:4] == [0.0, 0.5, 1.0, 1.5]
    assert len(found) == pytest.approx(2 + 2 * 2 * HELD_S, abs=2)
    assert found[-1] < 20 * HOUR_S + HELD_S
    assert sum(time_s >= 20 * HOUR_S for time_s in found) == 2 * HELD_S


def test_a_range_within_a_pause_shows_the_picture_that_stands() -> None:
    assert at([0.0, 0.5], start_s=5 * HOUR_S, end_s=5 * HOUR_S + 1, fps=2.0) == [18000.0, 18000.5]


def test_a_picture_as_long_as_a_clip_is_sampled_throughout() -> None:
    slides_s = [float(time_s) for time_s in range(0, 60, 10)]
    assert at(slides_s, end_s=60.0, fps=2.0) == (np.arange(120) / 2).tolist()


def test_time_without_end_costs_nothing() -> None:
    assert len(at([0.0, 1e12], end_s=1e15, fps=2.0)) == 4 * HELD_S


@settings(max_examples=200, deadline=None)
@given(
    gaps_s=st.lists(st.floats(0.001, 60), max_size=40),
    first_s=st.floats(0, 30),
    start_s=st.floats(0, 100),
    length_s=st.floats(0.01, 500),
    fps=st.floats(0.05, 10),
)
def test_moments_are_those_of_the_grid_that_are_near_a_picture_s_begin(
    gaps_s: list[float], first_s: float, start_s: float, length_s: float, fps: float
) -> None:
    begins_s = first_s + np.cumsum([0.0, *gaps_s])
    found = moments(begins_s, start_s=start_s, end_s=start_s + length_s, fps=fps)
    longest_s = max(HELD_S, 1 / fps)
    grid_s = start_s + np.arange(int(np.ceil(length_s * fps))) / fps
    place = np.searchsorted(begins_s, grid_s, side="right") - 1
    since_s = grid_s - np.maximum(begins_s[np.maximum(place, 0)], start_s)
    clear = (since_s < longest_s - 1e-3) & (since_s > 1e-3)
    wanted = grid_s[clear & (place >= 0) & (grid_s < start_s + length_s - 1e-3)]
    assert len(found) >= 1
    assert (np.diff(found) > 0).all()
    assert all(np.abs(found - time_s).min() < 1e-6 for time_s in wanted)
    assert len(found) <= (clear | (place < 0)).sum() + 2 * len(begins_s) + 2
