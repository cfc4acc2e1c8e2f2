"""Files that are gone all at once: deleted, or on a disk that is not connected?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.catalogue import FileRecord
from indexer.build.files.plan import Plan, is_below

MANY_FILES = 20
"""More than half of a folder's files, and at least this many, are too many to vanish unasked."""

MOUNT_FILES = 10
"""An empty folder that held this many is taken for the mount point of an unplugged disk."""


@dataclass(frozen=True)
class Emptied:
    """A folder whose files are suddenly gone."""

    folder: Path
    """A root or an empty folder below one."""
    files: tuple[Path, ...]
    """The known files that are gone."""


def suddenly_empty(
    plan: Plan, known: Mapping[Path, FileRecord], roots: Sequence[Path]
) -> list[Emptied]:
    """Find what must not drop out of the library without a question.

    That is: every known file of a root; more than half of a root's, if `MANY_FILES` or more; and
    `MOUNT_FILES` or more of a folder that is still there and empty. Files that merely moved, or
    that are there and passed over, do not count.
    """
    arrived = {record.content_key for record in plan.records}
    gone = [
        path for path in plan.gone if known[path].content_key not in arrived and not path.exists()
    ]
    if not gone:
        return []
    found = []
    for root in roots:
        mine = tuple(path for path in gone if is_below(path, [root]))
        n_known = sum(is_below(path, [root]) for path in known)
        if mine and (len(mine) == n_known or (len(mine) >= MANY_FILES and 2 * len(mine) > n_known)):
            found.append(Emptied(root, mine))
        else:
            found += _mount_points(mine, root)
    return found


def _mount_points(gone: Iterable[Path], root: Path) -> list[Emptied]:
    below: dict[Path, list[Path]] = {}
    for path in gone:
        for parent in path.parents:
            if parent == root:
                break
            below.setdefault(parent, []).append(path)
    return [
        Emptied(folder, tuple(files))
        for folder, files in below.items()
        if len(files) >= MOUNT_FILES and folder.is_dir() and not any(folder.iterdir())
    ]


def hold_back(plan: Plan, emptied: Iterable[Emptied]) -> None:
    """Keep the files of these folders in the library although they are gone."""
    kept = {path for each in emptied for path in each.files}
    plan.removed -= len(kept & set(plan.gone))
    plan.gone = [path for path in plan.gone if path not in kept]
