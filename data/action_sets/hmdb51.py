"""HMDB51: a folder per class, and for each class and split a list `brush_hair_test_split1.txt`.

Its lines are a file name and 1 for train, 2 for test, 0 for neither
(https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database/; as torchvision's
`datasets/hmdb51.py` reads them). A name is the recording, the class, and what is seen of the body,
the camera, how many people, from where and how well: `April_09_brush_hair_u_nm_np1_ba_goo_0.avi`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from data.action_sets.action_set import ActionSet, ActionVideo, Part, classes_of
from data.action_sets.set_files import SetFiles, not_understood, read_lines, require_lists

LIST = re.compile(r"(.+)_test_split(\d)\.txt")
_DESCRIPTION = r"[a-z]_[a-z]{2}_np\d+_[a-z]{2}_[a-z]{3}_\d+"
_PARTS = {"1": Part.TRAIN, "2": Part.TEST, "0": None}


def read_hmdb51(files: SetFiles, splits: Sequence[Path]) -> ActionSet:
    """Read the split that a list belongs to, else the first; lists of all classes are read.

    Raises:
        ReelwiseError: There is no such list, or a line is none of this format.
    """
    given = splits or sorted(path for path in files.lists if path.name.endswith("_test_split1.txt"))
    require_lists(given, files, "brush_hair_test_split1.txt")
    match = LIST.fullmatch(given[0].name)
    if match is None:
        raise not_understood(given[0], given[0].name, "called brush_hair_test_split1.txt")
    number = match[2]
    videos: list[ActionVideo] = []
    for path in sorted(given[0].absolute().parent.glob(f"*_test_split{number}.txt")):
        label = path.name.removesuffix(f"_test_split{number}.txt")
        videos += filter(None, (_video(files, path, line, label) for line in read_lines(path)))
    return ActionSet("hmdb51", f"hmdb51, split {number}", classes_of(videos), tuple(videos))


def _video(files: SetFiles, path: Path, line: str, label: str) -> ActionVideo | None:
    name, _, number = line.rpartition(" ")
    if not name or number not in _PARTS:
        raise not_understood(path, line, "a file name and 0, 1 or 2")
    part, name = _PARTS[number], name.strip()
    if part is None:
        return None
    stem = Path(name).stem
    described = re.fullmatch(f"(.+)_{re.escape(label)}_{_DESCRIPTION}", stem)
    group = described[1] if described else stem
    return ActionVideo(name, files.find(name, label), label, part, group)
