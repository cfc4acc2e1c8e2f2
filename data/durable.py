"""Files that survive a power cut, and the named places where a test may kill the process.

The rule, everywhere in reelwise: a file is written under a temporary name, fsynced, renamed, and
the folder that received the name is fsynced; only then may anything else refer to it. A name that
does not begin with `TEMP_PREFIX` therefore always stands for a complete file. What is written below
a private folder is private as well, whatever the umask.
"""

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMP_PREFIX = ".tmp-"
"""Names that begin so are unfinished: the next writer removes them."""

_armed: dict[str, int] = {}


def arm_crash(spec: str | None) -> None:
    """Kill this process, with SIGKILL, when the named crash point is passed for the nth time.

    Tests arm it in the processes that they start; nothing else does.

    Args:
        spec: `name` or `name:nth` (1 is the first passing); None or empty disarms.
    """
    _armed.clear()
    if spec:
        name, _, nth = spec.partition(":")
        _armed[name] = int(nth or 1)


def crash_point(name: str) -> None:
    """Mark a place after which a kill must leave a consistent home; costs nothing unless armed."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


def fsync_file(path: Path) -> None:
    """Force the bytes of a file that was written by any means, and its length, to the disk."""
    _fsync(path, os.O_RDONLY)


def fsync_dir(path: Path) -> None:
    """Force the names in a folder (creations, renames, removals) to the disk."""
    _fsync(path, os.O_RDONLY | os.O_DIRECTORY)


def make_dir(path: Path, *, private: bool = False) -> None:
    """Make a folder, with the parents that are missing, so that their names survive a power cut.

    Args:
        path: The folder; one that exists stays as it is.
        private: Only the owner may look into the new ones, whatever the umask; below a private
            folder that is always so.
    """
    if path.is_dir():
        return
    make_dir(path.parent, private=private)
    private = private or is_private(path.parent)
    path.mkdir(exist_ok=True)
    if private:
        path.chmod(0o700)  # not by mkdir's mode: the umask may take rights from the owner, too
    fsync_dir(path.parent)


def is_private(folder: Path) -> bool:
    """Say whether only its owner may look into a folder."""
    return folder.stat().st_mode & 0o077 == 0


def close_to_others(path: Path) -> None:
    """Let only the owner read and write a file, or a folder and all below it.

    Links are not followed.

    Raises:
        PermissionError: It belongs to another user.
    """
    if path.is_symlink():
        return
    facts = path.stat()
    wanted = 0o700 if path.is_dir() else 0o600 | facts.st_mode & 0o100
    if facts.st_mode & 0o777 != wanted:
        path.chmod(wanted)
    if path.is_dir():
        for each in path.iterdir():
            close_to_others(each)


def temp_name(path: Path) -> Path:
    """Name an unfinished file or folder beside its final place."""
    return path.with_name(f"{TEMP_PREFIX}{uuid.uuid4().hex}-{path.name}")


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file and force its bytes to the disk; its name needs `fsync_dir` as well."""
    with path.open("xb") as file:
        if is_private(path.parent):
            os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def link_or_copy(path: Path, target: Path) -> None:
    """Give a file that never changes a second name, and force it to the disk.

    Where the file system has no links it is copied. The new name needs `fsync_dir` as well.
    """
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)
    fsync_file(target)


def replace_synced(source: Path, target: Path) -> None:
    """Rename a finished file or folder to its final name, atomically and durably."""
    if is_private(target.parent):
        close_to_others(source)
    os.replace(source, target)  # noqa: PTH105 - the recorder of the tests watches os.replace
    fsync_dir(target.parent)


@contextmanager
def new_folder(folder: Path, *, point: str) -> Iterator[Path]:
    """Make a folder whose files are written under a temporary name; whole at the end, or not there.

    The caller forces its files to the disk; names and the folder itself are forced here.

    Args:
        folder: The final name; its parent must exist.
        point: Prefix of the crash points `.before_rename` and `.after_rename`.
    """
    temp = temp_name(folder)
    temp.mkdir()
    try:
        yield temp
        fsync_dir(temp)
        crash_point(f"{point}.before_rename")
        replace_synced(temp, folder)
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        raise
    crash_point(f"{point}.after_rename")


def write_atomic(path: Path, content: bytes, *, point: str = "write_atomic") -> None:
    """Replace a file so that any reader, and any power cut, finds the old bytes or the new ones.

    Args:
        path: The final name; its folder must exist.
        content: All bytes of the file.
        point: Prefix of the crash points `.after_fsync`, `.after_rename` and `.after_fsync_dir`.
    """
    temp = temp_name(path)
    try:
        write_synced(temp, content)
        crash_point(f"{point}.after_fsync")
        os.replace(temp, path)  # noqa: PTH105 - the recorder of the tests watches os.replace
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    crash_point(f"{point}.after_rename")
    fsync_dir(path.parent)
    crash_point(f"{point}.after_fsync_dir")


def discard_dir(path: Path) -> None:
    """Remove a finished folder; a kill midway leaves it whole, or under a temporary name."""
    doomed = temp_name(path)
    os.replace(path, doomed)  # noqa: PTH105 - the recorder of the tests watches os.replace
    crash_point("discard_dir.after_rename")
    shutil.rmtree(doomed)


def remove_unfinished(folder: Path) -> int:
    """Remove the temporary files and folders that a killed writer left in one folder.

    Only the holder of the writer lock may call it: a living writer's temporary files look the same.

    Returns:
        How many were removed; 0 for a folder that does not exist.
    """
    if not folder.is_dir():
        return 0
    unfinished = [path for path in folder.iterdir() if path.name.startswith(TEMP_PREFIX)]
    for path in unfinished:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(unfinished)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
