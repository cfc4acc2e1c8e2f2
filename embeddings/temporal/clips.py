"""Clip vectors of many spans of frames at once, with a temporal head or by mean pooling."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.nn.utils.rnn import pad_sequence

from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.temporal.record import HEAD_WEIGHTS, read_record

CLIPS_AT_ONCE = 16
"""Clips are padded to the longest of their batch, so that large batches waste time on padding."""


def load_head(folder: Path) -> TemporalHead | None:
    """The temporal head in a folder; None where there is none, or one that is not served."""
    record = read_record(folder)
    if record is None or not record.served:
        return None
    head = TemporalHead(TemporalConfig.from_dict(record.head))
    head.load_state_dict(load_file(folder / HEAD_WEIGHTS))
    return head


def encode_clips(
    head: TemporalHead | None,
    vectors: NDArray[np.float32],
    times_s: NDArray[np.float64],
    spans: Sequence[tuple[int, int]],
    *,
    device: torch.device,
) -> NDArray[np.float32]:
    """(m, dim) float32 unit rows, as `Encoder.encode_clips` says; None is mean pooling."""
    if any(last <= first for first, last in spans):
        raise ValueError(f"a span of frames holds at least one frame: {list(spans)}")
    out = np.zeros((len(spans), vectors.shape[1]), np.float32)
    by_length = sorted(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0])
    for start in range(0, len(by_length), CLIPS_AT_ONCE):
        rows = by_length[start : start + CLIPS_AT_ONCE]
        parts = [spans[i] for i in rows]
        out[rows] = _encode_batch(head, vectors, times_s, parts, device)
    return out


def _encode_batch(
    head: TemporalHead | None,
    vectors: NDArray[np.float32],
    times_s: NDArray[np.float64],
    spans: Sequence[tuple[int, int]],
    device: torch.device,
) -> NDArray[np.float32]:
    parts = [torch.from_numpy(np.asarray(vectors[a:b], np.float32)) for a, b in spans]
    since_s = [torch.from_numpy(times_s[a:b] - times_s[a]).float() for a, b in spans]
    real = [torch.ones(len(part), dtype=torch.bool) for part in parts]
    frames, times, mask = (
        pad_sequence(rows, batch_first=True).to(device) for rows in (parts, since_s, real)
    )
    with torch.inference_mode():
        rows = clip_vectors(frames, times, mask, head)
    return np.asarray(rows.cpu().numpy(), dtype=np.float32)
