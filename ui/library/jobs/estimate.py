"""What an index run would find, and how long it would take at the speed of the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data.catalogue.database import put_meta

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from indexer.build.files.roots import RuleChange

_SPEED = "index_bytes_per_s"
_LEAST_BYTES = 1_000_000
"""Shorter runs tell of starting, not of speed."""


@dataclass(frozen=True)
class Estimate:
    """What lies below some folders."""

    videos: int
    """Video files."""
    new: int
    """Of these, files that the library does not know as they are."""
    size_bytes: int
    """Size of the new ones."""
    seconds: float | None
    """How long an index run would take; None before any run was measured."""
    unreadable: int
    """Folders and files that cannot be looked into."""


def estimate(
    catalogue: Catalogue | None, paths: Sequence[Path], change: RuleChange | None = None
) -> Estimate:
    """Look through folders without reading any video.

    Args:
        catalogue: The library; None where there is none yet.
        paths: Folders and files.
        change: What would be asked for them, besides what is remembered.

    Raises:
        ReelwiseError: No path exists.
    """
    from data.video.scan import scan
    from indexer.build.files.roots import RuleChange, existing_roots

    roots = existing_roots(paths)
    before = {} if catalogue is None else catalogue.files.root_rules()
    known = {} if catalogue is None else catalogue.files.known(roots)
    unreadable: list[Path] = []
    videos = new = size_bytes = 0
    for file in scan(
        roots,
        rules=before | (change or RuleChange()).applied(before, roots),
        on_unreadable=lambda path, _: unreadable.append(path),
    ):
        videos += 1
        old = known.get(file.path)
        if old is None or (old.size_bytes, old.mtime_ns) != (file.size_bytes, file.mtime_ns):
            new += 1
            size_bytes += file.size_bytes
    speed = None if catalogue is None else catalogue.get_meta(_SPEED)
    seconds = None if speed is None else size_bytes / float(speed)
    return Estimate(videos, new, size_bytes, seconds, len(unreadable))


def note_speed(catalogue: Catalogue, size_bytes: int, seconds: float) -> None:
    """Remember how fast a run was: bytes of video files, and seconds for all its passes."""
    if size_bytes >= _LEAST_BYTES and seconds > 0:
        with catalogue.writing("index_speed", changes_library=False) as connection:
            put_meta(connection, _SPEED, repr(size_bytes / seconds))
