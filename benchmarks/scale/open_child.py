"""What `benchmarks.scale.open_large` starts: opens a home, searches it, tells what that took."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.many_clips import ENCODER_ID
from data.catalogue.catalogue import Catalogue
from data.home import resolve_home
from indexer.search.hits.ranking import rank
from indexer.search.query import Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.view import View, open_view


def main() -> None:
    """Print the figures of one home, named by the argument, as JSON."""
    print(json.dumps(opened(Path(sys.argv[1]))))


def opened(folder: Path) -> dict[str, Any]:
    """Seconds and memory of each step, from opening the catalogue to the second search."""
    home = resolve_home(folder)
    steps = _Steps()
    with Catalogue(home) as catalogue:
        catalogue.changes()
        steps.done("catalogue")
        view = open_view(home, catalogue, ENCODER_ID)
        steps.done("index")
        query = view.searched[0].segment.vectors.rows([0])
        _search(view, query)
        steps.done("first_search")
        _search(view, np.roll(query, 1))
        steps.done("second_search")
        return {"clips": view.n_clips, "kind": _kind(view), **steps.figures(), **_memory(folder)}


def _search(view: View, query: np.ndarray[Any, Any]) -> None:
    assert rank(view, QueryVectors(query), Options(10), lambda _: {})


def _kind(view: View) -> str:
    return max(view.searched, key=lambda each: each.n_clips).segment.index.kind


class _Steps:
    """Steps one after the other, with what each took."""

    def __init__(self) -> None:
        self._laps = [("", time.perf_counter(), time.process_time(), _status("VmRSS"))]

    def done(self, name: str) -> None:
        """A step has ended."""
        self._laps.append((name, time.perf_counter(), time.process_time(), _status("VmRSS")))

    def figures(self) -> dict[str, float]:
        """Wall and processor seconds, and growth of resident memory, by step."""
        figures: dict[str, float] = {}
        for before, after in zip(self._laps, self._laps[1:], strict=False):
            name, wall_s, cpu_s, rss_mb = after
            figures[f"{name}_s"] = round(wall_s - before[1], 3)
            figures[f"{name}_cpu_s"] = round(cpu_s - before[2], 3)
            figures[f"{name}_mb"] = round(rss_mb - before[3], 1)
        figures["open_and_search_s"] = round(self._laps[-2][1] - self._laps[0][1], 3)
        return figures


def _memory(folder: Path) -> dict[str, float]:
    """Resident memory in all and what of it is no file, and the files that are mapped."""
    mapped: dict[str, int] = {}
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, *_, path = line.split(maxsplit=5)
        if path.startswith(str(folder)):
            low, _, high = span.partition("-")
            mapped[path] = mapped.get(path, 0) + int(high, 16) - int(low, 16)
    return {
        "rss_mb": _status("VmRSS"),
        "own_mb": _status("RssAnon"),
        "mapped_mb": round(sum(mapped.values()) / 1e6, 1),
    }


def _status(name: str) -> float:
    """A size of this process in MB, by its name in Linux."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (each for each in text.splitlines() if each.startswith(f"{name}:"))
    return round(int(line.split()[1]) * 1024 / 1e6, 1)


if __name__ == "__main__":
    main()
