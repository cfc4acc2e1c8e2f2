"""UCF101: a folder per class, and `ucfTrainTestlist` with three splits.

`classInd.txt` has lines `1 ApplyEyeMakeup`; `trainlist01.txt` lines
`ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1`; `testlist01.txt` the same without the number
(https://www.crcv.ucf.edu/data/UCF101.php; as torchvision's `datasets/ucf101.py` reads them). `g08`
is the recording that a clip was cut from.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from data.action_sets.action_set import ActionSet, ActionVideo, Part, classes_of
from data.action_sets.set_files import SetFiles, not_understood, read_lines, require_lists
from data.errors import ReelwiseError

LIST = re.compile(r"(train|test)list(\d\d)\.txt")
_CLASSES = "classInd.txt"
_GROUP = re.compile(r"(.+_g\d+)_c\d+")


def read_ucf101(files: SetFiles, splits: Sequence[Path]) -> ActionSet:
    """Read the split that a list belongs to, else the first.

    Raises:
        ReelwiseError: There is no such list, or a line is none of this format.
    """
    given = splits or sorted(path for path in files.lists if path.name == "testlist01.txt")
    require_lists(given, files, "testlist01.txt")
    match = LIST.fullmatch(given[0].name)
    if match is None:
        raise not_understood(given[0], given[0].name, "called testlist01.txt or trainlist01.txt")
    folder, number = given[0].absolute().parent, match[2]
    numbers = _class_numbers(folder / _CLASSES)
    videos: list[ActionVideo] = []
    for part in (Part.TRAIN, Part.TEST):
        path = folder / f"{part}list{number}.txt"
        if path.is_file():
            videos += [_video(files, path, line, part, numbers) for line in read_lines(path)]
    return ActionSet(
        "ucf101",
        f"ucf101, split {int(number)}",
        classes_of(videos, list(numbers.values())),
        tuple(videos),
    )


def _class_numbers(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = [line.split() for line in read_lines(path)]
    for pair in pairs:
        if len(pair) != 2 or not pair[0].isdigit():
            raise not_understood(path, " ".join(pair), "a line like '1 ApplyEyeMakeup'")
    return {number: name for number, name in pairs}


def _video(
    files: SetFiles, path: Path, line: str, part: Part, numbers: dict[str, str]
) -> ActionVideo:
    name, _, number = line.partition(" ")
    label, slash, _ = name.partition("/")
    if not slash:
        raise not_understood(path, line, "a line like 'Archery/v_Archery_g01_c01.avi'")
    known = numbers.get(number.strip(), label)
    if number and known != label:
        raise ReelwiseError(
            f"{path} gives {name} the number {number.strip()}, which {_CLASSES} calls {known}",
            fix="take both files from one copy of the set",
        )
    stem = Path(name).stem
    group = _GROUP.fullmatch(stem)
    return ActionVideo(name, files.find(name, label), label, part, group[1] if group else stem)
