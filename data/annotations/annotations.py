"""Sets of labels of one library: made, added to, taken back; each change is durable at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from data.annotations.records import (
    Annotation,
    LabelSet,
    NoSuchSet,
    NothingToUndo,
    Source,
    Stretch,
    annotation_of,
    as_json_list,
    checked_labels,
    checked_stretch,
    label_names,
    set_name,
    set_of,
)
from data.catalogue.database import Database
from data.catalogue.schema.annotation_tables import ANNOTATION_SUM, SET_SUM
from data.catalogue.values import now_micros, sql
from data.errors import ReelwiseError
from data.history.rows.people import person
from data.labels.kinds import NONE_OF_THEM, Task

_SETS = sql("SELECT * FROM annotation_sets ORDER BY name")
_SET = sql("SELECT * FROM annotation_sets WHERE name = :name")
_MAKE_SET = sql(
    "INSERT INTO annotation_sets (name, task, labels, created_at, row_sum)"
    " VALUES (:name, :task, :labels, :at, 0)"
)
_CHANGE_SET = sql("UPDATE annotation_sets SET task = :task, labels = :labels WHERE name = :name")
_SUM_SET = sql(f"UPDATE annotation_sets SET row_sum = {SET_SUM} WHERE name = :name")
_ROWS = sql("SELECT * FROM annotations WHERE set_id = :set ORDER BY id")
_LAST = sql("SELECT coalesce(max(id), 0) FROM annotations")
_ADD = sql(
    "INSERT INTO annotations (set_id, video_id, start_s, end_s, kind, labels, who, at, source,"
    " undoes, row_sum) VALUES (:set_id, :video_id, :start_s, :end_s, :kind, :labels, :who, :at,"
    " :source, :undoes, 0)"
)
_SUM = sql(f"UPDATE annotations SET row_sum = {ANNOTATION_SUM} WHERE id > :after")
_DROP_ROWS = sql("DELETE FROM annotations WHERE set_id = :set")
_DROP_SET = sql("DELETE FROM annotation_sets WHERE id = :set")
_VIDEO = sql("SELECT 1 FROM videos WHERE id = :id")


@dataclass(frozen=True)
class Said:
    """What is to be kept of one stretch."""

    video_id: int
    """The video."""
    start_s: float
    """Start of the stretch."""
    end_s: float
    """Its end, not included."""
    labels: tuple[str, ...] = ()
    """The labels; none to skip it."""


class Annotations:
    """The sets of labels of one library. Threads and processes may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sets(self) -> list[LabelSet]:
        """All sets by name."""
        with self._database.reading() as connection:
            return [set_of(row) for row in connection.execute(_SETS)]

    def get(self, name: str) -> LabelSet:
        """A set by its name.

        Raises:
            NoSuchSet: There is none.
        """
        with self._database.reading() as connection:
            return _found(connection, set_name(name))

    def make(self, name: str, task: Task | None = None, labels: Sequence[str] = ()) -> LabelSet:
        """A set of this name, made where there is none; labels that it lacks are added.

        Args:
            name: What it is called.
            task: What it is of; None takes what it has, one label a stretch where it is new.
            labels: What it offers.

        Raises:
            ReelwiseError: Nothing can be called so, or it holds labels of another task.
        """
        name, names = set_name(name), label_names(labels)
        with self._database.writing("annotations.set", changes_library=False) as connection:
            _make(connection, name, task, names)
            return _found(connection, name)

    def say(
        self, name: str, said: Said, *, by: str, source: Source, task: Task | None = None
    ) -> Annotation:
        """Keep what a person says of a stretch; without labels it is skipped.

        Raises:
            ReelwiseError: There is no such set or video, the stretch or the labels are none, or
                nobody can be called so.
        """
        return self.say_all(name, [said], by=by, source=source, task=task)[0]

    def say_all(
        self,
        name: str,
        said: Sequence[Said],
        *,
        by: str,
        source: Source,
        task: Task | None = None,
        offered: Sequence[str] = (),
    ) -> list[Annotation]:
        """As `say` for many, in one transaction: a kill leaves all of them or none.

        `task` makes the set where there is none, and `offered` are labels that it is to offer.
        """
        who, at, name = person(by), now_micros(), set_name(name)
        with self._database.writing("annotations.say", changes_library=False) as connection:
            if task is not None or offered:
                _make(connection, name, task, label_names(offered))
            known = _found(connection, name)
            rows = [_row(connection, known, each) for each in said]
            if known.task is not Task.NUMBER:
                new = [label for row in rows for label in row["said"] if label != NONE_OF_THEM]
                _make(connection, name, None, label_names([*known.labels, *new]))
            same = {"set_id": known.id, "who": who, "at": at, "source": source, "undoes": None}
            return _added(connection, [{**row, **same} for row in rows])

    def undo(self, name: str, *, by: str) -> list[Annotation]:
        """Take back what a person said last; once more takes back what was before.

        All rows of one import are taken back together.

        Returns:
            What holds no more, in order.

        Raises:
            NothingToUndo: They have said nothing, or everything is taken back.
        """
        who = person(by)
        with self._database.writing("annotations.undo", changes_library=False) as connection:
            known = _found(connection, set_name(name))
            rows = [annotation_of(row) for row in connection.execute(_ROWS, {"set": known.id})]
            last = _last_of(rows, who)
            if not last:
                raise NothingToUndo(
                    f"{who} has said nothing in the set {known.name} that could be taken back",
                    fix=f"reelwise annotate {known.name} --log",
                )
            same = {"set_id": known.id, "who": who, "at": now_micros(), "kind": "undo"}
            _added(
                connection,
                [
                    {
                        **same,
                        "video_id": each.video_id,
                        "start_s": each.start_s,
                        "end_s": each.end_s,
                        "labels": "[]",
                        "source": each.source,
                        "undoes": each.id,
                    }
                    for each in last
                ],
            )
            return last

    def rows(self, name: str) -> list[Annotation]:
        """Everything that was ever said in a set, in order.

        Raises:
            NoSuchSet: There is none.
        """
        with self._database.reading() as connection:
            known = _found(connection, set_name(name))
            return [annotation_of(row) for row in connection.execute(_ROWS, {"set": known.id})]

    def current(self, name: str) -> list[Annotation]:
        """What holds now, labels and skips, one row a stretch, in the order in which it was said.

        Raises:
            NoSuchSet: There is none.
        """
        return holding(self.rows(name))

    def remove(self, name: str) -> int:
        """Remove a set with everything that was said in it; gives the stretches that had a label.

        Raises:
            NoSuchSet: There is none.
        """
        labelled = len([each for each in self.current(name) if each.kind == "label"])
        with self._database.writing("annotations.remove", changes_library=False) as connection:
            known = _found(connection, set_name(name))
            connection.execute(_DROP_ROWS, {"set": known.id})
            connection.execute(_DROP_SET, {"set": known.id})
        return labelled


