"""Clips without a temporal head: the mean of their frames. It imports no torch."""

import numpy as np

from embeddings.encoder import Spans, Vectors
from embeddings.plain.layers import unit


def mean_clips(vectors: Vectors, spans: Spans) -> Vectors:
    """(m, dim) float32 unit rows, as `Encoder.encode_clips` says."""
    check_spans(spans)
    rows = np.zeros((len(spans), vectors.shape[1]), np.float32)
    for row, (first, last) in zip(rows, spans, strict=True):
        row[:] = np.asarray(vectors[first:last], np.float32).mean(axis=0)
    return unit(rows)


def check_spans(spans: Spans) -> None:
    """Refuse a clip without a frame: it has no vector.

    Raises:
        ValueError: A span is empty.
    """
    if any(last <= first for first, last in spans):
        raise ValueError(f"a span of frames holds at least one frame: {list(spans)}")
