"""The rule by which a library cuts its videos into clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video.clips.cuts import between
from data.video.clips.spans import USUAL_LENGTH_S, USUAL_OVERLAP, ClipSpan, split_clips

ClipKind = Literal["shots", "whole-shots", "windows", "keyframes", "difference"]
KINDS: tuple[ClipKind, ...] = get_args(ClipKind)

LONGEST_S = 600.0
"""Longest clip of any rule: what a temporal head can take in at once, and still a moment."""
SHORTEST_S = 1.0
"""Shortest length that can be asked for: two sampled frames."""
MOST_OVERLAP = 0.9
"""Largest overlap: ten clips for each length of video."""
APART_S = 2.0
"""Key frames and differences nearer than this to the border before them are no borders: a clip of
less than four sampled frames shows no movement."""
USUAL_CHANGE = 0.35
"""Usual least difference: what finds cuts best with the encoders that were measured."""


@dataclass(frozen=True)
class Footage:
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


@dataclass(frozen=True)
class ClipRule:
    """How videos are cut into clips.

    Raises:
        ReelwiseError: A number makes no sense, or has no meaning for that kind.
    """

    by: ClipKind = "shots"
    """shots: at cuts, longer shots in windows; whole-shots: at cuts alone; windows: wherever that
    is; keyframes: at key frames; difference: where a frame differs from the one before it."""
    length_s: float = USUAL_LENGTH_S
    """Longest clip; for whole-shots `LONGEST_S`."""
    overlap: float = USUAL_OVERLAP
    """Least part that two windows of one longer stretch share."""
    change: float = USUAL_CHANGE
    """difference: least change, 1 - cosine of the vectors of two neighbouring frames."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not SHORTEST_S <= self.length_s <= LONGEST_S:
            raise ReelwiseError(
                f"a clip is {SHORTEST_S:g} to {LONGEST_S:g} s long, not {self.length_s:g}",
                fix=f"--clip-length {USUAL_LENGTH_S:g}",
            )
        if not 0 <= self.overlap <= MOST_OVERLAP:
            raise ReelwiseError(
                f"clips overlap by 0 to {MOST_OVERLAP:g} of their length, not {self.overlap:g}",
                fix=f"--clip-overlap {USUAL_OVERLAP:g}",
            )
        if not 0 < self.change <= 2:
            raise ReelwiseError(
                f"frames differ by more than 0 and at most 2, not {self.change:g}",
                fix=f"--clip-change {USUAL_CHANGE:g}",
            )

    @property
    def text(self) -> str:
        """The rule as a library remembers it; other rules have other texts."""
        numbers = [self.length_s, self.overlap]
        numbers += [self.change] if self.by == "difference" else []
        return " ".join([self.by, *(f"{number:.12g}" for number in numbers)])

    @classmethod
    def read(cls, text: str) -> Self:
        """The rule of a `text`.

        Raises:
            ReelwiseError: No rule has that text.
        """
        by, *numbers = text.split(" ")
        try:
            return cls(_kind(by), *map(float, numbers))
        except (ReelwiseError, ValueError, TypeError) as error:
            raise ReelwiseError(
                f"the library cuts clips by {text!r}, which this version does not know",
                fix="reelwise rebuild --clips shots",
            ) from error

    @property
    def in_words(self) -> str:
        """The rule for a person."""
        what = {
            "shots": "by shot",
            "whole-shots": "by shot alone",
            "windows": "by time",
            "keyframes": "at key frames",
            "difference": f"where frames differ by {self.change:g} or more",
        }[self.by]
        if self.by == "whole-shots":
            return what
        overlap = f"overlapping by {self.overlap:.0%}" if self.overlap else "without overlap"
        return f"{what}, at most {self.length_s:g} s, {overlap}"

    def clips(self, of: Footage) -> list[ClipSpan]:
        """The clips of a video, in order of start; they cover it; none only without a frame.

        Raises:
            ValueError: Its key frames are needed and not known.
        """
        borders_s = _BORDERS[self.by](self, of)
        return split_clips(
            of.times_s, of.end_s, borders_s, window_s=self.length_s, overlap=self.overlap
        )

    @property
    def needs_keyframes(self) -> bool:
        """Whether a video cannot be cut without its key frames."""
        return self.by == "keyframes"


USUAL_RULE = ClipRule()
"""The rule of a library that says nothing else, and of all that were made before there were any."""


@dataclass(frozen=True)
class ClipChange:
    """What is to be different in a rule; None stays as it is."""

    by: str | None = None
    """See `ClipRule`; the numbers that are not named with it are its usual ones."""
    length_s: float | None = None
    """See `ClipRule`."""
    overlap: float | None = None
    """See `ClipRule`."""
    change: float | None = None
    """See `ClipRule`."""

    def applied(self, rule: ClipRule) -> ClipRule:
        """The rule with these changes.

        Raises:
            ReelwiseError: They make no sense, or the kind has no such number.
        """
        by = _kind(self.by) if self.by is not None else rule.by
        alone, differs = by == "whole-shots", by == "difference"
        if alone and (self.length_s, self.overlap) != (None, None):
            raise ReelwiseError(
                "whole shots have no length and no overlap to choose",
                fix="leave --clip-length and --clip-overlap out, or cut long shots: --clips shots",
            )
        if self.change is not None and not differs:
            raise ReelwiseError(
                f"--clip-change is for clips by difference; these are cut by {by}",
                fix="--clips difference, or leave --clip-change out",
            )
        if self.by is not None:
            rule = ClipRule(by, LONGEST_S if alone else USUAL_LENGTH_S)
        return ClipRule(
            by,
            rule.length_s if self.length_s is None else float(self.length_s),
            rule.overlap if self.overlap is None else float(self.overlap),
            rule.change if self.change is None else float(self.change),
        )


def _kind(name: str) -> ClipKind:
    for kind in KINDS:
        if kind == name:
            return kind
    raise ReelwiseError(
        f"clips are cut by {', '.join(KINDS[:-1])} or {KINDS[-1]}; not by {name!r}",
        fix=f"--clips {USUAL_RULE.by}",
    )


def _keyframes(_rule: ClipRule, of: Footage) -> list[float]:
    """Key frames that are no nearer than `APART_S` to the border before them."""
    if of.keyframes_s is None:
        raise ValueError("the key frames of this video are not known")
    borders_s = [0.0]
    for key_s in of.keyframes_s.tolist():
        if key_s - borders_s[-1] >= APART_S:
            borders_s.append(key_s)
    return borders_s


def _differences(rule: ClipRule, of: Footage) -> list[float]:
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


_BORDERS: dict[ClipKind, Callable[[ClipRule, Footage], Sequence[float]]] = {
    "shots": lambda _, of: of.cuts_s.tolist(),
    "whole-shots": lambda _, of: of.cuts_s.tolist(),
    "windows": lambda _, of: [],
    "keyframes": _keyframes,
    "difference": _differences,
}
"""Times that no clip of a kind crosses."""
