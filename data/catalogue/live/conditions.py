"""Conditions as a person writes them, `action=jump` or `duration>=60`, and the SQL that they mean.

A condition on what the catalogue knows of a video holds for the whole video; one on what a head
predicts holds for single clips.
"""

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.live.recorded import RECORDED
from data.catalogue.naming.spelling import tag_key
from data.catalogue.values import ends_below, sql, to_micros
from data.dates import first_instant
from data.errors import ReelwiseError
from data.labels.vocabulary import how_to_fit
from data.numbers import number_of

LEAST_SCORE = 0.05
"""Less likely labels are not stored: no condition can ask for them."""
LABELS_TOLD = 20
"""Labels of a head that an error lists."""
YES = frozenset({"1", "yes", "true", "on", "positive"})
"""Of two labels one of these is what the head is about: `risk>=0.8` is its probability."""
_FORM = re.compile(r"\s*([^\s=<>!](?:[^=<>!]*[^\s=<>!])?)\s*(!=|>=|<=|=|>|<)\s*(.*?)\s*", re.DOTALL)
_NEGATED = {"<": ">=", "<=": ">"}

NUMBERS = {
    "duration": "coalesce(v.duration_s, 0.0)",
    "width": "coalesce(v.width_px, 0)",
    "height": "coalesce(v.height_px, 0)",
    "resolution": "min(coalesce(v.width_px, 0), coalesce(v.height_px, 0))",
    "fps": "coalesce(v.fps, 0.0)",
    "size": "v.size_bytes",
}
"""SQL of fields that are numbers."""
TIMES = {"date": RECORDED, "added": "v.added_at"}
"""SQL of fields that are instants."""
_TEXTS = ("tag", "folder", "codec", "title")
FIELDS = (*_TEXTS, *NUMBERS, *TIMES)
"""What the catalogue knows of every video."""
_IN_FOLDER = (
    "SELECT video_id FROM files WHERE path = :{p}path"
    " UNION ALL SELECT video_id FROM files WHERE path >= :{p}low AND path < :{p}high"
)
_EXAMPLE = "reelwise search \"a dog\" --where 'action=jump' --where 'duration>=60'"


@dataclass(frozen=True)
class Condition:
    """One condition, taken apart."""

    text: str
    """As it was written."""
    name: str
    """What it is on: a field, a head, or a label of a head as `HEAD.LABEL`."""
    operator: str
    """One of = != >= <= > <."""
    value: str
    """What it is compared with."""


@dataclass(frozen=True)
class Compiled:
    """Conditions as SQL."""

    of_videos: tuple[str, ...]
    """Conditions on an embedding `e` and its video `v`."""
    of_clips: tuple[str, ...]
    """Queries of the ids of clips; all have to give a clip."""
    values: dict[str, Any]
    """Values of their parameters."""
    heads: frozenset[str] = frozenset()
    """Names of the heads that they are on."""


def parse_condition(text: str) -> Condition:
    """Take a condition apart.

    Raises:
        ReelwiseError: It is none.
    """
    match = _FORM.fullmatch(text)
    if match is None or not match[3]:
        raise ReelwiseError(
            f"{text[:80]!r} is no condition: it needs a name, one of = != >= <= > <, and a value",
            fix=_EXAMPLE,
        )
    return Condition(text, match[1].lower(), match[2], match[3])


def compile_conditions(database: Database, texts: Sequence[str]) -> Compiled:
    """Turn conditions into SQL.

    Raises:
        ReelwiseError: One is none, or names what is not there; the error lists what is.
    """
    if not texts:
        return Compiled((), (), {})
    of_videos: list[str] = []
    of_clips: list[str] = []
    values: dict[str, Any] = {}
    asked: set[str] = set()
    with database.reading() as connection:
        heads = _heads(connection)
        encoder = connection.scalar(sql("SELECT value FROM meta WHERE key = 'encoder_id'"))
    for number, condition in enumerate(map(parse_condition, texts)):
        p = f"where{number}_"
        if condition.name in FIELDS:
            made, mine = _of_video(condition, p)
            of_videos.append(made)
        else:
            made, mine = _of_head(condition, p, heads, str(encoder))
            of_clips.append(made)
            asked.add(_named(condition, heads)[0].name)
        values |= mine
    return Compiled(tuple(of_videos), tuple(of_clips), values, frozenset(asked))


