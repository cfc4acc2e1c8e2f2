"""Watches real fsyncs and renames, and says where a power cut would have lost something.

It knows three rules: what is renamed into place was forced to the disk since its last change, every
file and folder of it; the folder that received a name is forced to the disk before the next rename
or commit; and nothing is written outside temporary names. It patches `os`, not our own functions:
leaving out a call is seen, whoever leaves it out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from data import durable
from data.catalogue import database

Stamp = tuple[int, int, int]


class DiskOrder:
    """Records the order of writes below one folder; `faults` says what was wrong."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: list[str] = []
        self.renames = 0
        self._root = root
        self._synced: dict[int, Stamp] = {}
        self._unsafe_names: set[Path] = set()
        self._fsync, self._replace = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", self._on_fsync)
        monkeypatch.setattr(os, "replace", self._on_replace)
        monkeypatch.setattr(database, "crash_point", self._on_commit)

    def _on_fsync(self, descriptor: Any) -> None:
        self._fsync(descriptor)
        found = os.fstat(descriptor)
        self._synced[found.st_ino] = _stamp(found)
        self._unsafe_names.discard(Path(f"/proc/self/fd/{descriptor}").readlink())

    def _on_replace(self, source: Path, target: Path) -> None:
        doomed = target.name.startswith(durable.TEMP_PREFIX)
        if not doomed:
            self._require_names("renaming " + target.name)
            for path in [source, *(source.rglob("*") if source.is_dir() else ())]:
                if self._synced.get(path.stat().st_ino) != _stamp(path.stat()):
                    self.faults.append(f"{path.name} was not forced to the disk: {target.name}")
            self._unsafe_names.add(target.parent)
            self.renames += 1
        self._replace(source, target)

    def _on_commit(self, point: str) -> None:
        if point.endswith(".before_commit"):
            self._require_names(point)
        durable.crash_point(point)

    def _require_names(self, before: str) -> None:
        self.faults += [
            f"names in {path.name} are unsafe before {before}" for path in self._unsafe_names
        ]
        self._unsafe_names.clear()

    def finish(self) -> None:
        """Everything was reported as done: no name may be unsafe."""
        self._require_names("the report")


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size
