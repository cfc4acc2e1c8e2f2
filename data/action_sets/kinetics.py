"""Kinetics-400, -600 and -700: CSV `label,youtube_id,time_start,time_end,split`.

A clip is called `{youtube_id}_{time_start:06d}_{time_end:06d}.mp4`, in a folder per class or all in
one (https://github.com/cvdfoundation/kinetics-dataset; names as torchvision's
`datasets/kinetics.py` makes them). A file that has the name of the whole recording is judged by
the labelled stretch.
"""

from collections.abc import Sequence
from pathlib import Path

from data.action_sets.action_set import ActionSet, ActionVideo, Part, classes_of
from data.action_sets.parts import judged_part, part_named
from data.action_sets.set_files import SetFiles, require_lists
from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table
from data.numbers import number_of

HEADER = "label,youtube_id,time_start,time_end,split"


def is_kinetics(path: Path) -> bool:
    """Whether a CSV file has Kinetics' columns."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            columns = {name.strip().lower() for name in file.readline(4096).split(",")}
    except OSError:
        return False
    return {"label", "youtube_id"} <= columns


def read_kinetics(files: SetFiles, splits: Sequence[Path]) -> ActionSet:
    """Read the lists given, else all of the folder; validation is judged, where there is none test.

    Raises:
        ReelwiseError: There is no list, or a row has no label, id or times.
    """
    given = splits or [
        path for path in files.lists if path.suffix.lower() == ".csv" and is_kinetics(path)
    ]
    require_lists(given, files, "val.csv of Kinetics")
    rows = [(path, row) for path in given for row in _rows(path)]
    names = [part_named(row["split"] or path.stem, path) for path, row in rows]
    judged = judged_part(names)
    videos = [
        _video(files, path, row, Part.TRAIN if name == "train" else Part.TEST)
        for (path, row), name in zip(rows, names, strict=True)
        if name in ("train", judged)
    ]
    return ActionSet("kinetics", f"kinetics, {judged}", classes_of(videos), tuple(videos))


def _rows(path: Path) -> list[TableRow]:
    required = ["label", "youtube_id", "time_start", "time_end"]
    return read_table(path, required, header=HEADER).rows


def _video(files: SetFiles, path: Path, row: TableRow, part: Part) -> ActionVideo:
    start_s, end_s = number_of(row["time_start"]), number_of(row["time_end"])
    label, youtube_id = row["label"], row["youtube_id"]
    if start_s is None or end_s is None or not 0 <= start_s < end_s or not label or not youtube_id:
        raise ReelwiseError(
            f"{path}, line {row.line}: needs a label, an id and 0 <= time_start < time_end",
            fix=f"give the file as it is published, with the columns {HEADER}",
        )
    name = f"{youtube_id}_{int(start_s):06d}_{int(end_s):06d}"
    folders = (label, label.replace(" ", "_"))
    clip = next(filter(None, (files.find(f"{name}.mp4", folder) for folder in folders)), None)
    if clip is not None:
        return ActionVideo(f"{name}.mp4", clip, label, part, youtube_id)
    whole = files.find(f"{youtube_id}.mp4")
    if whole is None:
        return ActionVideo(f"{name}.mp4", None, label, part, youtube_id)
    return ActionVideo(f"{name}.mp4", whole, label, part, youtube_id, start_s, end_s)
