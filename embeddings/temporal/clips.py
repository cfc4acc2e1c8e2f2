"""Clip vectors of many spans of frames at once, with a temporal head."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from embeddings.encoder import Spans, Times, Vectors
from embeddings.plain.layers import unit
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.pieces import pieces
from embeddings.temporal.pooling import check_spans
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


def encode_clips(head: TemporalHead, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
    """(m, dim) float32 unit rows, as `Encoder.encode_clips` says, where the head's weights are."""
    check_spans(spans)
    shown = [
        (place, (first + a, first + b))
        for place, (first, last) in enumerate(spans)
        for a, b in pieces(times_s[first:last])
    ]
    owners = np.array([place for place, _ in shown], np.intp)
    deltas = _deltas(head, vectors, times_s, [span for _, span in shown])
    rows = np.zeros((len(spans), vectors.shape[1]), np.float32)
    np.add.at(rows, owners, deltas)
    rows /= np.bincount(owners, minlength=len(spans))[:, None]
    for row, (first, last) in zip(rows, spans, strict=True):
        row += np.asarray(vectors[first:last], np.float32).mean(axis=0)
    return unit(rows)


def _deltas(head: TemporalHead, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
    """(m, dim): the head's corrections to the means of some stretches."""
    out = np.zeros((len(spans), vectors.shape[1]), np.float32)
    by_length = sorted(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0])
    for start in range(0, len(by_length), CLIPS_AT_ONCE):
        rows = by_length[start : start + CLIPS_AT_ONCE]
        frames = [np.asarray(vectors[slice(*spans[i])], np.float32) for i in rows]
        since_s = [times_s[slice(*spans[i])] - times_s[spans[i][0]] for i in rows]
        batch = [torch.from_numpy(part) for part in frames]
        out[rows] = _encode_batch(head, batch, [torch.from_numpy(t).float() for t in since_s])
    return out


def _encode_batch(head: TemporalHead, clips: list[Tensor], since_s: list[Tensor]) -> Vectors:
    """Corrections for stretches of (t, dim) frames at (t,) seconds after their first."""
    device = next(head.parameters()).device
    real = [torch.ones(len(clip), dtype=torch.bool) for clip in clips]
    frames, times, mask = (
        pad_sequence(rows, batch_first=True).to(device) for rows in (clips, since_s, real)
    )
    with torch.inference_mode():
        rows = head(frames, times, mask)
    return np.asarray(rows.float().cpu().numpy(), dtype=np.float32)
