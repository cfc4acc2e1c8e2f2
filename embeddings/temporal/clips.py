"""Clip vectors of many spans of frames at once, with a temporal head."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from embeddings.encoder import Spans, Times, Vectors
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.temporal.pooling import check_spans
from embeddings.temporal.record import HEAD_WEIGHTS, read_record

CLIPS_AT_ONCE = 16
"""Clips are padded to the longest of their batch, so that large batches waste time on padding."""
FRAMES_AT_ONCE = 1_280
"""Frames of one batch at most, or one clip: attention takes memory by the square of a clip."""


def load_head(folder: Path) -> TemporalHead | None:
    """The temporal head in a folder; None where there is none, or one that is not served."""
    record = read_record(folder)
    if record is None or not record.served:
        return None
    head = TemporalHead(TemporalConfig.from_dict(record.head))
    head.load_state_dict(load_file(folder / HEAD_WEIGHTS))
    return head


def encode_clips(head: TemporalHead, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
    """(m, dim) float32 unit rows, as `Encoder.encode_clips` says, where the head's weights are."""
    check_spans(spans)
    out = np.zeros((len(spans), vectors.shape[1]), np.float32)
    for rows in _batches(spans):
        frames = [np.asarray(vectors[slice(*spans[i])], np.float32) for i in rows]
        since_s = [times_s[slice(*spans[i])] - times_s[spans[i][0]] for i in rows]
        batch = [torch.from_numpy(part) for part in frames]
        out[rows] = _encode_batch(head, batch, [torch.from_numpy(t).float() for t in since_s])
    return out


def _batches(spans: Spans) -> Iterator[list[int]]:
    """Numbers of the spans, those of like length together, the longest first."""
    lengths = [last - first for first, last in spans]
    by_length = sorted(range(len(spans)), key=lambda i: -lengths[i])
    start = 0
    while start < len(by_length):
        count = max(1, min(CLIPS_AT_ONCE, FRAMES_AT_ONCE // lengths[by_length[start]]))
        yield by_length[start : start + count]
        start += count


def _encode_batch(head: TemporalHead, clips: list[Tensor], since_s: list[Tensor]) -> Vectors:
    """Rows of clips of (t, dim) frames at (t,) seconds after their first."""
    device = next(head.parameters()).device
    real = [torch.ones(len(clip), dtype=torch.bool) for clip in clips]
    frames, times, mask = (
        pad_sequence(rows, batch_first=True).to(device) for rows in (clips, since_s, real)
    )
    with torch.inference_mode():
        rows = clip_vectors(frames, times, mask, head)
    return np.asarray(rows.cpu().numpy(), dtype=np.float32)