@dataclass(frozen=True)
class _Head:
    id: int
    name: str
    encoder_id: str
    task: str
    classes: tuple[str, ...]
    needs: tuple[str, ...]

    def label(self, typed: str) -> str | None:
        """One of its labels, however its case was typed."""
        same = [each for each in self.classes if each == typed]
        alike = [each for each in self.classes if each.casefold() == typed.casefold()]
        return next(iter(same or alike), None)

    @property
    def listed(self) -> str:
        """Its labels, the first of many."""
        more = len(self.classes) - LABELS_TOLD
        shown = ", ".join(self.classes[:LABELS_TOLD])
        return f"{shown} and {more:,} more" if more > 0 else shown

    def nearest(self, typed: str) -> str:
        """The label that is spelled most like what was typed, else the first."""
        near = difflib.get_close_matches(typed.casefold(), self.classes, n=1)
        return near[0] if near else self.classes[0]

    @property
    def positive(self) -> str | None:
        """Of two labels the one that the head is about."""
        wanted = YES | {self.name.partition(".")[2] or self.name}
        found = [each for each in self.classes if each.casefold() in wanted]
        return found[0] if len(self.classes) == 2 and len(found) == 1 else None


def _heads(connection: Connection) -> dict[str, _Head]:
    rows = connection.execute(
        sql("SELECT id, name, encoder_id, task, classes, needs FROM heads ORDER BY name")
    )
    return {
        row.name: _Head(
            row.id,
            row.name,
            row.encoder_id,
            row.task,
            tuple(json.loads(row.classes)),
            tuple(json.loads(row.needs)),
        )
        for row in rows
    }


def _of_video(condition: Condition, p: str) -> tuple[str, dict[str, Any]]:
    name, operator = condition.name, condition.operator
    if name in NUMBERS:
        number = number_of(condition.value)
        if number is None:
            raise _wrong(condition, "its value is no number", f"--where '{name}>=60'")
        return f"{NUMBERS[name]} {operator} :{p}n", {f"{p}n": number}
    if name in TIMES:
        if operator in ("=", "!="):
            raise _wrong(condition, "a date is compared by >= or <", f"--where '{name}>=2024-05'")
        return f"{TIMES[name]} {operator} :{p}t", {
            f"{p}t": to_micros(first_instant(condition.value))
        }
    if operator not in ("=", "!="):
        raise _wrong(condition, f"a {name} is compared by = or !=", f"--where '{name}=...'")
    no = "NOT " if operator == "!=" else ""
    return _of_text(condition, p, no)


def _of_text(condition: Condition, p: str, no: str) -> tuple[str, dict[str, Any]]:
    value = condition.value
    if condition.name == "tag":
        inside = f"SELECT video_id FROM tags WHERE tag = :{p}tag"
        return f"e.video_id {no}IN ({inside})", {f"{p}tag": tag_key(value)}
    if condition.name == "folder":
        ends = ends_below(Path(value).expanduser().absolute())
        inside = _IN_FOLDER.format(p=p)
        return f"e.video_id {no}IN ({inside})", {f"{p}{key}": end for key, end in ends.items()}
    column = "coalesce(v.codec, '')" if condition.name == "codec" else "v.title"
    return f"{no}lower({column}) = lower(:{p}text)", {f"{p}text": value}


