"""The identity of what a file holds: by samples, and by all of its bytes."""

import hashlib
import os
from pathlib import Path

from data.regular import open_regular

SAMPLE_BYTES = 64 * 1024


def content_key(path: Path) -> str:
    """Identity of a file's content, from its size and 192 KiB of it: start, middle and end.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        digest.update(size_bytes.to_bytes(8, "big"))
        if size_bytes <= 3 * SAMPLE_BYTES:
            digest.update(file.read())
        else:
            for at in (0, (size_bytes - SAMPLE_BYTES) // 2, size_bytes - SAMPLE_BYTES):
                file.seek(at)
                digest.update(file.read(SAMPLE_BYTES))
    return digest.hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of all bytes of a file.

    Raises:
        OSError: The file cannot be read.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sampled_key(content_key: str) -> str:
    """Give what `content_key` says of a content, also where `key_beside` told it from another."""
    return content_key.partition("-")[0]


def key_beside(sampled: str, whole: str) -> str:
    """Give the identity of a content whose samples another content has too, by its hash."""
    return f"{sampled}-{whole}"
