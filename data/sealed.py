"""JSON files with a checksum of themselves, and checksums of other files."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST_FILE = "manifest.json"
"""Name of the sealed file that lists the other files of a folder with their checksums."""


@dataclass(frozen=True)
class FileSum:
    """Checksum and size of a file, to check it before it is read."""

    sha256: str
    """Checksum, hex."""
    size_bytes: int
    """Size."""


def file_sum(path: Path) -> FileSum:
    """Compute a file's checksum and size.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileSum(digest.hexdigest(), file.tell())


def bytes_sum(content: bytes | memoryview) -> FileSum:
    """Compute the checksum and size of a file that was read."""
    return FileSum(hashlib.sha256(content).hexdigest(), len(content))


def seal(values: dict[str, Any]) -> bytes:
    """Give an object as JSON that ends with the checksum of all bytes before it."""
    return _sealed(json.dumps(values, indent=1).removesuffix("\n}").encode())


def unseal(content: bytes) -> dict[str, Any]:
    """Give the object that `seal` was given; nothing is parsed before the checksum is right.

    Raises:
        ValueError: The checksum does not fit the bytes.
    """
    if content != _sealed(content[: -len(_seal(b""))]):
        raise ValueError("wrong checksum")
    values: dict[str, Any] = json.loads(content)
    del values["seal"]
    return values


def _sealed(body: bytes) -> bytes:
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return f',\n "seal": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()
