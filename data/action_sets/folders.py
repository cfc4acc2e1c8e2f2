"""Any set with a folder per class, and any CSV `video,label[,split]`.

Folders `train`, `val` and `test` above the classes are parts, as torchvision's
`datasets/kinetics.py` has them; without them every video is judged and none is trained on.
"""

from collections.abc import Sequence
from pathlib import Path

from data.action_sets.action_set import ActionSet, ActionVideo, Part, classes_of
from data.action_sets.parts import PART_NAMES, judged_part, part_named
from data.action_sets.set_files import SetFiles, require_lists
from data.errors import ReelwiseError
from data.interval_table import read_table


def read_folders(files: SetFiles) -> ActionSet:
    """Take the folder that a video lies in for its class.

    Raises:
        ReelwiseError: No video lies in a folder of its own class.
    """
    videos, names = [], set()
    for path in files.videos:
        *above, label = path.parent.relative_to(files.folder).parts or ("",)
        part = next((PART_NAMES[name.lower()] for name in above if name.lower() in PART_NAMES), "")
        if label:
            names.add(part)
            videos.append((path, label, part))
    if not videos:
        raise ReelwiseError(
            f"{files.folder} has no folder of a class with videos",
            fix="give a folder with a folder of videos for each class, or --split FILE",
        )
    judged = judged_part(names) if names != {""} else ""
    kept = [
        ActionVideo(
            str(path.relative_to(files.folder)),
            path,
            label,
            Part.TRAIN if part == "train" else Part.TEST,
            str(path),
        )
        for path, label, part in videos
        if part in ("train", judged)
    ]
    return ActionSet("folders", f"folders, {judged or 'all'}", classes_of(kept), tuple(kept))


def read_csv(files: SetFiles, splits: Sequence[Path]) -> ActionSet:
    """Read CSV lists; a row without a part is judged.

    Raises:
        ReelwiseError: There is no list, or it lacks a column or a value.
    """
    require_lists(splits, files, "split.csv with video,label,split")
    rows = []
    for path in splits:
        table = read_table(path, ["video", "label"], header="video,label,split")
        for row in table.rows:
            if not row["video"] or not row["label"]:
                raise ReelwiseError(
                    f"{path}, line {row.line}: needs a video and a label", fix="complete the line"
                )
            rows.append((row, part_named(row["split"] or "test", path)))
    judged = judged_part(part for _, part in rows)
    videos = [
        ActionVideo(
            row["video"],
            _file(files, row["video"], row["label"]),
            row["label"],
            Part.TRAIN if part == "train" else Part.TEST,
            row["group"] or row["video"],
        )
        for row, part in rows
        if part in ("train", judged)
    ]
    named = ", ".join(path.name for path in splits)
    return ActionSet("csv", f"{named}, {judged}", classes_of(videos), tuple(videos))


def _file(files: SetFiles, name: str, label: str) -> Path | None:
    path = files.folder / name
    return path if path.is_file() else files.find(name, label)
