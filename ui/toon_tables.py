"""What a toon library says about its own videos: its queries and its captions."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from indexer.search.moments import iou


@dataclass(frozen=True)
class Described:
    """Words, and the stretch of a video that they describe."""

    text: str
    """The words."""
    video: str
    """File name of the video."""
    start_s: float
    """First second of the stretch."""
    end_s: float
    """First second after it."""

    def overlap(self, start_s: float, end_s: float) -> float:
        """Intersection over union with another stretch, 0 to 1."""
        return iou((self.start_s, self.end_s), (start_s, end_s))


def read_queries(folder: Path) -> list[Described]:
    """The rows of queries.csv."""
    return _read(folder / "queries.csv", "query")


class Captions:
    """The plain caption of any stretch of a toon library."""

    def __init__(self, folder: Path) -> None:
        self._by_video: defaultdict[str, list[Described]] = defaultdict(list)
        for row in _read(folder / "captions.csv", "caption"):
            self._by_video[row.video].append(row)

    def of(self, video: str, start_s: float = 0.0, end_s: float = 1.0) -> str:
        """The first wording of the scene that fills most of a stretch; "" for an unknown video."""
        scenes = self._by_video.get(video, [])
        best = max(scenes, key=lambda scene: scene.overlap(start_s, end_s), default=None)
        return best.text if best else ""


def _read(file: Path, column: str) -> list[Described]:
    with file.open(newline="", encoding="utf-8") as lines:
        return [
            Described(row[column], row["video"], float(row["start_s"]), float(row["end_s"]))
            for row in csv.DictReader(lines)
        ]
