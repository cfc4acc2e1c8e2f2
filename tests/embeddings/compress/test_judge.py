"""Figures of a comparison on vectors that are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.types import FrameSpec
from embeddings.compress.judge import EncodedClips, agreement, recall, toon_clips, without_words


def encoded(clips: NDArray[np.float32], texts: NDArray[np.float32] | None = None) -> EncodedClips:
    return EncodedClips(clips, clips, np.zeros((0, 4), np.float32) if texts is None else texts)


AXES = np.eye(4, dtype=np.float32)


def test_recall_is_the_share_of_texts_whose_clip_comes_first() -> None:
    swapped = AXES[[1, 0, 2, 3]]
    assert recall(encoded(AXES, swapped)) == {"recall_at_1": 0.5, "recall_at_5": 1.0}
    assert recall(encoded(AXES)) == {}


def test_recall_counts_ties_as_lost() -> None:
    same = np.full((6, 4), 0.5, np.float32)
    assert recall(encoded(same, same)) == {"recall_at_1": 0.0, "recall_at_5": 0.0}


def test_agreement_compares_the_first_results() -> None:
    rng = np.random.default_rng(0)
    clips = rng.standard_normal((30, 4)).astype(np.float32)
    clips /= np.linalg.norm(clips, axis=1, keepdims=True)
    same = agreement(encoded(clips), encoded(-clips))
    assert same == {"cosine": pytest.approx(-1), "same_nearest": 1.0, "overlap_at_10": 1.0}
    other = agreement(encoded(clips), encoded(np.roll(clips, 1, axis=0)))
    assert other["same_nearest"] < 0.3
    assert other["overlap_at_10"] < 0.6
    shorter = encoded(clips[:, :3])
    assert "cosine" not in agreement(encoded(clips), shorter)


def test_toon_clips_are_different_scenes_in_the_size_that_is_wanted() -> None:
    source = toon_clips(5, seed=1)
    clips = source(FrameSpec(48, 32))
    assert len({clip.text for clip in clips}) == 5
    assert {clip.frames.shape[1:] for clip in clips} == {(32, 48, 3)}
    assert all(len(clip.frames) == len(clip.times_s) for clip in clips)
    assert {clip.text for clip in without_words(source)(FrameSpec(48, 32))} == {""}
