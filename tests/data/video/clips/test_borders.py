"""Each rule cuts where it says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.clips.borders import APART_S, SampledVideo, clips_by
from data.video.clips.rule import CLIP_KINDS, LONGEST_CLIP_S, USUAL_RULE, ClipChange, ClipRule

RED, BLUE = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def footage(
    *scenes: tuple[NDArray[np.float64], float],
    cuts_s: tuple[float, ...] = (),
    keyframes_s: tuple[float, ...] | None = (),
) -> SampledVideo:
    """Two frames a second, each scene one vector for some seconds."""
    rows = np.concatenate([np.tile(vector, (round(s * 2), 1)) for vector, s in scenes])
    times_s = np.arange(len(rows)) / 2
    keys_s = None if keyframes_s is None else np.array(keyframes_s)
    half = rows.astype(np.float16)
    return SampledVideo(times_s, half, len(rows) / 2, np.array(cuts_s), keys_s)


def spans(rule: ClipRule, of: SampledVideo) -> list[tuple[float, float]]:
    return [(span.start_s, span.end_s) for span in clips_by(rule, of)]


def mixed(part: float) -> NDArray[np.float64]:
    """A unit vector whose cosine with `RED` is 1 - `part`."""
    return np.array([1 - part, np.sqrt(1 - (1 - part) ** 2)])


CUT = footage((RED, 6), (BLUE, 24), cuts_s=(5.75,), keyframes_s=(0.0, 1.0, 4.0, 5.0, 12.0))


@pytest.mark.parametrize(
    ("rule", "borders_s"),
    [
        (USUAL_RULE, [(0, 5.75), (5.75, 15.75)]),
        (ClipRule("shots", 20), [(0, 5.75), (5.75, 25.75)]),
        (ClipRule("shots", 100), [(0, 5.75), (5.75, 30)]),
        (ClipRule("whole-shots", LONGEST_CLIP_S), [(0, 5.75), (5.75, 30)]),
        (ClipRule("windows", 10, 0), [(0, 10), (10, 20)]),
        (ClipRule("windows", 20), [(0, 20), (10, 30)]),
        (ClipRule("keyframes", 30), [(0, 4), (4, 12)]),  # 1 s and 5 s are too near
        (ClipRule("difference", 30), [(0, 5.75), (5.75, 30)]),
    ],
)
def test_each_rule_cuts_where_it_says(rule: ClipRule, borders_s: list[tuple[float, float]]) -> None:
    assert spans(rule, CUT)[:2] == borders_s


def test_a_difference_counts_from_its_least_change_on() -> None:
    of = footage((RED, 5), (mixed(0.25), 5))
    assert len(spans(ClipRule("difference", change=0.24), of)) == 2
    assert len(spans(ClipRule("difference", change=0.26), of)) == 1


def test_of_changes_that_are_near_the_largest_counts() -> None:
    # .1 at 4 s, then .9 at 5 s, then .1 at 5 + APART_S s
    steps = [(RED, 4), (mixed(0.1), 1), (-mixed(0.1), APART_S), (-RED, 4)]
    of = footage(*[(vector, float(seconds)) for vector, seconds in steps])
    assert spans(ClipRule("difference", change=0.05), of) == [(0, 4.75), (4.75, 6.75), (6.75, 11)]
    short = footage((RED, 4), (mixed(0.1), 1), (-mixed(0.1), 1.5), (-RED, 4))
    assert spans(ClipRule("difference", change=0.05), short) == [(0, 4.75), (4.75, 10.5)]


def test_without_its_key_frames_no_video_is_cut_at_them() -> None:
    of = footage((RED, 8), keyframes_s=None)
    assert ClipRule("keyframes").needs_keyframes
    with pytest.raises(ValueError, match="key frames"):
        clips_by(ClipRule("keyframes"), of)
    assert spans(USUAL_RULE, of) == [(0, 8)]


@pytest.mark.parametrize("kind", CLIP_KINDS)
def test_a_video_without_frames_has_no_clips(kind: str) -> None:
    of = SampledVideo(np.zeros(0), np.zeros((0, 2), np.float16), 0.0, np.zeros(0), np.zeros(0))
    assert clips_by(ClipChange(kind).applied(USUAL_RULE), of) == []
