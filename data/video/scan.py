"""The video files in a library's folders, and their titles."""

import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from data.errors import UnreadableVideo
from data.video.containers import FileKind, kind_by_name, kind_of, read_head
from data.video.found import FoundFile, RootRules
from data.video.passed_over import PassedOver, Patterns, Reason, file_reason, folder_reason

Unreadable = Callable[[Path, str], None]

_log = logging.getLogger(__name__)


def scan(
    paths: Sequence[Path],
    *,
    rules: Mapping[Path, RootRules] | None = None,
    on_unreadable: Unreadable | None = None,
    on_passed_over: Callable[[PassedOver], None] | None = None,
) -> Iterator[FoundFile]:
    """Video files below the given folders, and the given files, each once, in order of name.

    A file counts by its suffix, and any other by its first bytes. Links are followed where they
    stay inside the given folder, and out of it only where its rules say so; loops end, since no
    folder is looked into twice. `data.video.passed_over` says what else is left out. A path that
    is named itself is never left out.

    Args:
        paths: Folders and files.
        rules: By absolute path of a folder what the user asked for it.
        on_unreadable: Called with every folder or file that cannot be read, and the reason; by
            default they are logged.
        on_passed_over: Called with every folder or file that is left out.
    """
    walk = _Walk(on_unreadable or _log_unreadable, on_passed_over or (lambda _: None))
    given: set[Path] = set()
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would replace links by their targets)
        status = _stat(absolute, walk.report)
        if status is None:
            continue
        is_folder = stat.S_ISDIR(status.st_mode)
        asked = (rules or {}).get(absolute, RootRules())
        for file in walk.files(absolute, asked) if is_folder else [absolute]:
            if file not in given:
                given.add(file)
                entry = _video_file(file, walk, named=not is_folder)
                if entry is not None:
                    yield entry


def _log_unreadable(path: Path, reason: str) -> None:
    _log.warning("%r passed over: %s", str(path), reason)


def _stat(path: Path, report: Unreadable) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        report(path, getattr(error, "strerror", None) or str(error))
        return None


class _Walk:
    """Goes through folders without recursion (deep trees) and without loops (links)."""

    def __init__(self, report: Unreadable, passed_over: Callable[[PassedOver], None]) -> None:
        self.report = report
        self._passed_over = passed_over
        self._seen: set[tuple[int, int]] = set()

    def pass_over(self, path: Path, reason: Reason, what: str = "") -> None:
        self._passed_over(PassedOver(path, reason, what))

    def files(self, root: Path, rules: RootRules) -> Iterator[Path]:
        """Files of a folder and all below it; links to folders come after everything else."""
        patterns, real = Patterns(root, rules.excludes), root.resolve()
        waiting, links = [root], list[Path]()
        while waiting or links:
            # What links lead to is found under its own name where it has one below the folder.
            here = waiting.pop() if waiting else links.pop(0)
            if not self._enter(here):
                continue
            folders: list[Path] = []
            for entry in self._entries(here):
                path, is_folder, is_link = here / entry.name, _is_folder(entry), entry.is_symlink()
                reason = (folder_reason if is_folder else file_reason)(path, patterns)
                if reason is None and is_link and not rules.follow_links:
                    reason = _leads_out(path, real)
                if reason is not None:
                    self.pass_over(path, reason)
                elif is_folder:
                    (links if is_link else folders).append(path)
                else:
                    yield path
            waiting.extend(reversed(folders))

    def _enter(self, folder: Path) -> bool:
        status = _stat(folder, self.report)
        if status is None or (status.st_dev, status.st_ino) in self._seen:
            return False
        self._seen.add((status.st_dev, status.st_ino))
        return True

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=attrgetter("name"))
        except OSError as error:
            self.report(folder, error.strerror or str(error))
            return []


def _leads_out(link: Path, root: Path) -> Reason | None:
    """Whether a link ends outside the (resolved) folder that is scanned."""
    try:
        return None if link.resolve().is_relative_to(root) else Reason.LINK
    except (OSError, RuntimeError):  # a loop of links
        return Reason.LINK


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _video_file(path: Path, walk: _Walk, *, named: bool) -> FoundFile | None:
    kind = kind_by_name(path.name)
    if kind is not None and kind.standing != "video" and not named:
        walk.pass_over(path, _REASONS[kind.standing], kind.what)
        return None
    status = _stat(path, walk.report)
    if status is None:
        return None
    if not stat.S_ISREG(status.st_mode):
        walk.pass_over(path, Reason.SPECIAL)
        return None
    if not named and kind is None:
        kind = _kind(path)
        if kind.standing != "video":
            walk.pass_over(path, _REASONS[kind.standing], kind.what)
            return None
    return FoundFile(path, status.st_size, status.st_mtime_ns, status.st_ino)


_REASONS = {"passed over": Reason.FORMAT, "other": Reason.OTHER}


def _kind(path: Path) -> FileKind:
    try:
        return kind_of(path.name, read_head(path))
    except UnreadableVideo as error:
        return FileKind("other", what=error.reason)
