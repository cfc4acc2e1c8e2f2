"""The temporal head in numpy gives what the head in torch gives."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from embeddings.backbone.folders import TOON_FOLDER
from embeddings.encoder import Times
from embeddings.plain.layers import Floats, unit
from embeddings.temporal import clips, plain
from embeddings.temporal.config import HEAD_KINDS, HeadKind, TemporalConfig
from embeddings.temporal.head import clip_vectors
from embeddings.temporal.pieces import pieces
from embeddings.temporal.pooling import mean_clips
from embeddings.temporal.record import HEAD_WEIGHTS, HeadRecord
from tests.embeddings.temporal.test_head import trained_head

LENGTHS = [1, 2, 3, 20, 64]
SPANS = [(0, n) for n in LENGTHS] + [(7, 13), (63, 64)]


def rows(dim: int) -> Floats:
    """64 frames of which each is like the one before."""
    steps = np.random.default_rng(5).normal(size=(64, dim)).astype(np.float32)
    return unit(np.cumsum(steps, axis=0))


def differs_by(folder: Path, dim: int) -> float:
    """Largest difference of a coordinate over clips of many lengths, with gaps in time."""
    times_s = np.cumsum(np.random.default_rng(6).uniform(0.1, 1.5, size=64)) + 100
    opened, head = plain.open_head(folder), clips.load_head(folder)
    assert opened is not None
    assert head is not None
    here = plain.encode_clips(opened, rows(dim), times_s, SPANS)
    wanted = clips.encode_clips(head.eval(), rows(dim), times_s, SPANS)
    assert np.abs(wanted - mean_clips(rows(dim), SPANS)).max() > 0.01
    return float(np.abs(here - wanted).max())


def test_a_trained_head_gives_the_same_clips() -> None:
    dim = json.loads((TOON_FOLDER / "temporal.json").read_text())["head"]["dim"]
    assert differs_by(TOON_FOLDER, dim) < 1e-4


@pytest.mark.parametrize("kind", HEAD_KINDS)
def test_every_kind_of_head_gives_the_same_clips(kind: HeadKind, tmp_path: Path) -> None:
    head = trained_head(kind, lags=(1, 3), windows=(1, 3), pools=("attention", "max", "mean"))
    save_file(head.state_dict(), tmp_path / HEAD_WEIGHTS)
    HeadRecord(asdict(head.config)).write(tmp_path)
    assert differs_by(tmp_path, head.config.dim) < 1e-5


def test_a_head_without_attention_needs_no_weights_of_it(tmp_path: Path) -> None:
    head = trained_head(windows=(2,), pools=("max",))
    save_file({k: w.half() for k, w in head.state_dict().items()}, tmp_path / HEAD_WEIGHTS)
    HeadRecord(asdict(head.config)).write(tmp_path)
    assert differs_by(tmp_path, head.config.dim) < 1e-4


def test_without_a_head_a_clip_is_the_mean_of_its_frames() -> None:
    found = mean_clips(rows(8), SPANS)
    for place, (first, last) in enumerate(SPANS):
        frames = torch.from_numpy(rows(8)[None, first:last])
        mask = torch.ones(1, last - first, dtype=torch.bool)
        wanted = clip_vectors(frames, torch.zeros(1, last - first), mask, None)
        assert found[place] == pytest.approx(wanted[0].numpy(), abs=1e-6)
    with pytest.raises(ValueError, match="at least one frame"):
        mean_clips(rows(8), [(3, 3)])


def test_a_head_that_is_not_served_is_none(tmp_path: Path) -> None:
    assert plain.open_head(tmp_path) is None
    HeadRecord(asdict(TemporalConfig(dim=8)), served=False).write(tmp_path)
    assert plain.open_head(tmp_path) is None


@pytest.mark.parametrize(
    ("times_s", "wanted"),
    [
        (np.arange(20) / 2, [(0, 20)]),
        (np.arange(21) / 2, [(0, 21)]),  # 10 s and no more
        (np.arange(40) / 2, [(0, 20), (20, 40)]),
        (np.arange(50) / 2, [(0, 17), (17, 33), (33, 50)]),
        (np.array([0.0, 1.0, 3600.0]), [(0, 2), (2, 3)]),
        (np.zeros(1), [(0, 1)]),
    ],
)
def test_a_head_is_shown_equal_pieces_of_ten_seconds_at_most(
    times_s: Times, wanted: list[tuple[int, int]]
) -> None:
    assert pieces(times_s) == wanted


def test_a_longer_clip_is_its_mean_and_the_mean_correction_of_its_pieces(tmp_path: Path) -> None:
    head = trained_head()
    save_file(head.state_dict(), tmp_path / HEAD_WEIGHTS)
    HeadRecord(asdict(head.config)).write(tmp_path)
    steps = np.random.default_rng(5).normal(size=(1_200, head.config.dim)).astype(np.float32)
    frames, times_s = unit(np.cumsum(steps, axis=0)), np.arange(1_200) / 2
    opened, spans = plain.open_head(tmp_path), [(0, 1_200), (3, 43), (0, 20)]
    assert opened is not None
    here = plain.encode_clips(opened, frames, times_s, spans)
    assert here == pytest.approx(clips.encode_clips(head, frames, times_s, spans), abs=1e-5)
    since_s = (np.arange(40) / 2).astype(np.float32)
    deltas = [opened.delta(frames[at : at + 20], since_s[:20]) for at in (3, 23)]
    wanted = unit(frames[3:43].mean(axis=0) + np.mean(deltas, axis=0))
    assert here[1] == pytest.approx(wanted, abs=1e-5)
    at_once = unit(frames[3:43].mean(axis=0) + opened.delta(frames[3:43], since_s))
    assert np.abs(here[1] - at_once).max() > 1e-3
