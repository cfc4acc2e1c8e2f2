"""Folders without any video: said, with what was looked for, before a model is loaded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.video.containers import VIDEO_SUFFIXES
from data.video.found import RootRules
from data.video.passed_over import PassedOver
from data.video.scan import scan

NAMED_FORMATS = ("mp4", "mkv", "mov", "avi", "webm", "mpg", "ts", "wmv", "gif")
"""The formats that an error names; the others are counted."""


@dataclass
class EmptyFolder:
    """A folder without any video, and what lies in it instead."""

    path: Path
    """The folder, absolute."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """What was left out, by reason."""
    unreadable: int = 0
    """Files and folders below it that could not be read."""

    def told(self) -> str:
        """What is in it, in words; empty where it holds nothing at all."""
        parts = [f"{number:,} {reason}" for reason, number in self.passed_over.items()]
        parts += [f"{self.unreadable:,} that cannot be read"] if self.unreadable else []
        return ", ".join(parts)


def empty_folders(
    catalogue: Catalogue | None, roots: Sequence[Path], rules: Mapping[Path, RootRules]
) -> list[EmptyFolder]:
    """Those of the folders that hold no video now and held none before.

    A folder that becomes empty is another matter: its videos drop out of the library.

    Args:
        catalogue: The library; None where there is none yet.
        roots: The folders, absolute.
        rules: What is asked for each.

    Raises:
        ReelwiseError: All of them are such folders.
    """
    looked = (_look(root, rules.get(root, RootRules())) for root in roots if root.is_dir())
    found = [
        each
        for each in looked
        if each and (catalogue is None or not catalogue.files.any_below(each.path))
    ]
    if found and len(found) == len(roots):
        raise _no_video(found)
    return found


def _look(root: Path, rules: RootRules) -> EmptyFolder | None:
    """None as soon as one video is found."""
    empty = EmptyFolder(root)

    def pass_over(left_out: PassedOver) -> None:
        empty.passed_over[left_out.reason.value] += 1

    def unreadable(_path: Path, _reason: str) -> None:
        empty.unreadable += 1

    files = scan([root], rules={root: rules}, on_unreadable=unreadable, on_passed_over=pass_over)
    return None if next(files, None) is not None else empty


def _no_video(folders: Sequence[EmptyFolder]) -> ReelwiseError:
    others = len(VIDEO_SUFFIXES) - len(NAMED_FORMATS)
    names = ", ".join(str(each.path) for each in folders)
    inside = "; ".join(filter(None, (each.told() for each in folders))) or "nothing"
    return ReelwiseError(
        f"no video below {names} (looked for {', '.join(NAMED_FORMATS)} and {others} more formats; "
        f"found {inside})",
        fix="name the folder that holds the videos: reelwise index FOLDER",
    )
