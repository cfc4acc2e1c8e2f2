"""Automatic tags of real videos by the `starter` encoder, beside the most frequent ones for all.

A tag is right for a video where one of its names (the tag, its other English words) stands, word by
word or in the plural, in the sentence or the tags that `clips.csv` has for that video, or where
`ALSO_RIGHT` says so. It is a strict rule: a table in a room is wrong where nobody wrote of it. Of
each video the first three tags count; a video without any is counted apart.

`frequent_...` gives every video the three tags that are given most often, `best_three_...` those
that are right most often, which nobody could know. `search_...` is the recall of the sentences
before and after the library was tagged, in one run. The folder that REELWISE_REAL_VIDEOS names
holds `clips.csv` with columns file, query and tags.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.made.videos import real_videos
from benchmarks.search.real_words import QUERIES
from data.catalogue import Catalogue
from data.home import Home, resolve_home
from data.labels.vocabulary import TAGS, Word
from embeddings.starter.encoder import StarterEncoder
from embeddings.vocabulary import words_to_tag
from indexer.build.pipeline import index_library
from indexer.heads.predicting import bring_up_to_date
from indexer.heads.tagging import make_tagger
from indexer.search.evaluate import evaluate_search
from indexer.search.searcher import Searcher
from indexer.store.text.analysis import words_in

FIRST = 3
"""Tags of a video that are judged."""
SMALL = 12
"""Videos of the small size: the shortest ones."""
ALSO_RIGHT: Mapping[str, tuple[str, ...]] = {
    "above": ("aerial view",),
    "bicycle": ("cycling",),
    "cyclist": ("bicycle", "cycling"),
    "drawn": ("drawing",),
    "fly": ("insect",),
    "infrared": ("black and white",),
    "store": ("supermarket",),
}
"""Words of a sentence, and tags that say the same or what it implies."""


def run(size: str) -> dict[str, Any]:
    """Index, search, tag, search again, and judge; `small` takes the shortest videos."""
    videos = {video.name: video for video in real_videos()}
    if not videos:
        return {"videos": 0, "note": "no real videos: set REELWISE_REAL_VIDEOS"}
    file = next(iter(videos.values())).parent / QUERIES
    rows = [row for row in csv.DictReader(file.open(encoding="utf-8")) if row["file"] in videos]
    if size == "small":
        rows = sorted(rows, key=lambda row: float(row["duration"]))[:SMALL]
    encoder = StarterEncoder("cpu")
    with tempfile.TemporaryDirectory() as folder:
        home = resolve_home(Path(folder) / "home")
        index_library(home, [videos[row["file"]] for row in rows], encoder)
        before = _recalls(home, encoder, rows, Path(folder))
        with Catalogue(home) as catalogue:
            make_tagger(catalogue, encoder, None, lambda _: None)
            bring_up_to_date(catalogue)
        after = _recalls(home, encoder, rows, Path(folder))
        given = _given(home, rows)
    figures: dict[str, Any] = {"videos": len(rows), **_judged(given, rows)}
    for name, value in before.items():
        figures |= {f"search_{name}_before": value, f"search_{name}_after": after[name]}
    return figures


def _given(home: Home, rows: Sequence[Mapping[str, str]]) -> dict[str, list[tuple[str, float]]]:
    """By file, its first tags with their probabilities."""
    with Catalogue(home) as catalogue:
        head = catalogue.predictions.heads()[TAGS]
        ids = {row["file"]: catalogue.video(row["file"]).id for row in rows}
        found = catalogue.tagged.of(head, ids.values())
    return {
        file: [(each.tag, each.score) for each in found.get(video, [])[:FIRST]]
        for file, video in ids.items()
    }


def _judged(
    given: Mapping[str, list[tuple[str, float]]], rows: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    words = words_to_tag("starter").words
    right = {row["file"]: _right_tags(row, words) for row in rows}
    pairs = [(file, tag, score) for file, tags in given.items() for tag, score in tags]
    hits = [tag in right[file] for file, tag, _ in pairs]
    frequent = _most_frequent(tag for _, tag, _ in pairs)
    best = _most_frequent(tag for tags in right.values() for tag in tags)
    sure = [score for (_, _, score), hit in zip(pairs, hits, strict=True) if hit]
    unsure = [score for (_, _, score), hit in zip(pairs, hits, strict=True) if not hit]
    return {
        "tags": len(pairs),
        "right": sum(hits),
        "precision": _share(hits),
        "first_precision": _share(
            [tags[0][0] in right[file] for file, tags in given.items() if tags]
        ),
        "videos_with_a_tag": sum(bool(tags) for tags in given.values()),
        "videos_with_a_right_tag": sum(
            any(tag in right[file] for tag, _ in tags) for file, tags in given.items()
        ),
        "frequent": frequent,
        "frequent_precision": _share([tag in each for each in right.values() for tag in frequent]),
        "best_three": best,
        "best_three_precision": _share([tag in each for each in right.values() for tag in best]),
        "mean_score_right": _mean(sure),
        "mean_score_wrong": _mean(unsure),
        "given": {file: ", ".join(tag for tag, _ in tags) for file, tags in given.items()},
    }


def _most_frequent(tags: Iterable[str]) -> list[str]:
    often = Counter(tags)
    return sorted(often, key=lambda tag: (-often[tag], tag))[:FIRST]


def _right_tags(row: Mapping[str, str], words: Sequence[Word]) -> set[str]:
    text = f"{row['query']} {row['tags'].replace(',', ' ')}"
    told_words = _words(text)
    right = {
        word.tag
        for word in words
        if any(_words(name) and _words(name) <= told_words for name in (word.tag, *word.also))
    }
    for told, tags in ALSO_RIGHT.items():
        if _words(told) <= told_words:
            right.update(tags)
    return right


def _words(text: str) -> set[str]:
    """Words without the plural. Stems are too coarse: `animal` and `animation` have one."""
    found = (word.text.lower() for word in words_in(text))
    return {each[:-1] if each.endswith("s") and len(each) > 3 else each for each in found}


def _recalls(
    home: Home, encoder: StarterEncoder, rows: Sequence[Mapping[str, str]], folder: Path
) -> dict[str, float]:
    queries = folder / "queries.csv"
    with queries.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["query", "video"])
        writer.writerows([row["query"], row["file"]] for row in rows)
    with closing(Searcher(home, encoder)) as searcher:
        figures = evaluate_search(searcher, queries)
    return {name: float(figures[name]) for name in ("recall_at_1", "recall_at_5", "mrr")}


def _share(flags: Sequence[bool]) -> float:
    return _mean([float(flag) for flag in flags])


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0
