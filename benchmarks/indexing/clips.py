"""Each way of cutting videos into clips: what is found, and what cutting anew costs.

Toons and `toon`; real clips and `starter`, one sentence each, where there are any. Every rule is
applied to the same library by `rebuild`. CPU seconds are of this process and its children.
"""

from __future__ import annotations

import csv
import resource
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.made.videos import real_videos
from data.catalogue import Catalogue
from data.home import Home, resolve_home
from data.toons.library import ToonLibrary, write_library
from data.video.clips.borders import SampledVideo, clips_by
from data.video.clips.rule import USUAL_RULE, ClipChange, ClipRule
from embeddings.opening.deferred import open_encoder
from indexer.build.pipeline import RebuildOptions, index_library, rebuild, reencode
from indexer.search.evaluate import evaluate_search
from indexer.search.searcher import Searcher
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore, VideoVectors

N_VIDEOS = {"small": 40, "full": 200}
CHANGES = {
    "windows_5": ClipChange("windows", 5.0),
    "windows_10": ClipChange("windows", 10.0),
    "windows_20": ClipChange("windows", 20.0),
    "shots_5": ClipChange("shots", 5.0),
    "shots_20": ClipChange("shots", 20.0),
    "whole_shots": ClipChange("whole-shots"),
    "difference": ClipChange("difference"),
    "keyframes": ClipChange("keyframes"),
    "shots": ClipChange("shots"),
}
"""Rules by name; the usual one comes last, so that it is cut anew as well."""
NEAR_S = 0.5
"""A border this near to a cut is that cut: frames are sampled twice a second."""


def run(size: str) -> dict[str, Any]:
    """Measure all rules; `small` has fewer toons, never fewer real clips."""
    with tempfile.TemporaryDirectory() as folder:
        home = resolve_home(Path(folder) / "toon")
        toons = write_library(Path(folder) / "toons", N_VIDEOS[size], seed=77)
        figures = _of_library(home, toons.folder, "toon", toons.queries_file)
        figures |= _of_cuts(home, toons)
        if real_videos():
            queries = Path(folder) / "queries.csv"
            videos = _real_queries(queries)
            figures |= _of_library(resolve_home(Path(folder) / "real"), videos, "starter", queries)
    return figures


def _of_library(home: Home, videos: Path, name: str, queries: Path) -> dict[str, Any]:
    """What is found by each rule, and its seconds."""
    home.make()
    encoder = open_encoder(home, name)
    index_library(home, [videos], encoder)
    figures: dict[str, Any] = {}
    for of, change in CHANGES.items():
        options = RebuildOptions(open_encoder(home, name), change.applied(USUAL_RULE))
        figures[f"{name}_{of}_cpu_s"] = _cpu_s(partial(rebuild, home, options))
        with closing(Searcher(home, encoder)) as searcher:
            found = evaluate_search(searcher, queries)
        for metric in ("recall_at_1", "recall_at_5", "recall_at_10", "miou"):
            if metric in found:
                figures[f"{name}_{of}_{metric}"] = round(float(found[metric]), 3)
        with Catalogue(home) as catalogue:
            figures[f"{name}_{of}_clips"] = catalogue.counts()["clips"]
    figures[f"{name}_reencode_cpu_s"] = _cpu_s(partial(reencode, home, encoder))
    return figures


def _cpu_s(work: Callable[[], object]) -> float:
    before_s = _used_s()
    work()
    return round(_used_s() - before_s, 2)


def _used_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _real_queries(queries: Path) -> Path:
    """Write one sentence for each real clip; gives their folder."""
    folder = real_videos()[0].parent.resolve()
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as lines:
        rows = [(row["query"], str(folder / row["file"])) for row in csv.DictReader(lines)]
    with queries.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("query", "video"), *rows])
    return folder


def _of_cuts(home: Home, toons: ToonLibrary) -> dict[str, Any]:
    """How many of the true cuts are found: in pixels while decoding, and by frame vectors."""
    true = {name: story.starts_s[1:] for name, story in toons.videos}
    with Catalogue(home) as catalogue:
        names = {video.id: video.path.name for video in catalogue.videos()}
        store = VectorStore(home, catalogue.encoder or "")
        rows = {names[row.video_id]: row for row in read_videos(catalogue, store, list(names))}
    decoded = {name: row.cuts_s.tolist() for name, row in rows.items()}
    alone = ClipRule("difference", 600.0)
    by_vectors = {name: _borders_s(row, alone) for name, row in rows.items()}
    return _matched("cuts", true, decoded) | _matched("differences", true, by_vectors)


def _borders_s(row: VideoVectors, rule: ClipRule) -> list[float]:
    footage = SampledVideo(row.frame_times_s, row.frames, float(row.clip_spans.max()), row.cuts_s)
    return [span.start_s for span in clips_by(rule, footage)[1:]]


def _matched(
    what: str, true: Mapping[str, tuple[float, ...]], found: Mapping[str, list[float]]
) -> dict[str, float]:
    right = 0
    for name, cuts_s in true.items():
        left_s = list(found[name])
        for cut_s in cuts_s:
            near = [each for each in left_s if abs(each - cut_s) <= NEAR_S]
            right += bool(near)
            if near:
                left_s.remove(min(near, key=lambda each: abs(each - cut_s)))
    return {
        f"{what}_recall": round(right / sum(map(len, true.values())), 3),
        f"{what}_precision": round(right / sum(map(len, found.values())), 3),
    }
