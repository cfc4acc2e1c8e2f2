"""Labels in JSON as the rows of a table: as COCO has them, and as Label Studio gives them.

A row's `line` is the number of its annotation, counted from 1 as they lie in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import ReelwiseError
from data.interval_table import TableRow
from data.labels.kinds import NONE_OF_THEM, SEPARATOR, Task
from data.labels.trouble import RowTrouble

COLUMNS = ("video", "start_s", "end_s", "label")
TAGS = ("labels", "number")
"""Types of results of Label Studio that are about stretches in seconds."""


@dataclass(frozen=True)
class JsonTable:
    """What a file of JSON says."""

    rows: list[TableRow] = field(default_factory=list)
    """Its labels in `COLUMNS`, in order."""
    troubles: list[RowTrouble] = field(default_factory=list)
    """Annotations that are no row, by their number."""
    task: Task | None = None
    """What the labels are, where it says so."""
    offered: tuple[str, ...] = ()
    """Labels that it knows, in order, whether a stretch has them or not."""


def read_json_table(path: Path, content: bytes) -> JsonTable:
    """Read what `annotate --export` writes as FILE.json or FILE.labelstudio.json.

    Raises:
        ReelwiseError: It is neither.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReelwiseError(
            f"{path} cannot be read as JSON: {error}", fix="write the file again, or give CSV"
        ) from error
    if isinstance(document, dict) and {"videos", "annotations"} <= document.keys():
        return _table(_coco(document), *_coco_head(document))
    if isinstance(document, list) and all(map(_is_task, document)):
        return _table(_label_studio(document), _task_named(_first_data(document)), ())
    raise ReelwiseError(
        f"{path} holds neither videos and annotations as COCO has them, nor tasks of Label Studio",
        fix="give what reelwise annotate --export writes, or CSV",
    )


def _table(
    annotations: Iterator[dict[str, str] | str], task: Task | None, offered: tuple[str, ...]
) -> JsonTable:
    found = JsonTable(task=task, offered=offered)
    for number, each in enumerate(annotations, start=1):
        if isinstance(each, str):
            found.troubles.append(RowTrouble(number, each))
        else:
            found.rows.append(TableRow(number, each))
    return found


def _row(video: Any, start: Any, end: Any, labels: Sequence[Any]) -> dict[str, str] | str:
    """A row, or why there is none."""
    if not isinstance(video, str) or not video.strip():
        return "it names no video"
    if not all(isinstance(each, int | float) for each in (start, end)):
        return "its start and end are no seconds"
    texts = [_text(each) for each in labels]
    if any(SEPARATOR in each for each in texts):
        return f"a label has {SEPARATOR}, which stands between labels"
    values = (video.strip(), _text(start), _text(end), SEPARATOR.join(texts))
    return dict(zip(COLUMNS, values, strict=True))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else repr(value)


def _coco_head(document: dict[str, Any]) -> tuple[Task | None, tuple[str, ...]]:
    info = document.get("info")
    return _task_named(info), tuple(
        _text(each["name"]) for each in _dicts(document.get("categories")) if "name" in each
    )


def _coco(document: dict[str, Any]) -> Iterator[dict[str, str] | str]:
    """Annotations with a category, or a number as their `value`; then those that have none."""
    videos = {_key(each.get("id")): each.get("file_name") for each in _dicts(document["videos"])}
    names = {_key(each.get("id")): each.get("name") for each in _dicts(document.get("categories"))}
    for each in _dicts(document["annotations"]):
        video, segment = videos.get(_key(each.get("video_id"))), _segment(each)
        if "value" in each:
            yield _row(video, *segment, [each["value"]])
        elif (label := names.get(_key(each.get("category_id")))) is None:
            yield "its category is none of the file's"
        else:
            yield _row(video, *segment, [label])
    for each in _dicts(document.get("none_of_them")):
        yield _row(videos.get(_key(each.get("video_id"))), *_segment(each), [NONE_OF_THEM])


def _segment(annotation: dict[str, Any]) -> tuple[Any, Any]:
    segment = annotation.get("segment")
    if not isinstance(segment, list) or len(segment) != 2:
        return None, None
    return segment[0], segment[1]


def _label_studio(tasks: list[dict[str, Any]]) -> Iterator[dict[str, str] | str]:
    """Results of all annotations that were not cancelled."""
    for task in tasks:
        data = task["data"]
        video = data.get("video") or data.get("audio")
        for annotation in _dicts(task.get("annotations")):
            if annotation.get("was_cancelled"):
                continue
            results = _dicts(annotation.get("result"))
            numbered = {_key(each.get("id")) for each in results if each.get("type") == "number"}
            for result in results:
                kind, value = result.get("type"), result.get("value")
                if kind not in TAGS or not isinstance(value, dict):
                    yield f"its result is {str(kind)[:40]!r}, not labels or a number of a stretch"
                elif kind == "number":
                    yield _row(video, value.get("start"), value.get("end"), [value.get("number")])
                elif _key(result.get("id")) not in numbered:
                    # The stretch of a number is a result as well, with a label that says nothing.
                    labels = value.get("labels")
                    labels = labels if isinstance(labels, list) else []
                    yield _row(video, value.get("start"), value.get("end"), labels)


def _is_task(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def _first_data(tasks: list[dict[str, Any]]) -> Any:
    return tasks[0]["data"] if tasks else None


def _task_named(value: Any) -> Task | None:
    """The task that a dictionary names; None where it names none."""
    name = value.get("task") if isinstance(value, dict) else None
    return Task(name) if name in set(Task) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _key(value: Any) -> Any:
    """What a number or name of the file is looked up by; lists are none."""
    return value if isinstance(value, str | int) else None
