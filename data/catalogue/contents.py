"""Which bytes a file holds: by samples, and in full where these do not decide."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from data.catalogue.records import FileRecord
from data.video.scan import FoundFile, content_hash, content_key, key_beside, sampled_key

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
    download that was completed, tags that were edited) all bytes are compared.

    Args:
        known: All files of the catalogue.
        sampled: Gives the identity of a file by samples.
        whole: Gives the hash of all bytes of a file.
    """

    def __init__(
        self,
        known: Iterable[FileRecord],
        sampled: ContentKey = content_key,
        whole: ContentKey = content_hash,
    ) -> None:
        self._sampled, self._whole = sampled, whole
        self._hashed: dict[str, list[FileRecord]] = {}
        for file in known:
            if file.content_key and file.content_hash:
                self._hashed.setdefault(sampled_key(file.content_key), []).append(file)

    def of(self, file: FoundFile) -> FileContent:
        """The content of a file.

        Raises:
            OSError: It cannot be read.
        """
        sampled = self._sampled(file.path)
        alike = self._hashed.get(sampled, [])
        if not alike:
            return FileContent(sampled, None)
        for each in alike:
            if (each.size_bytes, each.mtime_ns) == (file.size_bytes, file.mtime_ns):
                return FileContent(each.content_key or sampled, each.content_hash)
        whole = self._whole(file.path)
        for each in alike:
            if each.content_hash == whole:
                return FileContent(each.content_key or sampled, whole)
        return FileContent(key_beside(sampled, whole), whole)
