"""Indexing runs with an encoder that counts, and short questions about what they left."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build.pipeline import index_library
from indexer.build.progress import Snapshot
from indexer.build.report import IndexReport
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder


@dataclass
class CountingEncoder:
    """The colour encoder that remembers how much it encoded, and can be told to fail."""

    version: int = 1
    frames: int = 0
    largest_batch: int = 0
    spoil: bool = False
    batches_met: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._real = ColourEncoder(self.version)
        self.dim, self.frame_spec = self._real.dim, self._real.frame_spec
        self.id, self.name = self._real.id, self._real.name

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._lock:
            self.frames += len(pixels)
            self.largest_batch = max(self.largest_batch, len(pixels))
        rows = self._real.encode_frames(pixels)
        if self.spoil:  # green comes out as nonsense
            rows[rows @ self._real.encode_texts(["green"])[0] > 0.9] = np.nan
        return rows

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        return self._real.encode_clips(vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._real.encode_texts(texts)


@dataclass
class Listener:
    """Remembers what it was told."""

    notes: list[str] = field(default_factory=list)
    seen: list[Snapshot] = field(default_factory=list)

    def update(self, now: Snapshot) -> None:
        self.seen.append(now)

    def note(self, message: str) -> None:
        self.notes.append(message)


def index(home: Home, *paths: Path, **options: object) -> tuple[IndexReport, CountingEncoder]:
    encoder = CountingEncoder()
    report = index_library(home, paths, encoder, **options)  # type: ignore[arg-type]
    return report, encoder


def first(home: Home, text: str, *, version: int = 1) -> tuple[str, float, float]:
    searcher = Searcher(home, ColourEncoder(version))
    hit = searcher.search(Query(text=text), k=1).hits[0]
    searcher.close()
    assert hit.score > 0.9
    return hit.path.name, round(hit.start_s, 1), round(hit.end_s, 1)


def names(home: Home) -> set[str]:
    with Catalogue(home) as catalogue:
        return {video.path.name for video in catalogue.videos()}


def counts(report: IndexReport) -> dict[str, int]:
    fields = ("added", "edited", "moved", "copies", "touched", "unchanged", "removed", "failed",
              "partial", "decoded", "done")  # fmt: skip
    return {name: getattr(report, name) for name in fields if getattr(report, name)}