def _of_head(
    condition: Condition, p: str, heads: dict[str, _Head], encoder_id: str
) -> tuple[str, dict[str, Any]]:
    head, label = _named(condition, heads)
    if head.needs:
        raise _wrong(
            condition,
            f"the head {head.name} needs {', '.join(head.needs)}, which clips do not have",
            f"reelwise predict {head.name} --rows FILE",
        )
    if head.encoder_id != encoder_id:
        raise _wrong(
            condition,
            f"the head {head.name} was fitted on vectors of {head.encoder_id}; this library is "
            f"searched with {encoder_id}",
            f"fit it again: {how_to_fit(head.name)}",
        )
    of_head = f"SELECT clip_id FROM predictions WHERE head_id = :{p}head"
    values: dict[str, Any] = {f"{p}head": head.id}
    if head.task == "number":
        return f"{of_head} AND score {condition.operator} :{p}n", values | {
            f"{p}n": _number(condition)
        }
    if condition.operator in ("=", "!=") and label is None:
        return _chosen(condition, head, of_head, values, p)
    return _likely(condition, head, label or head.positive, (of_head, p), values)


def _chosen(
    condition: Condition, head: _Head, of_head: str, values: dict[str, Any], p: str
) -> tuple[str, dict[str, Any]]:
    label = head.label(condition.value)
    if label is None:
        raise _wrong(
            condition,
            f"the head {head.name} knows no {condition.value!r}; it knows {head.listed}",
            f"--where '{head.name}={head.nearest(condition.value)}'",
        )
    chosen = f"{of_head} AND label = :{p}label AND chosen = 1"
    values = values | {f"{p}label": label}
    return (chosen if condition.operator == "=" else f"{of_head} EXCEPT {chosen}"), values


def _likely(
    condition: Condition,
    head: _Head,
    label: str | None,
    names: tuple[str, str],
    values: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """A condition on the probability of a label; clips without a row of it count as unlikely."""
    of_head, p = names
    if label is None or condition.operator in ("=", "!="):
        raise _wrong(
            condition,
            f"{head.name} has the labels {head.listed}: a probability is of one of "
            "them, and compared by >= or <",
            f"--where '{head.name}.{head.classes[0]}>=0.8'",
        )
    least = _number(condition)
    if not LEAST_SCORE <= least <= 1:
        raise _wrong(
            condition,
            f"probabilities from {LEAST_SCORE} to 1 are stored",
            f"--where '{head.name}.{label}>=0.8'",
        )
    values = values | {f"{p}label": label, f"{p}n": least}
    operator = _NEGATED.get(condition.operator, condition.operator)
    likely = f"{of_head} AND label = :{p}label AND score {operator} :{p}n"
    return (f"{of_head} EXCEPT {likely}" if condition.operator in _NEGATED else likely), values


def _number(condition: Condition) -> float:
    number = number_of(condition.value)
    if number is None:
        raise _wrong(condition, "its value is no number", f"--where '{condition.name}>=0.8'")
    return number


def _named(condition: Condition, heads: dict[str, _Head]) -> tuple[_Head, str | None]:
    """The head of a condition, and the label where it is on one."""
    if condition.name in heads:
        return heads[condition.name], None
    name, dot, typed = condition.name.rpartition(".")
    if dot and name in heads:
        label = heads[name].label(typed)
        if label is not None:
            return heads[name], label
        known = heads[name].listed or "no labels: it is a number"
        raise _wrong(condition, f"the head {name} knows no {typed!r}; it knows {known}", _EXAMPLE)
    near = difflib.get_close_matches(condition.name, [*heads, *FIELDS], n=1)
    there = ", ".join(heads) or "none yet"
    raise _wrong(
        condition,
        f"nothing is called {condition.name!r}; heads: {there}; of every video: "
        f"{', '.join(FIELDS)}",
        f"did you mean {near[0]}?" if near else "reelwise heads lists the heads",
    )


def _wrong(condition: Condition, why: str, fix: str) -> ReelwiseError:
    return ReelwiseError(f"the condition {condition.text[:80]!r}: {why}", fix=fix)
