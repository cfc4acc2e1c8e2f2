"""Indexing runs with an encoder that counts, and short queries about their results."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build.pipeline import index_library
from indexer.build.progress import Snapshot
from indexer.build.report import IndexReport
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder, CountingEncoder


@dataclass
class Listener:
    """Keeps every report of progress."""

    notes: list[str] = field(default_factory=list)
    seen: list[Snapshot] = field(default_factory=list)

    def update(self, now: Snapshot) -> None:
        self.seen.append(now)

    def note(self, message: str) -> None:
        self.notes.append(message)


def index(
    home: Home,
    *paths: Path,
    workers: int | None = None,
    retry_failed: bool = False,
    progress: Listener | None = None,
) -> tuple[IndexReport, CountingEncoder]:
    encoder = CountingEncoder()
    report = index_library(
        home, paths, encoder, workers=workers, retry_failed=retry_failed, progress=progress
    )
    return report, encoder


def first(home: Home, text: str, *, version: int = 1) -> tuple[str, float, float]:
    with closing(Searcher(home, ColourEncoder(version))) as searcher:
        hit = searcher.search(Query(text=text), k=1).hits[0]
    assert hit.score > 0.9
    return hit.path.name, round(hit.start_s, 1), round(hit.end_s, 1)


def names(home: Home) -> set[str]:
    with Catalogue(home) as catalogue:
        return {video.path.name for video in catalogue.videos()}


def counts(report: IndexReport) -> dict[str, int]:
    fields = ("added", "edited", "moved", "copies", "touched", "unchanged", "removed", "failed",
              "partial", "decoded", "done")  # fmt: skip
    return {name: getattr(report, name) for name in fields if getattr(report, name)}
