"""What changed in the library's folders since the last scan, decided without decoding."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.catalogue import FileRecord
from data.catalogue.contents import Contents, FileContent
from data.video.found import FoundFile, file_title
from data.video.passed_over import PassedOver


@dataclass(frozen=True)
class Unseen:
    """A folder or file that the scan could not read."""

    path: Path
    """Where it lies."""
    reason: str
    """Why, as the system says."""


@dataclass
class FileChanges:
    """Counts of changed and unchanged files."""

    added: int = 0
    """Contents that no other file of the library holds."""
    edited: int = 0
    """Known files with other content; the old one stays only where another file holds it."""
    moved: int = 0
    """Known contents under another name, whose old name is gone or holds other content."""
    copies: int = 0
    """Known contents under one more name."""
    touched: int = 0
    """Files with the same content and another time stamp."""
    unchanged: int = 0
    """Files that were not even opened."""
    removed: int = 0
    """Files of known videos that are gone, without those that only moved."""


@dataclass
class Plan(FileChanges):
    """The changes; none of them is recorded yet."""

    records: list[FileRecord] = field(default_factory=list)
    """Files to record: new, changed, touched or unreadable ones."""
    gone: list[Path] = field(default_factory=list)
    """Known files that are no longer there."""
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    """Files whose bytes could not be read, with the reason."""
    fresh: set[Path] = field(default_factory=set)
    """Files whose content is new to them: added, edited or copied ones."""
    retouched: set[Path] = field(default_factory=set)
    """Files with the same sampled content and another time stamp."""
    passed_over: list[PassedOver] = field(default_factory=list)
    """What the scan left out, in the order it was met."""
    unseen: list[Unseen] = field(default_factory=list)
    """What the scan could not read; nothing below it is taken for gone."""


def plan_changes(
    scanned: Iterable[FoundFile | Unseen | PassedOver],
    known: Mapping[Path, FileRecord],
    roots: Sequence[Path],
    contents: Contents,
) -> Plan:
    """Tell added, edited, moved, copied, touched, unchanged and removed files apart.

    A file with the same size, time stamp and file number as before is unchanged. Of any other the
    content is read (192 KiB of it; all of it where that alone does not decide), and content
    decides: moved and copied files need no decoding.

    Args:
        scanned: What a scan of `roots` gives.
        known: All files of the catalogue by absolute path; only those below `roots` can be gone.
        roots: The folders and files that were scanned, absolute.
        contents: Gives the identity of a file's bytes.
    """
    plan = Plan()
    now: dict[Path, str | None] = {}
    changed: list[tuple[FoundFile, FileContent]] = []
    for file in scanned:
        if isinstance(file, Unseen):
            plan.unseen.append(file)
            continue
        if isinstance(file, PassedOver):
            plan.passed_over.append(file)
            continue
        before = known.get(file.path)
        if before is not None and before.content_key and _same_stat(file, before):
            plan.unchanged += 1
            now[file.path] = before.content_key
            continue
        content = _read_content(file, before, contents, plan)
        if content is not None:
            changed.append((file, content))
        now[file.path] = content.key if content else before.content_key if before else None
    unseen = [each.path for each in plan.unseen]
    plan.gone = [
        path
        for path in known
        if path not in now and is_below(path, roots) and not is_below(path, unseen)
    ]
    _sort_changed(plan, changed, known, now)
    return plan


def is_below(path: Path, roots: Iterable[Path]) -> bool:
    """True for one of the roots and for anything inside one of them."""
    parents = set(path.parents)
    return any(root == path or root in parents for root in roots)


def _same_stat(file: FoundFile, before: FileRecord) -> bool:
    now = (file.size_bytes, file.mtime_ns, file.inode)
    return now == (before.size_bytes, before.mtime_ns, before.inode)


def _read_content(
    file: FoundFile, before: FileRecord | None, contents: Contents, plan: Plan
) -> FileContent | None:
    try:
        return contents.of(file)
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}"
    plan.unreadable.append((file.path, reason))
    # What was indexed from it before stays searchable: a lost permission is not a deletion.
    if before is None or before.content_key is None:
        plan.records.append(_record(file, None, reason=reason))
    return None


def _sort_changed(
    plan: Plan,
    changed: Sequence[tuple[FoundFile, FileContent]],
    known: Mapping[Path, FileRecord],
    now: Mapping[Path, str | None],
) -> None:
    names = _Names(known, now, set(plan.gone))
    for file, content in changed:
        key = content.key
        before_key = known[file.path].content_key if file.path in known else None
        # The file that was first keeps naming the video.
        title = None if key in names.held or before_key == key else file_title(file.path)
        if before_key == key:
            plan.touched += 1
            plan.retouched.add(file.path)
        elif names.take(key):
            plan.moved += 1
        elif before_key is not None:
            plan.edited += 1
            plan.fresh.add(file.path)
        elif key in names.held:
            plan.copies += 1
            plan.fresh.add(file.path)
        else:
            plan.added += 1
            plan.fresh.add(file.path)
        names.held.add(key)
        plan.records.append(replace(_record(file, key, title=title), content_hash=content.whole))
    plan.removed = names.vanished.total()


class _Names:
    """Which names still hold a content, and which no longer do."""

    def __init__(
        self, known: Mapping[Path, FileRecord], now: Mapping[Path, str | None], gone: set[Path]
    ) -> None:
        self.vanished: Counter[str] = Counter()
        """Names that are gone, by the content they held."""
        self._overwritten: Counter[str] = Counter()
        self.held: set[str] = set()
        """Contents that some name holds."""
        for path, before in known.items():
            key = before.content_key
            if not key:
                continue
            if path in gone:
                self.vanished[key] += 1
            elif now.get(path, key) != key:
                self._overwritten[key] += 1
            else:
                self.held.add(key)

    def take(self, key: str) -> bool:
        """Use up one name that no longer holds this content; False where there is none."""
        for left in (self.vanished, self._overwritten):
            if left[key] > 0:
                left[key] -= 1
                return True
        return False


def _record(
    file: FoundFile, key: str | None, *, reason: str | None = None, title: str | None = None
) -> FileRecord:
    return FileRecord(
        path=file.path,
        size_bytes=file.size_bytes,
        mtime_ns=file.mtime_ns,
        inode=file.inode,
        content_key=key,
        reason=reason,
        title=title,
    )
