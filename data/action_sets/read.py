"""From a folder and its lists to a set: which layout it is, and what it says."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from data.action_sets import hmdb51, something, ucf101
from data.action_sets.action_set import ActionSet, Part
from data.action_sets.folders import read_csv, read_folders
from data.action_sets.kinetics import is_kinetics, read_kinetics
from data.action_sets.set_files import SetFiles
from data.errors import ReelwiseError

Layout = Literal["auto", "ucf101", "hmdb51", "kinetics", "ssv2", "csv", "folders"]
"""How the files of a set are laid out."""

_READERS: dict[str, Callable[[SetFiles, Sequence[Path]], ActionSet]] = {
    "ucf101": ucf101.read_ucf101,
    "hmdb51": hmdb51.read_hmdb51,
    "kinetics": read_kinetics,
    "ssv2": something.read_something,
    "csv": read_csv,
}


def read_action_set(folder: Path, splits: Sequence[Path], layout: Layout = "auto") -> ActionSet:
    """Read a set.

    Args:
        folder: Where its videos lie.
        splits: Its lists; none takes those below the folder.
        layout: How it is laid out; `auto` tells it by the names and columns of the lists.

    Raises:
        ReelwiseError: There is no such folder or list, it cannot be understood, or it names no
            video to judge.
    """
    gone = next((path for path in splits if not path.is_file()), None)
    if gone is not None:
        raise ReelwiseError(f"there is no file {gone}", fix="--split FILE names a list of the set")
    files = SetFiles(folder)
    found = _layout(list(splits) or files.lists, given=bool(splits)) if layout == "auto" else layout
    read = read_folders(files) if found == "folders" else _READERS[found](files, splits)
    if not read.part(Part.TEST):
        raise ReelwiseError(
            f"{read.protocol}: the lists name no video to judge",
            fix="name another list: --split FILE",
        )
    return read


def _layout(lists: Sequence[Path], *, given: bool) -> str:
    names = [path.name for path in lists]
    if any(ucf101.LIST.fullmatch(name) for name in names):
        return "ucf101"
    if any(hmdb51.LIST.fullmatch(name) for name in names):
        return "hmdb51"
    if any(something.LIST.fullmatch(name) for name in names):
        return "ssv2"
    tables = [path for path in lists if path.suffix.lower() == ".csv"]
    if any(is_kinetics(path) for path in tables):
        return "kinetics"
    return "csv" if given else "folders"
