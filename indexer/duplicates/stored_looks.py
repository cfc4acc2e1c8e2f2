"""The looks of all videos in one file with a checksum, derived from the stored vectors.

The rule: a file that is missing, damaged or of another format costs reading, never an answer. What
it does not know of is read from the vector parts again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from data.durable import make_dir, write_atomic
from data.errors import DamagedFile
from data.home import Home
from indexer.duplicates.looks import Stored
from indexer.duplicates.patterns import PATTERN_SIZE
from indexer.store.array_files import array_bytes

FORMAT = b"reelwise looks 1\n"
"""The first bytes; they change whenever the same pictures would give other looks."""
_DIGEST = hashlib.sha256().digest_size


def looks_file(home: Home, encoder_id: str) -> Path:
    """Where the looks of one encoder's videos are stored."""
    return home.duplicates(encoder_id).with_suffix(".looks")


def read_looks(path: Path) -> dict[int, Stored]:
    """What is stored, by video; nothing where there is no file, or one of another format.

    Raises:
        DamagedFile: It is not as it was written.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _damaged(path) from error
    if not content.startswith(FORMAT):
        if content.startswith(b"reelwise looks "):
            return {}
        raise _damaged(path)
    digest, body = content[len(FORMAT) :][:_DIGEST], content[len(FORMAT) + _DIGEST :]
    if hashlib.sha256(body).digest() != digest:
        raise _damaged(path)
    source = BytesIO(body)
    ids, counts, rows = (np.load(source, allow_pickle=False) for _ in range(3))
    parts = np.split(rows, np.cumsum(counts)[:-1])
    return dict(zip(ids.tolist(), parts, strict=True)) if len(ids) else {}


def write_looks(path: Path, looks: Mapping[int, Stored]) -> None:
    """Replace what is stored; when this returns, it survives a power cut."""
    ids = np.fromiter(looks, np.int64, len(looks))
    counts = np.array([len(rows) for rows in looks.values()], np.int64)
    rows = np.concatenate([np.zeros((0, PATTERN_SIZE), np.int8), *looks.values()])
    body = b"".join(map(array_bytes, (ids, counts, rows)))
    make_dir(path.parent, private=True)
    write_atomic(path, FORMAT + hashlib.sha256(body).digest() + body, point="looks")


def check_looks(path: Path) -> str | None:
    """What is wrong with a stored file, for `verify`; None where nothing is."""
    try:
        read_looks(path)
    except DamagedFile:
        return "what videos look like is not as it was written"
    return None


def _damaged(path: Path) -> DamagedFile:
    return DamagedFile(
        f"what videos look like, {path}, is not as it was written",
        fix="reelwise duplicates        (it reads the stored pictures again)",
    )
