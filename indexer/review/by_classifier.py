"""Rules of classifiers: a network looks at frames, which supervised children decode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue, ClipTable
from data.cores import cores
from data.review.rules import Classifier, Rule
from data.video.children.pool import DecodePool
from data.video.types import DecodeRequest, FrameBatch, FrameSpec
from embeddings.backbone.frame_classifier import FrameClassifier, FrameRecipe
from indexer.review.found import NO_CLIPS, FoundClips

NAMED = 3
"""Videos that could not be looked at, by name."""


@dataclass
class Unseen:
    """Videos that a classifier could not look at."""

    names: list[str] = field(default_factory=list)
    """Their files, with the reason."""

    @property
    def told(self) -> str:
        """The first of them, and how many there are; empty for none."""
        if not self.names:
            return ""
        more = f" and {len(self.names) - NAMED} more" if len(self.names) > NAMED else ""
        return (
            f"{len(self.names):,} videos could not be looked at ({', '.join(self.names[:NAMED])}"
            f"{more}); once they can: reelwise review scan"
        )


@dataclass
class _Frames:
    """What was seen of one video so far."""

    times_s: list[NDArray[np.float64]] = field(default_factory=list)
    scores: list[NDArray[np.float64]] = field(default_factory=list)


def find_by_classifier(
    catalogue: Catalogue, rule: Rule, clips: ClipTable, unseen: Unseen
) -> FoundClips:
    """Those of some clips of which a frame reaches the threshold; a clip has its highest score.

    Args:
        catalogue: The library.
        rule: Of a classifier.
        clips: What is looked at.
        unseen: Is told of videos that cannot be decoded.

    Raises:
        ReelwiseError: The network is another one than the policy says, or cannot be run.
    """
    classifier = rule.classifier
    if classifier is None or not len(clips):
        return NO_CLIPS
    network = FrameClassifier(Path(classifier.file), classifier.sha256, _recipe(classifier))
    seen: dict[int, _Frames] = {}
    found = [NO_CLIPS]
    with DecodePool(cores()) as pool:
        for video_id, result in pool.run(_requests(catalogue, classifier, clips, unseen)):
            frames = seen.setdefault(video_id, _Frames())
            if isinstance(result, FrameBatch):
                frames.times_s.append(result.times_s)
                frames.scores.append(network.scores(result.pixels))
                continue
            if result.state != "done":
                unseen.names.append(f"video {video_id}: {result.reason}")
            found.append(_of_video(clips, video_id, seen.pop(video_id), rule.threshold))
    names = ("video_ids", "starts_s", "ends_s", "scores")
    return FoundClips(*(np.concatenate([getattr(each, n) for each in found]) for n in names))


def _recipe(classifier: Classifier) -> FrameRecipe:
    return FrameRecipe(
        classifier.layout,
        classifier.channels,
        classifier.scale,
        classifier.mean,
        classifier.std,
        classifier.output,
    )


def _requests(
    catalogue: Catalogue, classifier: Classifier, clips: ClipTable, unseen: Unseen
) -> Iterator[DecodeRequest]:
    spec = FrameSpec(classifier.width_px, classifier.height_px, classifier.fit)
    ids = np.unique(clips.video_ids).tolist()
    files = catalogue.files.of_videos(ids)
    for video_id in ids:
        path = next((each for each in files.get(video_id, ()) if each.exists()), None)
        if path is None:
            unseen.names.append(f"video {video_id}: its file is gone")
        else:
            yield DecodeRequest(path, spec, classifier.fps, key=video_id)


def _of_video(clips: ClipTable, video_id: int, frames: _Frames, threshold: float) -> FoundClips:
    if not frames.times_s:
        return NO_CLIPS
    times_s, scores = np.concatenate(frames.times_s), np.concatenate(frames.scores)
    rows = np.flatnonzero(clips.video_ids == video_id)
    starts_s, ends_s = clips.starts_s[rows], clips.ends_s[rows]
    best = np.array(
        [
            scores[(times_s >= start_s - 1e-6) & (times_s < max(end_s, start_s + 1e-3))].max(
                initial=-np.inf
            )
            for start_s, end_s in zip(starts_s.tolist(), ends_s.tolist(), strict=True)
        ]
    )
    kept = best >= threshold
    return FoundClips(
        clips.video_ids[rows][kept],
        starts_s[kept].astype(np.float64),
        ends_s[kept].astype(np.float64),
        best[kept],
    )
