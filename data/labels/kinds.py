"""What a column of labels asks for, and what kind of values every other column holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from data.errors import ReelwiseError
from data.numbers import number_of

ColumnKind = Literal["number", "category", "person", "text", "ignore"]
"""What the values of a column are; those of `ignore` are not looked at."""
COLUMN_KINDS: tuple[ColumnKind, ...] = ("number", "category", "person", "text", "ignore")

SEPARATOR = "|"
"""Between several labels of one row."""
NONE_OF_THEM = "-"
"""Where several labels are possible: none of them is right."""
PERSON_NAMES = frozenset({"person", "user", "viewer", "visitor", "annotator", "customer", "member"})
"""Columns called so hold persons."""
NO_NUMBER = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})
"""What programs write where they have no number."""
_MISSING = NO_NUMBER | {"null", "none", "na", "n/a"}
MANY_CATEGORIES = 50
"""A column of more different values than this is text, where these are of several words."""


class Task(StrEnum):
    """What a head predicts."""

    CLASSES = "classes"
    """One of several labels."""
    SEVERAL = "several"
    """Any number of labels at once."""
    NUMBER = "number"
    """A number."""


@dataclass(frozen=True)
class TaskFound:
    """What a column of labels asks for."""

    task: Task
    """What is to be predicted."""
    why: str
    """How it was found out, a clause."""


def find_task(column: str, labels: Sequence[tuple[str, ...]], *, repeated: bool) -> TaskFound:
    """Tell what labels ask for.

    Args:
        column: Name of their column.
        labels: Of each row that has any.
        repeated: Some stretch has several rows with different labels.

    Raises:
        ReelwiseError: Most of them are numbers and the others are words.
    """
    if any(len(each) > 1 for each in labels):
        return TaskFound(Task.SEVERAL, "a row has several labels")
    values = [each[0] for each in labels]
    numbers = {value for value in values if number_of(value) is not None}
    words = [v for v in values if v not in numbers and v.casefold() not in _MISSING]
    if numbers and not words:
        if len(numbers) > 2:
            return TaskFound(Task.NUMBER, "every label is a number")
        return TaskFound(Task.CLASSES, "there are only two numbers")
    if len(numbers) > 10 and len(words) < len(values) / 2:
        raise ReelwiseError(
            f"the column {column} has {len(numbers)} different numbers, and {words[0][:40]!r}",
            fix="say what it is: --task number (rows of words are left out) or --task classes",
        )
    if repeated:
        return TaskFound(Task.SEVERAL, "a stretch has several rows with different labels")
    return TaskFound(Task.CLASSES, "every row has one label, which is a word")


def is_missing(label: str, task: Task) -> bool:
    """Whether a label is no value: empty, or none that is a number where numbers are asked for."""
    if task is Task.NUMBER:
        return number_of(label) is None
    return not label or label.casefold() in NO_NUMBER


def column_kind(name: str, values: Sequence[str]) -> ColumnKind:
    """Tell what the values of a further column are, by its name and by what they look like."""
    if name in PERSON_NAMES:
        return "person"
    given = [value for value in values if value]
    if not given:
        return "ignore"
    if all(number_of(value) is not None or value.casefold() in _MISSING for value in given):
        return "number"
    distinct = set(given)
    words = sum(len(value.split()) for value in distinct) / len(distinct)
    is_text = words >= 4 or (words >= 2 and len(distinct) > MANY_CATEGORIES)
    return "text" if is_text else "category"
