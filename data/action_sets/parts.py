"""Parts of sets by the names that people give them."""

from collections.abc import Iterable
from pathlib import Path

from data.errors import ReelwiseError

PART_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout"), "test"),
}
"""What parts are called."""


def part_named(name: str, path: Path) -> str:
    """`train`, `validation` or `test`, for a name such as `val` or `kinetics_400_val`.

    Raises:
        ReelwiseError: No part is called so.
    """
    words = [name.strip().lower(), *name.strip().lower().replace("-", "_").split("_")]
    part = next((PART_NAMES[word] for word in words if word in PART_NAMES), None)
    if part is None:
        raise ReelwiseError(
            f"{path} does not say what {name!r} is for",
            fix="call the file train.csv, val.csv or test.csv, or give it a column split",
        )
    return part


def judged_part(names: Iterable[str]) -> str:
    """The part that is judged: validation, as published figures are; else test.

    Raises:
        ReelwiseError: There is nothing but train.
    """
    there = set(names)
    for part in ("validation", "test"):
        if part in there:
            return part
    raise ReelwiseError(
        "the lists name no video to judge, only train", fix="also give the other: --split val.csv"
    )
