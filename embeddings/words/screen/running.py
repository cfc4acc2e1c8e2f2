"""Text that runs through the picture to the left, as tickers do: one line, longer than the picture.

Between two readings it has moved: what the first one ends with, the second one begins with.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.settings import CUT_LETTERS, LEAST_ALIKE, RUNS_ON_LETTERS


@dataclass(frozen=True)
class Overlap:
    """What the end of one text and the beginning of another share."""

    start: float
    """Where it begins in the first, as a share of its letters."""
    other_start: float
    """Where it begins in the second."""
    joined: str
    """Both texts as one."""


def overlap(one: str, other: str) -> Overlap | None:
    """How a text goes on in another; None where it does not.

    Fewer than `RUNS_ON_LETTERS` letters count where they are all of one of them. Up to
    `CUT_LETTERS` at either border may be misread, as the border cuts letters.
    """
    places, other_places = _letter_places(one), _letter_places(other)
    a = "".join(one[place].casefold()[0] for place in places)
    b = "".join(other[place].casefold()[0] for place in other_places)
    block = SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
    end, other_end = block.a + block.size, block.b + block.size
    if block.b > CUT_LETTERS or end < len(a) - CUT_LETTERS:
        return None
    if block.size < RUNS_ON_LETTERS and block.size < max(LEAST_ALIKE, min(len(a), len(b))):
        return None
    joined = one[: places[end - 1] + 1] + other[other_places[other_end - 1] + 1 :]
    return Overlap(block.a / len(a), block.b / len(b), joined)


def has_run(shared: Overlap, box: Box, other: Box) -> bool:
    """Whether what two texts share has moved to the left within one row, by more than a height."""
    in_row = abs(box.y - other.y) < min(box.height, other.height) / 2
    return in_row and _x(box, shared.start) - _x(other, shared.other_start) > box.height


def _letter_places(text: str) -> list[int]:
    return [place for place, character in enumerate(text) if character.isalnum()]


def _x(box: Box, share: float) -> float:
    return box.x + box.width * (share - 0.5)
