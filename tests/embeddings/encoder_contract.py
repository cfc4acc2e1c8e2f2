"""What every encoder promises to indexing and search; the tests of each inherit it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.encoder import Encoder

TEXTS = ["a red car drives to the left", "two dogs run", "green", "blue rain"]
N_FRAMES = 6
SPANS = [(0, 2), (2, 3), (3, 6), (0, 6)]


def smooth_frames(encoder: Encoder, n: int = N_FRAMES, seed: int = 0) -> NDArray[np.uint8]:
    """Frames of two random colours each, cut as the encoder wants them."""
    spec = encoder.frame_spec
    rng = np.random.default_rng(seed)
    pixels = np.empty((n, spec.height_px, spec.width_px, 3), np.uint8)
    for frame, (left, right) in zip(pixels, rng.integers(0, 255, (n, 2, 3)), strict=True):
        frame[:, : spec.width_px // 2], frame[:, spec.width_px // 2 :] = left, right
    return pixels


class EncoderContract:
    """Inherit it and give a fixture `encoder`, and `twin`: the same encoder, loaded once more."""

    tolerance = 1e-4
    """Largest difference of a number of a vector that batching may make."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    @pytest.fixture
    def twin(self) -> Encoder:
        raise NotImplementedError

    def test_frames_give_unit_rows_in_float32(self, encoder: Encoder) -> None:
        self.assert_unit_rows(encoder, encoder.encode_frames(smooth_frames(encoder)), N_FRAMES)
        self.assert_unit_rows(encoder, encoder.encode_frames(smooth_frames(encoder)[:0]), 0)

    def test_texts_give_unit_rows_in_float32(self, encoder: Encoder) -> None:
        self.assert_unit_rows(encoder, encoder.encode_texts(TEXTS), len(TEXTS))
        self.assert_unit_rows(encoder, encoder.encode_texts([]), 0)

    def test_clips_give_unit_rows_in_float32(self, encoder: Encoder) -> None:
        vectors = encoder.encode_frames(smooth_frames(encoder))
        times_s = np.arange(N_FRAMES) / 2
        self.assert_unit_rows(encoder, encoder.encode_clips(vectors, times_s, SPANS), len(SPANS))
        self.assert_unit_rows(encoder, encoder.encode_clips(vectors, times_s, []), 0)

    def test_the_order_of_frames_in_a_batch_does_not_matter(self, encoder: Encoder) -> None:
        pixels = smooth_frames(encoder)
        together = encoder.encode_frames(pixels)
        self.assert_same(encoder.encode_frames(pixels[::-1])[::-1], together)
        self.assert_same(np.concatenate([encoder.encode_frames(p[None]) for p in pixels]), together)

    def test_the_order_of_texts_in_a_batch_does_not_matter(
        self, encoder: Encoder, twin: Encoder
    ) -> None:
        together = encoder.encode_texts(TEXTS)
        self.assert_same(twin.encode_texts(TEXTS[::-1])[::-1], together)
        self.assert_same(np.concatenate([encoder.encode_texts([text]) for text in TEXTS]), together)

    def test_the_order_of_clips_in_a_batch_does_not_matter(self, encoder: Encoder) -> None:
        vectors = encoder.encode_frames(smooth_frames(encoder))
        times_s = np.arange(N_FRAMES) / 2
        together = encoder.encode_clips(vectors, times_s, SPANS)
        reverse = encoder.encode_clips(vectors, times_s, SPANS[::-1])[::-1]
        self.assert_same(reverse, together)
        for span, row in zip(SPANS, together, strict=True):
            self.assert_same(encoder.encode_clips(vectors, times_s, [span]), row[None])

    def test_a_clip_depends_on_its_frames_and_their_distances_only(self, encoder: Encoder) -> None:
        vectors = encoder.encode_frames(smooth_frames(encoder))
        times_s = np.arange(N_FRAMES) / 2
        first, last = SPANS[2]
        whole = encoder.encode_clips(vectors, times_s, [(first, last)])
        later = times_s[first:last] + 3600
        alone = encoder.encode_clips(vectors[first:last], later, [(0, last - first)])
        self.assert_same(alone, whole)

    def test_vectors_and_id_are_those_of_the_same_encoder_loaded_again(
        self, encoder: Encoder, twin: Encoder
    ) -> None:
        assert twin is not encoder
        assert (twin.id, twin.name, twin.dim) == (encoder.id, encoder.name, encoder.dim)
        assert twin.frame_spec == encoder.frame_spec
        pixels = smooth_frames(encoder)
        self.assert_same(twin.encode_frames(pixels), encoder.encode_frames(pixels))
        self.assert_same(twin.encode_texts(TEXTS), encoder.encode_texts(TEXTS))

    def test_different_input_gives_different_vectors_of_one_space(self, encoder: Encoder) -> None:
        frames = encoder.encode_frames(smooth_frames(encoder))
        texts = encoder.encode_texts(TEXTS)
        assert texts.shape[1] == frames.shape[1]
        for rows in (frames, texts):
            scores = rows @ rows.T
            assert (scores.argmax(1) == np.arange(len(rows))).all()
            assert np.sort(scores, axis=1)[:, -2].max() < 1 - 1e-6

    def test_the_id_can_name_a_folder(self, encoder: Encoder) -> None:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", encoder.id)

    def assert_unit_rows(self, encoder: Encoder, rows: NDArray[np.float32], count: int) -> None:
        assert rows.shape == (count, encoder.dim)
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(count), abs=1e-3)

    def assert_same(self, rows: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
        assert np.abs(rows - expected).max() <= self.tolerance
