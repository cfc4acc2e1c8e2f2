"""Texts and videos of a set: how well they find each other, by stored vectors alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.text_sets.text_set import TextSet
from indexer.texts.known import KnownVideos, UnusedVideo, known_videos
from indexer.texts.tasks import Figures, Tasks
from indexer.texts.vectors import SetVectors, set_vectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


@dataclass(frozen=True)
class MeasuredTexts:
    """What was measured on a set."""

    texts: TextSet
    """The set."""
    n_videos: int
    """Its videos that have vectors."""
    unused: tuple[UnusedVideo, ...]
    """Those that have none."""
    partial: tuple[str, ...]
    """Those that were decoded only in part."""
    figures: dict[str, Figures]
    """By task, in the order of its parts: see `evaluate_texts`."""
    seconds: float
    """How long it took."""


def evaluate_texts(
    catalogue: Catalogue,
    encoder: Callable[[], Encoder],
    texts: TextSet,
    *,
    count_missing: bool,
    partly: bool,
    index: str,
) -> MeasuredTexts:
    """Measure every task of a set; nothing is decoded, and nothing that is said or written counts.

    Tasks are `text_to_video` and `video_to_text` (with `hard_` before for a second retrieval, with
    `_by_mean` behind where videos are their mean vectors), `choice`, `binary`, `moments`,
    `moments_prior` or `moments_centre`, and `moments_random`.

    Args:
        catalogue: The library.
        encoder: Opens the encoder that embedded it.
        texts: The set.
        count_missing: Whether what asks for a video without vectors counts as not found; else it is
            left out.
        partly: Videos with a file that were never indexed are left out; else they are an error.
        index: The command that indexes the set, for an error.

    Raises:
        ReelwiseError: The set is not indexed, or none of its videos can be used.
    """
    began_s = time.perf_counter()
    if catalogue.encoder is None:
        raise nothing_indexed(catalogue.home)
    known = known_videos(catalogue, texts.videos)
    _require(texts, known, partly=partly, index=index)
    wanted = {each.video for each in texts.moments}
    vectors = set_vectors(catalogue, texts.videos, known, wanted)
    if not len(vectors):
        raise ReelwiseError("no video of the set has vectors", fix="reelwise verify --repair")
    tasks = Tasks(texts, vectors, encoder().encode_texts, count_missing=count_missing)
    return MeasuredTexts(
        texts,
        len(vectors),
        (*known.unused, *_without_vectors(texts, known, vectors)),
        known.partial,
        tasks.all_figures(),
        time.perf_counter() - began_s,
    )


def _require(texts: TextSet, known: KnownVideos, *, partly: bool, index: str) -> None:
    if known.unindexed and not partly:
        raise ReelwiseError(
            f"{len(known.unindexed):,} of {len(texts.videos):,} videos of the set are not indexed, "
            f"the first {known.unindexed[0]}",
            fix=f"{index}   (or add --index)",
        )
    if len(known.unused) == len(texts.videos):
        first = known.unused[0]
        raise ReelwiseError(
            f"no video of the set can be used; {first.name}: {first.reason}",
            fix="name the folder of its videos: --videos FOLDER",
        )


def _without_vectors(texts: TextSet, known: KnownVideos, vectors: SetVectors) -> list[UnusedVideo]:
    why = "it has no vectors of this encoder yet"
    return [
        UnusedVideo(video.name, why)
        for video, video_id, row in zip(texts.videos, known.ids, vectors.rows, strict=True)
        if video_id is not None and row < 0
    ]