def holding(rows: Iterable[Annotation]) -> list[Annotation]:
    """The newest row of each stretch that was not taken back, in order."""
    kept = list(rows)
    gone = {each.undoes for each in kept}
    newest: dict[Stretch, Annotation] = {}
    for each in kept:
        if each.kind != "undo" and each.id not in gone:
            newest[each.stretch] = each
    return sorted(newest.values(), key=lambda each: each.id)


def _found(connection: Connection, name: str) -> LabelSet:
    row = connection.execute(_SET, {"name": name}).first()
    if row is not None:
        return set_of(row)
    there = ", ".join(each.name for each in connection.execute(_SETS)) or "none yet"
    raise NoSuchSet(
        f"there is no set of labels {name!r}; those there are: {there}",
        fix=f"make it: reelwise annotate {name} --labels dog,cat (numbers: --task number)",
    )


def _make(connection: Connection, name: str, task: Task | None, labels: Sequence[str]) -> None:
    row = connection.execute(_SET, {"name": name}).first()
    if row is None:
        _require_words(name, task, labels)
        values = {"name": name, "task": str(task or Task.CLASSES), "at": now_micros()}
        connection.execute(_MAKE_SET, {**values, "labels": as_json_list(_offered(labels))})
        connection.execute(_SUM_SET, {"name": name})
        return
    known = set_of(row)
    task = task or known.task
    if task is not known.task:
        rows = [annotation_of(each) for each in connection.execute(_ROWS, {"set": known.id})]
        _require_can_become(task, known, rows)
    _require_words(name, task, labels)
    wanted = _offered((*known.labels, *labels))
    if wanted != known.labels or task is not known.task:
        values = {"name": name, "task": str(task), "labels": as_json_list(wanted)}
        connection.execute(_CHANGE_SET, values)
        connection.execute(_SUM_SET, {"name": name})


def _require_can_become(task: Task, known: LabelSet, rows: Sequence[Annotation]) -> None:
    """A set keeps its kind once something was said that would be none of the new kind.

    Between words and numbers that is anything, even what was taken back: it holds again when who
    took it back is forgotten.
    """
    problem = ""
    if Task.NUMBER in (task, known.task):
        if known.labels or any(row.kind == "label" for row in rows):
            what = "numbers" if known.task is Task.NUMBER else "words"
            problem = f"the set {known.name} is of {what}"
    elif task is Task.CLASSES and any(map(_is_of_several, holding(rows))):
        problem = f"stretches of the set {known.name} have several labels at once, or none of them"
    if problem:
        raise ReelwiseError(problem, fix="leave --task out, or begin another set")


def _require_words(name: str, task: Task | None, labels: Sequence[str]) -> None:
    if task is Task.NUMBER and labels:
        raise ReelwiseError(
            f"the set {name} is of numbers: it offers no labels", fix="leave the labels out"
        )


def _is_of_several(said: Annotation) -> bool:
    return len(said.labels) > 1 or NONE_OF_THEM in said.labels


def _offered(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels of a set, each once; none of them is always offered, and is none of them."""
    return label_names([each for each in labels if each != NONE_OF_THEM])


def _row(connection: Connection, known: LabelSet, said: Said) -> dict[str, Any]:
    labels = checked_labels(known.task, said.labels) if said.labels else ()
    video_id, start_s, end_s = checked_stretch(said.video_id, said.start_s, said.end_s)
    if connection.execute(_VIDEO, {"id": video_id}).first() is None:
        raise ReelwiseError(
            f"no video has the number {video_id}", fix="name one that is indexed here"
        )
    return {
        "video_id": video_id,
        "start_s": start_s,
        "end_s": end_s,
        "kind": "label" if labels else "skip",
        "labels": as_json_list(labels),
        "said": labels,
    }


def _added(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Annotation]:
    after = int(connection.execute(_LAST).scalar_one())
    for row in rows:
        values = {name: value for name, value in row.items() if name != "said"}
        connection.execute(_ADD, values)
    connection.execute(_SUM, {"after": after})
    new = sql("SELECT * FROM annotations WHERE id > :after ORDER BY id")
    return [annotation_of(row) for row in connection.execute(new, {"after": after})]


def _last_of(rows: Sequence[Annotation], who: str) -> list[Annotation]:
    """What a person said last and nobody took back; all rows of an import."""
    gone = {each.undoes for each in rows}
    mine = [
        each for each in rows if each.who == who and each.kind != "undo" and each.id not in gone
    ]
    if not mine or mine[-1].source != "import":
        return mine[-1:]
    return [each for each in mine if each.source == "import" and each.at == mine[-1].at]
