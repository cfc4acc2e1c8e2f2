"""Something-Something V2: JSON lists of `{"id": "78687", "template": "Holding [something]", ...}`.

Files are called `something-something-v2-train.json`, `-validation.json` and `-labels.json`, newer
copies `train.json`, `validation.json` and `labels.json`; the class is the template without its
brackets, and `labels.json` has all of them (as SlowFast's `datasets/ssv2.py` reads them:
https://github.com/facebookresearch/SlowFast). Videos are called `78687.webm`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from data.action_sets.action_set import ActionSet, ActionVideo, Part, classes_of
from data.action_sets.set_files import SetFiles, not_understood, read_json, require_lists

LIST = re.compile(r"(?:something-something-v2-)?(train|validation|labels)\.json")


def read_something(files: SetFiles, splits: Sequence[Path]) -> ActionSet:
    """Read train and validation, of which validation is judged.

    Raises:
        ReelwiseError: There is no list, or it is none of this format.
    """
    lists = {
        match[1]: path
        for path in [*files.lists, *(_beside(splits)), *splits]
        if (match := LIST.fullmatch(path.name))
    }
    require_lists([lists["validation"]] if "validation" in lists else [], files, "validation.json")
    videos: list[ActionVideo] = []
    for part, name in ((Part.TRAIN, "train"), (Part.TEST, "validation")):
        if name in lists:
            videos += _videos(files, lists[name], part)
    named = read_json(lists["labels"]) if "labels" in lists else {}
    if not isinstance(named, dict):
        raise not_understood(lists["labels"], str(named), "an object of classes and numbers")
    return ActionSet(
        "ssv2", "something-something-v2, validation", classes_of(videos, list(named)), tuple(videos)
    )


def _beside(splits: Sequence[Path]) -> list[Path]:
    return [path for each in splits for path in sorted(each.absolute().parent.glob("*.json"))]


def _videos(files: SetFiles, path: Path, part: Part) -> list[ActionVideo]:
    entries = read_json(path)
    videos = []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or not {"id", "template"} <= entry.keys():
            raise not_understood(path, str(entry), "a list of objects with id and template")
        name = f"{entry['id']}.webm"
        label = re.sub(r"[\[\]]", "", str(entry["template"])).strip()
        videos.append(ActionVideo(name, files.find(name), label, part, name))
    return videos
