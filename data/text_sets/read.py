"""From a file or a folder to a set: which set it is, what it asks, and where its videos are."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from data.action_sets.set_files import SetFiles
from data.errors import ReelwiseError
from data.regular import open_regular
from data.text_sets import didemo, msr_vtt, negbench, rtime
from data.text_sets.located import Entry, read_entries
from data.text_sets.text_set import TextSet

Kind = Literal["auto", "msr-vtt", "didemo", "negbench", "rtime"]
"""Which set a file belongs to."""

_SUFFIXES = (".csv", ".json")


def read_text_set(dataset: Path, videos: Path | None, kind: Kind, part: str) -> TextSet:
    """Read a set and look its videos up.

    Args:
        dataset: A file of it, or a folder with one, of several the one that is called test.
        videos: The folder of its videos; None takes that of the file.
        kind: Which set it is; `auto` tells it by the columns and fields of the file.
        part: Which part of MSR-VTT's JSON.

    Raises:
        ReelwiseError: There is no such file, it cannot be understood, or it asks nothing.
    """
    for path in (dataset, videos):
        if path is not None and not path.exists():
            raise ReelwiseError(
                f"there is no file or folder {path}",
                fix="reelwise evaluate texts --dataset FILE --videos FOLDER",
            )
    if videos is not None and not videos.is_dir():
        raise ReelwiseError(f"{videos} is no folder", fix="--videos FOLDER is that of the videos")
    path = _list_in(dataset, kind) if dataset.is_dir() else dataset
    read = _read(path, kind, part)
    if not read.videos:
        raise ReelwiseError(f"{path} names no video", fix="give the file of the test part")
    below = videos or (dataset if dataset.is_dir() else dataset.absolute().parent)
    files = SetFiles(below)
    found = [
        replace(video, path=next(filter(None, map(files.find, video.names)), None))
        for video in read.videos
    ]
    return replace(read, videos=tuple(found))


def _list_in(folder: Path, kind: Kind) -> Path:
    """The one file of a folder that is a list of a set."""
    lists = [path for path in SetFiles(folder).lists if path.suffix.lower() in _SUFFIXES]
    known = [path for path in lists if _is_list(path, kind)]
    tests = [path for path in known if "test" in path.stem.lower()] or known
    if len(tests) == 1:
        return tests[0]
    named = ", ".join(str(path) for path in tests[:5])
    raise ReelwiseError(
        f"{folder} has {len(tests)} lists of a set" + (f": {named}" if named else ""),
        fix=f"name one: --dataset {tests[0] if tests else 'FILE'} --videos {folder}",
    )


def _is_list(path: Path, kind: Kind) -> bool:
    try:
        found = _kind_of(path, [] if _is_table(path) else read_entries(path))
    except ReelwiseError:
        return False
    return found is not None and kind in ("auto", found)


def _read(path: Path, kind: Kind, part: str) -> TextSet:
    entries = [] if _is_table(path) else read_entries(path)
    found = _kind_of(path, entries)
    if found is None or kind not in ("auto", found):
        wanted = "a list of MSR-VTT, DiDeMo, NegBench or RTime" if kind == "auto" else kind
        what = f"looks like {found}, not {kind}" if found else f"is not {wanted}"
        raise ReelwiseError(
            f"{path} {what}: {_seen(path, entries)}",
            fix="docs/evaluation.md says which columns and fields are read",
        )
    if found == msr_vtt.KIND:
        return msr_vtt.read_msr_vtt(path, entries, part) if entries else msr_vtt.read_jsfusion(path)
    if found == didemo.KIND:
        return didemo.read_didemo(path, entries)
    return (
        negbench.read_negbench(path) if found == negbench.KIND else rtime.read_rtime(path, entries)
    )


def _kind_of(path: Path, entries: list[Entry]) -> str | None:
    if _is_table(path):
        columns = _columns(path)
        if set(msr_vtt.COLUMNS) <= set(columns):
            return msr_vtt.KIND
        return negbench.KIND if negbench.is_negbench(columns) else None
    if msr_vtt.is_msr_vtt(entries):
        return msr_vtt.KIND
    if didemo.is_didemo(entries):
        return didemo.KIND
    return rtime.KIND if rtime.is_rtime(entries) else None


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _columns(path: Path) -> list[str]:
    try:
        with open_regular(path) as file:
            first = file.readline(4096).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error}", fix="give an existing file"
        ) from error
    return [name.strip().lower() for name in first.split(",")]


def _seen(path: Path, entries: list[Entry]) -> str:
    if _is_table(path):
        return f"its columns are {', '.join(_columns(path))[:200]}"
    first = entries[0].value if entries else None
    fields = list(first) if isinstance(first, dict) else []
    return f"the fields of its first entry are {', '.join(map(str, fields))[:200] or 'none'}"
