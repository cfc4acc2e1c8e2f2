"""What could not be read, or only in part, by kinds of reasons that a person understands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from data.catalogue import Catalogue, Failure

Kind = Literal[
    "cut_off",
    "encrypted",
    "no_video",
    "no_picture",
    "no_access",
    "missing",
    "too_much",
    "too_slow",
    "not_read",
    "damaged",
    "other",
]
_KINDS: Sequence[tuple[Kind, str]] = (
    ("cut_off", r"cut off"),
    ("encrypted", r"encrypted"),
    ("no_video", r"not a video|not a regular file"),
    ("no_picture", r"no picture"),
    ("no_access", r"cannot be opened:|cannot be read:|permission"),
    ("missing", r"is missing|is gone"),
    ("too_much", r"too large|too long|more work|pictures of \d+x\d+"),
    ("too_slow", r"stopped:|was killed|crashed|broke off|ended with code"),
    ("not_read", r"not read:|codec|no subtitle"),
    ("damaged", r"damaged|could be decoded|breaks off"),
)
"""Each kind with what its reasons hold, as `re` finds it; the first that fits counts."""


@dataclass(frozen=True)
class Problem:
    """A file that is not, or not wholly, in the library."""

    path: Path
    """The file."""
    kind: Kind
    """Why, in short."""
    reason: str
    """Why, in full."""
    is_partial: bool
    """It can be found, in part."""
    attempts: int
    """How often it was tried."""


def kind_of_reason(reason: str) -> Kind:
    """The kind of a reason; `other` where it fits none."""
    return next((kind for kind, words in _KINDS if re.search(words, reason)), "other")


def problems(catalogue: Catalogue) -> list[Problem]:
    """All files with a problem, each once, by path; of two problems that of its picture."""
    found: dict[Path, Problem] = {}
    failures = [*catalogue.embeddings.failures(catalogue.encoder), *catalogue.readings.failures()]
    for each in failures:
        found.setdefault(each.path, _problem(each))
    return sorted(found.values(), key=lambda problem: str(problem.path))


def counts(found: Sequence[Problem]) -> dict[str, int]:
    """How many there are of each kind, the most first."""
    return dict(Counter(each.kind for each in found).most_common())


def _problem(failure: Failure) -> Problem:
    kind = kind_of_reason(failure.reason)
    is_partial = failure.state == "partial"
    return Problem(failure.path, kind, failure.reason, is_partial, failure.attempts)
