"""The rule by which a library cuts its videos into clips."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from data.errors import ReelwiseError
from data.video.clips.spans import USUAL_LENGTH_S, USUAL_OVERLAP

ClipKind = Literal["shots", "whole-shots", "windows", "keyframes", "difference"]
CLIP_KINDS: tuple[ClipKind, ...] = get_args(ClipKind)

LONGEST_CLIP_S = 600.0
"""Longest clip of any rule: what a temporal head can take in at once, and still a moment."""
SHORTEST_CLIP_S = 1.0
"""Shortest length that can be asked for: two sampled frames."""
MOST_OVERLAP = 0.9
"""Largest overlap: ten clips for each length of video."""
USUAL_CHANGE = 0.35
"""Usual least difference: what finds cuts best with the encoders that were measured."""


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
    """Longest clip; for whole-shots `LONGEST_CLIP_S`."""
    overlap: float = USUAL_OVERLAP
    """Least part that two windows of one longer stretch share."""
    change: float = USUAL_CHANGE
    """difference: least change, 1 - cosine of the vectors of two neighbouring frames."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not SHORTEST_CLIP_S <= self.length_s <= LONGEST_CLIP_S:
            raise ReelwiseError(
                f"a clip is {SHORTEST_CLIP_S:g} to {LONGEST_CLIP_S:g} s long, "
                f"not {self.length_s:g}",
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
            rule = ClipRule(by, LONGEST_CLIP_S if alone else USUAL_LENGTH_S)
        return ClipRule(
            by,
            rule.length_s if self.length_s is None else float(self.length_s),
            rule.overlap if self.overlap is None else float(self.overlap),
            rule.change if self.change is None else float(self.change),
        )


def _kind(name: str) -> ClipKind:
    for kind in CLIP_KINDS:
        if kind == name:
            return kind
    raise ReelwiseError(
        f"clips are cut by {', '.join(CLIP_KINDS[:-1])} or {CLIP_KINDS[-1]}; not by {name!r}",
        fix=f"--clips {USUAL_RULE.by}",
    )
