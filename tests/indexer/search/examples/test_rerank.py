"""Examples compared frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.search.examples.example import Example
from indexer.search.examples.rerank import MAX_COMPARED_FRAMES, FrameMatch
from indexer.search.moments import Moment
from indexer.store.vectors import VideoVectors
from tests.fakes import ColourEncoder, random_units


def example(*colours: str) -> Example:
    rows = ColourEncoder().encode_texts(colours)
    return Example(rows, rows[:1], rows[0])


def video(*colours: str) -> VideoVectors:
    """One frame a second, at 0.5, 1.5, ..."""
    frames = ColourEncoder().encode_texts(colours).astype(np.float16)
    times_s = np.arange(len(colours), dtype=np.float64) + 0.5
    spans = np.array([[0.0, float(len(colours))]])
    return VideoVectors(1, times_s, frames, np.array([1]), spans, frames[:1])


def moment(start_s: float, end_s: float) -> Moment:
    return Moment(1, start_s, end_s, 1.0, (1,))


def test_coverage_is_the_mean_of_the_best_match_of_each_frame() -> None:
    match = FrameMatch(example("red", "blue"), video("red", "green", "blue"))
    # The colours are the corners of a cube, whose vectors are orthogonal.
    assert match.coverage(0, 3) == pytest.approx(1.0, abs=2e-3)
    assert match.coverage(0, 2) == pytest.approx(0.5, abs=2e-3)
    assert match.coverage(1, 2) == pytest.approx(0.0, abs=2e-3)


def test_a_stretch_between_two_frames_takes_the_nearest() -> None:
    match = FrameMatch(example("blue"), video("red", "blue"))
    assert match.coverage(1.6, 1.9) == pytest.approx(1.0, abs=2e-3)


def test_a_moment_is_trimmed_to_the_frames_that_show_the_example() -> None:
    match = FrameMatch(example("red"), video("blue", "red", "red", "red", "green", "blue"))
    assert match.trim(moment(0, 6), usual=0.2) == (1.0, 4.0)


def test_one_frame_that_differs_does_not_cut_a_moment_in_two() -> None:
    match = FrameMatch(example("red"), video("red", "red", "red", "blue", "red", "red", "red"))
    assert match.trim(moment(0, 7), usual=0.0) == (0, 7)


def test_frames_that_are_all_alike_are_not_trimmed() -> None:
    match = FrameMatch(example("red"), video("red", "red", "red"))
    assert match.trim(moment(0, 3), usual=0.99) == (0, 3)


def test_long_examples_are_thinned_evenly() -> None:
    rng = np.random.default_rng(0)
    rows = random_units(rng, 10 * MAX_COMPARED_FRAMES, 8)
    match = FrameMatch(Example(rows, rows[:1], rows[0]), video("red", "blue"))
    assert match._cosines.shape[0] <= MAX_COMPARED_FRAMES
