"""Which bytes a file holds: by samples, and in full where these do not decide."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data.catalogue.records import DOUBTFUL, FileRecord
from data.video.content import content_hash, content_key, key_beside, sampled_key
from data.video.found import FoundFile

ContentKey = Callable[[Path], str]


@dataclass(frozen=True)
class FileContent:
    """What the bytes of one file are."""

    key: str
    """Their identity."""
    whole: str | None
    """The SHA-256 of all of them, where it is known."""


class Contents:
    """Finds the identity of files, and reads them whole where samples do not decide.

    The rule: equal samples and an equal time stamp are equal bytes; with another time stamp (a
    download that was completed, tags that were edited) all bytes are compared, also with those of a
    video whose files are gone, and those of a file that was met a moment ago. So they are where
    `verify --deep` found that a file changed and kept its time stamp.

    Args:
        known: All files of the catalogue.
        hashes: By content key the SHA-256 of all bytes, of every video that was read whole.
        sampled: Gives the identity of a file by samples.
        whole: Gives the hash of all bytes of a file.
    """

    def __init__(
        self,
        known: Iterable[FileRecord],
        hashes: Mapping[str, str],
        sampled: ContentKey = content_key,
        whole: ContentKey = content_hash,
    ) -> None:
        self._sampled, self._whole = sampled, whole
        self._stamps: dict[str, dict[tuple[int, int], FileContent | None]] = {}
        self._hashed: dict[str, dict[str, FileContent]] = {}
        self._unread: dict[str, Path] = {}
        self._doubtful: set[Path] = set()
        for key, each in hashes.items():
            self._hashed.setdefault(sampled_key(key), {})[each] = FileContent(key, each)
        for file in known:
            if file.mtime_ns == DOUBTFUL:
                self._doubtful.add(file.path)
            elif file.content_key and file.content_key in hashes:
                content = FileContent(file.content_key, hashes[file.content_key])
                self._remember(sampled_key(content.key), file, content)

    def of(self, file: FoundFile) -> FileContent:
        """The content of a file.

        Raises:
            OSError: It cannot be read.
        """
        sampled = self._sampled(file.path)
        content = self._stamps.get(sampled, {}).get((file.size_bytes, file.mtime_ns))
        if content is None or file.path in self._doubtful:
            content = self._by_all_bytes(sampled, file)
            self._remember(sampled, file, content)
        return content

    def _by_all_bytes(self, sampled: str, file: FoundFile) -> FileContent:
        hashed = self._hashed.setdefault(sampled, {})
        if sampled in self._unread:
            # Another file of this scan has these samples, and was the only one until now.
            with suppress(OSError):
                first = self._whole(self._unread[sampled])
                hashed[first] = FileContent(sampled, first)
        elif not hashed:
            self._unread[sampled] = file.path
            return FileContent(sampled, None)
        self._unread.pop(sampled, None)
        whole = self._whole(file.path)
        return hashed.setdefault(whole, FileContent(key_beside(sampled, whole), whole))

    def _remember(self, sampled: str, file: FileRecord | FoundFile, content: FileContent) -> None:
        stamps, stamp = self._stamps.setdefault(sampled, {}), (file.size_bytes, file.mtime_ns)
        # A time stamp that two contents share tells nothing.
        stamps[stamp] = content if stamps.get(stamp, content) == content else None
