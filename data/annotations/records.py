"""A set of labels, a statement of a person about a stretch, and what is said wrongly."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from data.catalogue.naming.spelling import plain
from data.catalogue.values import from_micros
from data.errors import ReelwiseError
from data.labels.kinds import NONE_OF_THEM, SEPARATOR, Task
from data.numbers import number_of

Source = Literal["terminal", "page", "api", "import"]
Kind = Literal["label", "skip", "undo"]
SOMEONE = "someone"
"""What is written of somebody who was forgotten."""
MAX_LABEL = 80
"""Most characters of a label."""
MAX_LABELS = 200
"""Most labels that a set offers."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_UNTYPED = {"Cc", "Cs", "Zl", "Zp"}
Stretch = tuple[int, float, float]
"""A video's number, and where a stretch of it begins and ends, in seconds."""


@dataclass(frozen=True)
class LabelSet:
    """A set of labels."""

    id: int
    """Its number."""
    name: str
    """What it is called."""
    task: Task
    """Whether a stretch has one label, several, or a number."""
    labels: tuple[str, ...]
    """What is offered, in this order; nothing in a set of numbers."""
    created_at: datetime
    """When it was made, UTC."""


@dataclass(frozen=True)
class Annotation:
    """What a person said of a stretch of a video."""

    id: int
    """Its number; later ones are higher."""
    video_id: int
    """The video."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """Its end, not included."""
    kind: Kind
    """label, skip (nothing was said), or undo (an earlier row is taken back)."""
    labels: tuple[str, ...]
    """The labels; of several `-` for none of them; a number as `number_label` writes it."""
    who: str
    """Who said it."""
    at: datetime
    """When, UTC."""
    source: Source
    """Where it came from."""
    undoes: int | None = None
    """The row that is taken back."""

    @property
    def stretch(self) -> Stretch:
        """What it is about."""
        return self.video_id, self.start_s, self.end_s


class NoSuchSet(ReelwiseError):
    """No set of labels is called so."""


class NothingToUndo(ReelwiseError):
    """Nothing was said that could be taken back."""


def set_name(typed: str) -> str:
    """The name of a set as it is stored: that of a head can be the same.

    Raises:
        ReelwiseError: Nothing can be called so.
    """
    name = typed.strip().lower()
    if not _NAME.fullmatch(name):
        raise ReelwiseError(
            f"a set of labels cannot be called {typed[:80]!r}",
            fix="begin with a letter, then letters, digits, - and _, at most 40: animals",
        )
    return name


def label_name(typed: str) -> str:
    """A label as it is stored.

    Raises:
        ReelwiseError: No label can be called so.
    """
    name = " ".join(plain(typed).split())
    odd = SEPARATOR in name or any(unicodedata.category(each) in _UNTYPED for each in name)
    if not name or odd or len(name) > MAX_LABEL:
        raise ReelwiseError(
            f"a label cannot be called {typed[:80]!r}",
            fix=f"give a word, or some, of at most {MAX_LABEL} characters, without {SEPARATOR}",
        )
    return name


def label_names(typed: Sequence[str]) -> tuple[str, ...]:
    """Labels as they are stored, each once.

    Raises:
        ReelwiseError: One can be called so by nobody, or there are more than `MAX_LABELS`.
    """
    names = tuple(dict.fromkeys(map(label_name, typed)))
    if len(names) > MAX_LABELS:
        raise ReelwiseError(
            f"{len(names):,} labels are more than a set has, {MAX_LABELS}", fix="give fewer"
        )
    return names


def number_label(typed: str) -> str:
    """A number as a label: the shortest text that is read as the same number.

    Raises:
        ReelwiseError: It is no number.
    """
    number = number_of(typed.strip())
    if number is None:
        raise ReelwiseError(
            f"{typed[:80]!r} is no number, and this set is of numbers",
            fix="give digits, with a point where it needs one: 0.7",
        )
    # Adding 0 makes -0 to 0: else one number had two labels.
    return repr(number + 0.0).removesuffix(".0")


def checked_labels(task: Task, typed: Sequence[str]) -> tuple[str, ...]:
    """What may be said of one stretch.

    Raises:
        ReelwiseError: Nothing is said, more than one label where there is one, or no number where
            the set is of numbers.
    """
    labels = label_names(typed)
    if not labels:
        raise ReelwiseError("no label is given", fix="give one, or skip the stretch")
    if task is not Task.SEVERAL and len(labels) > 1:
        what = "number" if task is Task.NUMBER else "label"
        raise ReelwiseError(
            f"a stretch has one {what} in this set, and {len(labels)} are given",
            fix="give one; a set of several labels at once is made with --task several",
        )
    if task is Task.NUMBER:
        return (number_label(labels[0]),)
    if NONE_OF_THEM in labels and len(labels) > 1:
        raise ReelwiseError(
            f"{NONE_OF_THEM} is none of the labels, and others are given", fix="give one of both"
        )
    return labels


def checked_stretch(video_id: int, start_s: float, end_s: float) -> Stretch:
    """A stretch as it is stored: thousandths of seconds.

    Raises:
        ReelwiseError: It is none.
    """
    start_s, end_s = round(float(start_s), 3), round(float(end_s), 3)
    if not 0 <= start_s < end_s < float("inf"):
        raise ReelwiseError(
            f"the stretch is {start_s} to {end_s} s", fix="give 0 <= start_s < end_s"
        )
    return video_id, start_s, end_s


def set_of(row: Any) -> LabelSet:
    """A row of `annotation_sets`."""
    labels = tuple(json.loads(row.labels))
    return LabelSet(row.id, row.name, Task(row.task), labels, from_micros(row.created_at))


def annotation_of(row: Any) -> Annotation:
    """A row of `annotations`."""
    return Annotation(
        row.id,
        row.video_id,
        row.start_s,
        row.end_s,
        row.kind,
        tuple(json.loads(row.labels)),
        row.who or SOMEONE,
        from_micros(row.at),
        row.source,
        row.undoes,
    )


def as_json_list(values: Sequence[str]) -> str:
    """A list as a column keeps it."""
    return json.dumps(list(values), ensure_ascii=False)
