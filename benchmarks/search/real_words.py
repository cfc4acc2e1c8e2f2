"""Sentences among real videos by the `starter` encoder, and what each part of it contributes.

`plain` is ConSE (Norouzi et al., 2013) over names and definitions of the classes: the 30 likeliest
classes of a video, square roots of their probabilities, centred by the library. Each further line
adds one part. All see the same eight frames of each video; `library_...` is the whole, indexed and
searched. The folder that REELWISE_REAL_VIDEOS names holds `clips.csv` with columns file and query.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.videos import real_videos
from data.home import resolve_home
from data.video.children.pool import decode_one
from data.video.types import DecodeRequest
from embeddings.plain.layers import Floats, softmax, unit
from embeddings.starter.encoder import StarterEncoder
from embeddings.starter.labels import Labels, load_labels
from embeddings.starter.shape import CLASSES, FRAME_SPEC
from embeddings.starter.views import VIEWS, plain_views, views_of, without_padding
from embeddings.words.sentences import open_sentences
from indexer.build.pipeline import index_library
from indexer.search.evaluate import evaluate_search
from indexer.search.searcher import Searcher

FRAMES = 8
KEPT = 30
"""Classes that plain ConSE keeps of a video."""
QUERIES = "clips.csv"


@dataclass(frozen=True)
class Seen:
    """The network's logits of one video's frames."""

    plain: Floats
    """(frames, 2, 1000): whole and middle of the frame as it is."""
    views: Floats
    """(frames, 2, 1000): of `views_of`."""
    attributes: Floats
    """(frames, 3): of `views_of`."""


def run(size: str) -> dict[str, Any]:
    """Measure the real clips that are here; `size` changes nothing."""
    videos = {video.name: video for video in real_videos()}
    if not videos:
        return {"videos": 0, "note": "no real videos: set REELWISE_REAL_VIDEOS"}
    file = next(iter(videos.values())).parent / QUERIES
    rows = [row for row in csv.DictReader(file.open(encoding="utf-8")) if row["file"] in videos]
    encoder = StarterEncoder("cpu")
    seen = [_seen(encoder, videos[row["file"]]) for row in rows]
    figures: dict[str, Any] = {"videos": len(rows)}
    for name, scores in _by_part(seen, [row["query"] for row in rows]):
        figures |= _recalls(name, scores)
    return figures | _library(encoder, [videos[row["file"]] for row in rows], rows)


def _seen(encoder: StarterEncoder, video: Path) -> Seen:
    pixels, _, _ = decode_one(DecodeRequest(video, FRAME_SPEC))
    frames = pixels[np.linspace(0, len(pixels) - 1, min(FRAMES, len(pixels))).round().astype(int)]
    views = [views_of(frame) for frame in frames]
    plain = np.concatenate([plain_views(without_padding(frame)) for frame in frames])
    _, as_it_is = encoder.see(plain)
    _, logits = encoder.see(np.concatenate([view.pictures for view in views]))
    return Seen(
        as_it_is.reshape(-1, VIEWS, CLASSES),
        logits.reshape(-1, VIEWS, CLASSES),
        np.stack([view.attributes for view in views]),
    )


def _by_part(seen: list[Seen], queries: list[str]) -> Iterator[tuple[str, Floats]]:
    """(q, videos) scores with more and more parts."""
    labels = load_labels()
    asked = open_sentences().encode(queries)
    texts = labels.of_texts(asked)
    middle = [each.plain[:, 1] for each in seen]
    yield "plain", _conse(middle, asked, _definitions())
    yield "described", _conse(middle, asked, labels.vectors[:CLASSES])
    none = [np.zeros((len(each.plain), 3), np.float32) for each in seen]
    yield "by_class", _by_class(labels, middle, none, texts)
    both = [each.plain.mean(axis=1) for each in seen]
    yield "two_views", _by_class(labels, both, none, texts)
    cleaned = [each.views.mean(axis=1) for each in seen]
    yield "bars_and_drawings", _by_class(labels, cleaned, [s.attributes for s in seen], texts)


def _conse(logits: list[Floats], asked: Floats, vectors: Floats) -> Floats:
    rows = []
    for frames in logits:
        share = softmax(frames).mean(axis=0)
        share[np.argsort(-share)[KEPT:]] = 0
        rows.append(np.sqrt(share) @ vectors)
    videos = np.stack(rows)
    return unit(asked - asked.mean(axis=0)) @ unit(videos - videos.mean(axis=0)).T


def _by_class(
    labels: Labels, logits: list[Floats], attributes: list[Floats], texts: Floats
) -> Floats:
    pairs = zip(logits, attributes, strict=True)
    rows = [labels.of_pictures(frames, given).mean(axis=0) for frames, given in pairs]
    return texts @ unit(np.stack(rows)).T


def _definitions() -> Floats:
    """Vectors of "names: definition" of each class, from timm's lists."""
    spec = find_spec("timm")
    assert spec is not None
    assert spec.origin is not None
    info = Path(spec.origin).parent / "data" / "_info"
    names, meanings = (
        dict(line.split("\t", 1) for line in (info / f"imagenet_synset_to_{kind}.txt").open())
        for kind in ("lemma", "definition")
    )
    classes = (info / "imagenet_synsets.txt").read_text().split()
    return open_sentences().encode([f"{names[c].strip()}: {meanings[c].strip()}" for c in classes])


def _recalls(name: str, scores: Floats) -> dict[str, float]:
    own = scores[np.arange(len(scores)), np.arange(len(scores))]
    places = (scores > own[:, None]).sum(axis=1)
    return {f"{name}_recall_at_{k}": round(float(np.mean(places < k)), 3) for k in (1, 5, 10)}


def _library(
    encoder: StarterEncoder, videos: list[Path], rows: list[dict[str, str]]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        queries = Path(folder) / "queries.csv"
        with queries.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["query", "video"])
            writer.writerows([row["query"], row["file"]] for row in rows)
        home = resolve_home(Path(folder) / "home")
        index_library(home, videos, encoder)
        with closing(Searcher(home, encoder)) as searcher:
            figures = evaluate_search(searcher, queries)
    names = ["recall_at_1", "recall_at_5", "recall_at_10", "mrr", "confident"]
    names += ["confident_without", "calibration_error"]
    names += [name for name in figures if name.startswith("reliability")]
    return {f"library_{name}": figures[name] for name in names}
