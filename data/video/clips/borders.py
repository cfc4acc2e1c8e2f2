"""Where the rule of a library cuts one video, and the clips between these borders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.video.clips.cuts import between
from data.video.clips.rule import ClipKind, ClipRule
from data.video.clips.spans import ClipSpan, split_clips

APART_S = 2.0
"""Key frames and differences nearer than this to the border before them are no borders: a clip of
less than four sampled frames shows no movement."""


@dataclass(frozen=True)
class SampledVideo:
    """What clips are made of: one video as it was sampled."""

    times_s: NDArray[np.float64]
    """(n,) ascending times of its frames."""
    frames: NDArray[np.float16]
    """(n, d) unit rows as they are stored: clips cut now and later from the store are the same."""
    end_s: float
    """End of the video."""
    cuts_s: NDArray[np.float64]
    """Hard cuts, ascending."""
    keyframes_s: NDArray[np.float64] | None = None
    """Key frames, ascending; None where nobody looked for them."""


def clips_by(rule: ClipRule, of: SampledVideo) -> list[ClipSpan]:
    """The clips of a video, in order of start; they cover it; none only without a frame.

    Raises:
        ValueError: Its key frames are needed and not known.
    """
    borders_s = _BORDERS[rule.by](rule, of)
    return split_clips(
        of.times_s, of.end_s, borders_s, window_s=rule.length_s, overlap=rule.overlap
    )


def _keyframes(_rule: ClipRule, of: SampledVideo) -> list[float]:
    """Key frames that are no nearer than `APART_S` to the border before them."""
    if of.keyframes_s is None:
        raise ValueError("the key frames of this video are not known")
    borders_s = [0.0]
    for key_s in of.keyframes_s.tolist():
        if key_s - borders_s[-1] >= APART_S:
            borders_s.append(key_s)
    return borders_s


def _differences(rule: ClipRule, of: SampledVideo) -> list[float]:
    """Where neighbouring frames differ most: the largest changes first, `APART_S` apart."""
    frames = of.frames.astype(np.float32)
    changes = 1 - (frames[1:] * frames[:-1]).sum(axis=1)
    times_s = of.times_s[1:]
    is_free = changes >= rule.change
    places = []
    for at in np.argsort(-changes, kind="stable")[: np.count_nonzero(is_free)].tolist():
        if is_free[at]:
            places.append(at + 1)
            first = np.searchsorted(times_s, times_s[at] - APART_S, side="right")
            is_free[first : np.searchsorted(times_s, times_s[at] + APART_S)] = False
    return between(of.times_s, sorted(places))


_BORDERS: dict[ClipKind, Callable[[ClipRule, SampledVideo], Sequence[float]]] = {
    "shots": lambda _, of: of.cuts_s.tolist(),
    "whole-shots": lambda _, of: of.cuts_s.tolist(),
    "windows": lambda _, of: [],
    "keyframes": _keyframes,
    "difference": _differences,
}
"""Times that no clip of a kind crosses."""
