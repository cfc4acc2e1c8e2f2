"""Clip vectors in numpy: what `embeddings.temporal.clips` gives, without torch.

What was indexed lies there as vectors of frames: a question about it needs the head alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from embeddings.encoder import Spans, Times, Vectors
from embeddings.plain.layers import (
    Floats,
    attention,
    gelu,
    layer_norm,
    linear,
    sigmoid,
    softmax,
    unit,
)
from embeddings.temporal.config import KERNEL, Pool, TemporalConfig
from embeddings.temporal.pieces import pieces
from embeddings.temporal.pooling import check_spans
from embeddings.temporal.record import HEAD_WEIGHTS, read_record


class PlainHead:
    """`embeddings.temporal.head.TemporalHead` for one clip at a time.

    Args:
        config: Its shape.
        weights: Its weights by their names in torch, float32.
    """

    def __init__(self, config: TemporalConfig, weights: Mapping[str, Floats]) -> None:
        self._config = config
        self._weights = weights

    def delta(self, frames: Floats, since_s: Floats) -> Floats:
        """The (dim,) correction to mean pooling of (t, dim) unit rows, (t,) s from the first."""
        size = np.float32(self._config.dim**0.5)
        fraction = since_s / max(since_s.max(), np.float32(1e-3))
        x = self._linear(frames * size, "frame")
        x += self._linear(self._motion(frames) * size, "motion")
        x += self._linear((frames - frames.mean(axis=0)) * size, "context")
        x += self._linear(self._time_code(since_s, fraction), "time")
        for number in range(self._config.layers):
            x = self._block(x, f"blocks.{number}")
        pooled = self._pool(self._norm(x, "norm"), fraction)
        return self._linear(pooled, "fuse")

    def _motion(self, frames: Floats) -> Floats:
        at = np.arange(len(frames))
        lags = self._config.lags
        return np.concatenate([frames - frames[(at - lag).clip(min=0)] for lag in lags], axis=1)

    def _time_code(self, since_s: Floats, fraction: Floats) -> Floats:
        octave = np.arange(self._config.periods, dtype=np.float32)
        seconds = since_s[:, None] * (np.float32(2 * np.pi) / (np.float32(0.5) * 2**octave))
        part = fraction[:, None] * (np.float32(np.pi) * (octave + 1) / 2)
        waves = [np.sin(seconds), np.cos(seconds), np.sin(part), np.cos(part)]
        return np.concatenate(waves, axis=1).astype(np.float32)

    def _block(self, x: Floats, of: str) -> Floats:
        mixed = self._mix(self._norm(x, f"{of}.norm1"), of)
        x = x + self._linear(mixed, f"{of}.proj")
        hidden = gelu(self._linear(self._norm(x, f"{of}.norm2"), f"{of}.mlp.0"))
        return x + self._linear(hidden, f"{of}.mlp.2")

    def _mix(self, x: Floats, of: str) -> Floats:
        """(t, width): what each frame takes from the others, before the projection."""
        if self._config.kind == "attention":
            return attention(self._linear(x, f"{of}.qkv"), self._config.heads)
        if self._config.kind == "convolution":
            return self._convolved(x, f"{of}.conv")
        both = (self._recurrent(x, f"{of}.gru", ""), self._recurrent(x, f"{of}.gru", "_reverse"))
        return np.concatenate(both, axis=1)

    def _convolved(self, x: Floats, of: str) -> Floats:
        weight, side = self._weights[f"{of}.weight"][:, 0], KERNEL // 2
        wide = np.pad(x, ((side, side), (0, 0)))
        taps = [wide[at : at + len(x)] * weight[:, at] for at in range(KERNEL)]
        return gelu(sum(taps, self._weights[f"{of}.bias"]))

    def _recurrent(self, x: Floats, of: str, direction: str) -> Floats:
        """(t, width / 2) states of a GRU (Cho et al., 2014), in the order of the frames."""
        of_input, of_state = (
            (self._weights[f"{of}.weight_{part}"], self._weights[f"{of}.bias_{part}"])
            for part in (f"ih_l0{direction}", f"hh_l0{direction}")
        )
        steps = linear(x, *of_input)
        state = np.zeros(of_state[0].shape[1], np.float32)
        states = np.zeros((len(x), len(state)), np.float32)
        for at in reversed(range(len(x))) if direction else range(len(x)):
            reset, update, new = np.split(steps[at], 3)
            of_reset, of_update, of_new = np.split(linear(state, *of_state), 3)
            keep = sigmoid(update + of_update)
            fresh = np.tanh(new + sigmoid(reset + of_reset) * of_new)
            state = (1 - keep) * fresh + keep * state
            states[at] = state
        return states

    def _pool(self, x: Floats, fraction: Floats) -> Floats:
        """(t, width) -> (pooled * width,); a window without a frame gives zeros."""
        even = np.zeros((len(x), len(self._config.windows)), np.float32)
        scores = self._linear(x, "attend") if "attention" in self._config.pools else even
        rows = []
        for number, windows in enumerate(self._config.windows):
            place = (fraction * windows).astype(np.int64).clip(max=windows - 1)
            inside = [place == window for window in range(windows)]
            for pool in self._config.pools:
                score = scores[:, number] if pool == "attention" else even[:, number]
                rows += [_pooled(x[part], score[part], pool) for part in inside]
        return np.concatenate(rows)

    def _layer(self, name: str) -> tuple[Floats, Floats | None]:
        return self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias")

    def _linear(self, x: Floats, name: str) -> Floats:
        return linear(x, *self._layer(name))

    def _norm(self, x: Floats, name: str) -> Floats:
        return layer_norm(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])


def _pooled(rows: Floats, score: Floats, pool: Pool) -> Floats:
    """(n, width) tokens of a window and their scores -> (width,)."""
    if not len(rows):
        return np.zeros(rows.shape[1], np.float32)
    return rows.max(axis=0) if pool == "max" else softmax(score) @ rows


def open_head(folder: Path) -> PlainHead | None:
    """The temporal head in a folder; None where there is none, or one that is not served."""
    record = read_record(folder)
    if record is None or not record.served:
        return None
    file: Any = safe_open(folder / HEAD_WEIGHTS, "numpy")
    weights = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
    return PlainHead(TemporalConfig.from_dict(record.head), weights)


def encode_clips(head: PlainHead, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
    """(m, dim) float32 unit rows, as `Encoder.encode_clips` says."""
    check_spans(spans)
    rows = np.zeros((len(spans), vectors.shape[1]), np.float32)
    for place, (first, last) in enumerate(spans):
        frames, shown_s = np.asarray(vectors[first:last], np.float32), times_s[first:last]
        deltas = [
            head.delta(frames[a:b], (shown_s[a:b] - shown_s[a]).astype(np.float32))
            for a, b in pieces(shown_s)
        ]
        rows[place] = frames.mean(axis=0) + np.mean(deltas, axis=0)
    return unit(rows)
