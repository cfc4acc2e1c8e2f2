"""Examples that were read stay in memory: a page that is drawn again decodes nothing again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from indexer.search.examples.example import Example

MOST_BYTES = 64 * 2**20
"""Most bytes of vectors in memory; the least recently used examples go first."""

Key = tuple[object, ...]


class KnownExamples:
    """The examples of one encoder by file and part; threads may share it.

    The rule: a file is decoded once for as long as it is the same file. What was not read to its
    end, and what cannot be read, is tried again.

    Args:
        most_bytes: Most bytes of vectors in memory.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._examples: OrderedDict[Key, Example] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path, how: Key, read: Callable[[], Example]) -> Example:
        """Give the example of a file, read where it is not known.

        Args:
            path: The file.
            how: What else decides: which part, cut by which rule.
            read: Decodes and embeds it.
        """
        key = _key(path, how)
        with self._lock:
            if key in self._examples:
                self._examples.move_to_end(key)
                return self._examples[key]
        example = read()
        if not example.notice:
            self._keep(key, example)
        return example

    def _keep(self, key: Key, example: Example) -> None:
        with self._lock:
            self._examples[key] = example
            held = sum(map(_size, self._examples.values()))
            while held > self._most_bytes:
                held -= _size(self._examples.popitem(last=False)[1])


def _key(path: Path, how: Key) -> Key:
    try:
        facts = path.stat()
    except OSError:  # whoever reads it says what is wrong
        return (path, *how)
    return (path, facts.st_ino, facts.st_size, facts.st_mtime_ns, *how)


def _size(example: Example) -> int:
    return example.frames.nbytes + example.clips.nbytes
