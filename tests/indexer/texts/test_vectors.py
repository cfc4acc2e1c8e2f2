"""What of a stored video counts, on vectors that are written down."""

import numpy as np
import pytest

from indexer.store.vectors import VideoVectors
from indexer.texts.vectors import clips_before, part_vector

SPANS = np.array([[0.0, 10.0], [10.0, 20.0], [20.0, 30.0], [30.0, 40.0]])


def stored(frame_times_s: list[float]) -> VideoVectors:
    """Four clips of ten seconds on four axes, and frames on a fifth and a sixth by turns."""
    axes = np.eye(6, dtype=np.float16)
    frames = axes[[4 + at % 2 for at in range(len(frame_times_s))]]
    return VideoVectors(1, np.array(frame_times_s), frames, np.zeros(4, np.int64), SPANS, axes[:4])


def test_of_a_video_that_is_judged_by_its_first_seconds_later_clips_do_not_count() -> None:
    video = stored([2.0])
    assert clips_before(video, None).tolist() == [True] * 4
    assert clips_before(video, 30.0).tolist() == [True, True, True, False]
    assert clips_before(video, 25.0).tolist() == [True, True, False, False]
    assert clips_before(video, 3.0).tolist() == [True, False, False, False]


def test_a_part_is_half_its_clips_and_half_its_frames() -> None:
    video = stored([1.0, 6.0, 8.0, 12.0])
    both = 0.5 / np.sqrt(2)
    # Seconds 5 to 10: the middle of the first clip is 5, the frames at 6 and 8 differ.
    assert part_vector(video, (1, 1)) == pytest.approx([0.5, 0, 0, 0, both, both])
    # Seconds 10 to 15 hold the middle of no clip (it is 15): the one that overlaps most counts.
    assert part_vector(video, (2, 2)) == pytest.approx([0, 0.5, 0, 0, 0, 0.5])
    # Seconds 0 to 20: two clips, and frames on the fifth, sixth, fifth and sixth axis.
    assert part_vector(video, (0, 3)) == pytest.approx([both, both, 0, 0, both, both])
    # Seconds 25 to 30 have no frame: the nearest, at 12, counts.
    assert part_vector(video, (5, 5)) == pytest.approx([0, 0, 0.5, 0, 0, 0.5])
