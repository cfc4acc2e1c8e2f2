"""A set of labels as a file: CSV, JSON in the manner of COCO, or tasks of Label Studio."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.annotations.records import Annotation, LabelSet
from data.catalogue import Video
from data.durable import write_atomic
from data.errors import ReelwiseError
from data.labels.kinds import NONE_OF_THEM, SEPARATOR, Task

COLUMNS = ("video", "start_s", "end_s", "label")
"""Columns of the CSV file, which `reelwise train head` and `annotate --import` read."""
FORMATS = (".csv", ".json", ".labelstudio.json")
"""Endings of files that can be written."""
FROM_NAME, TO_NAME = "label", "audio"
"""Names of the tags of Label Studio's template for stretches of a video's time line."""
NUMBER_TAG, STRETCH = "number", "stretch"
"""Name of its tag `Number` of each stretch, and the label of stretches that have one."""


@dataclass(frozen=True)
class Exported:
    """A set as text."""

    text: str
    """The file."""
    rows: int
    """Stretches in it."""
    left_out: int
    """Stretches of videos that are not in the library any more."""


def format_of(path: Path) -> str:
    """Which of `FORMATS` a file is to have, by its name.

    Raises:
        ReelwiseError: None of them.
    """
    name = path.name.lower()
    found = [ending for ending in FORMATS if name.endswith(ending)]
    if not found:
        raise ReelwiseError(
            f"{path} ends in none of {', '.join(FORMATS)}", fix="name a file that does"
        )
    return max(found, key=len)


def exported(
    known: LabelSet,
    current: Sequence[Annotation],
    videos: Mapping[int, Video],
    ending: str,
) -> Exported:
    """A set in one of `FORMATS`; videos that are gone are left out.

    Args:
        known: The set.
        current: What holds.
        videos: Live videos by number.
        ending: The format.
    """
    labelled = [each for each in current if each.kind == "label"]
    kept = [each for each in labelled if each.video_id in videos]
    write = {".csv": _csv, ".json": _coco}.get(ending, _label_studio)
    return Exported(write(known, kept, videos), len(kept), len(labelled) - len(kept))


def write_export(path: Path, found: Exported) -> None:
    """Write a file whole or not at all.

    Raises:
        ReelwiseError: It cannot be written; one that was there stays as it is.
    """
    try:
        write_atomic(path, found.text.encode())
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be written: {error.strerror or error}",
            fix="name another file; the labels stay in the library",
        ) from error


def _csv(_: LabelSet, rows: Sequence[Annotation], videos: Mapping[int, Video]) -> str:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in rows:
        place = (_name(videos[each.video_id]), _seconds(each.start_s), _seconds(each.end_s))
        table.writerow((*place, SEPARATOR.join(each.labels)))
    return written.getvalue()


def _name(video: Video) -> str:
    """Its path; of a name that is no text, its number."""
    path = str(video.path)
    # Who reads it drops spaces around it.
    is_plain = (path.isascii() or path.isprintable()) and path == path.strip()
    return path if is_plain else f"id:{video.id}"


def _seconds(time_s: float) -> str:
    return f"{time_s:.3f}".rstrip("0").rstrip(".")


def _coco(known: LabelSet, rows: Sequence[Annotation], videos: Mapping[int, Video]) -> str:
    """`videos`, `categories` and `annotations` as COCO has them, with `segment` in seconds.

    In a set of numbers annotations have a `value` in place of a category.
    """
    numbers = {label: at for at, label in enumerate(known.labels, 1)}
    used = [videos[key] for key in sorted({each.video_id for each in rows})]
    said = [(each, label) for each in rows for label in each.labels if label != NONE_OF_THEM]

    def what(label: str) -> dict[str, Any]:
        if known.task is Task.NUMBER:
            return {"value": float(label)}
        return {"category_id": numbers[label]}

    document = {
        "info": {
            "description": f"reelwise annotate {known.name}",
            "task": str(known.task),
            "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        "videos": [_coco_video(video) for video in used],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
        "annotations": [
            {"id": number, **_coco_place(each), **what(label)}
            for number, (each, label) in enumerate(said, 1)
        ],
        "none_of_them": [_coco_place(each) for each in rows if each.labels == (NONE_OF_THEM,)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _coco_video(video: Video) -> dict[str, Any]:
    return {
        "id": video.id,
        "file_name": _name(video),
        "title": video.title,
        "duration_s": video.duration_s,
        "width": video.width_px,
        "height": video.height_px,
        "fps": video.fps,
    }


def _coco_place(each: Annotation) -> dict[str, Any]:
    return {
        "video_id": each.video_id,
        "segment": [each.start_s, each.end_s],
        "annotator": each.who,
        "at": each.at.isoformat(),
    }


def _label_studio(known: LabelSet, rows: Sequence[Annotation], videos: Mapping[int, Video]) -> str:
    """One task a video, one result a stretch."""
    tasks = []
    for key in sorted({each.video_id for each in rows}):
        mine = [each for each in rows if each.video_id == key]
        results = [result for each in mine for result in _results(known, each)]
        video = videos[key]
        data = {
            "video": _name(video),
            "title": video.title,
            "duration_s": video.duration_s,
            "task": str(known.task),
        }
        tasks.append({"data": data, "annotations": [{"result": results}]})
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _results(known: LabelSet, each: Annotation) -> list[dict[str, Any]]:
    """A stretch with its labels; one with a number is two results of the same `id`."""
    place = {"start": each.start_s, "end": each.end_s}
    labels = [STRETCH] if known.task is Task.NUMBER else list(each.labels)
    same = {"id": f"{known.name}-{each.id}", "to_name": TO_NAME}
    found = [
        {**same, "from_name": FROM_NAME, "type": "labels", "value": {**place, "labels": labels}}
    ]
    if known.task is Task.NUMBER:
        value = {**place, "number": float(each.labels[0])}
        found.append({**same, "from_name": NUMBER_TAG, "type": "number", "value": value})
    return found
