"""The losses of a training step of the toon encoder, and attacks on its batches."""

from pathlib import Path

import numpy as np
import pytest
import torch

from embeddings.toon.batches import ToonBatch
from embeddings.toon.labels import Labels
from embeddings.toon.model import WEIGHTS, ToonModel, attack_batch, weighted_losses
from embeddings.toon.start import build_like
from embeddings.training.attack import Attack
from embeddings.training.losses import contrastive
from tests.toon_folder import write_untrained

CAPTIONS = ["a red car", "a green tree", "a blue street", "a red street"]


def _batch() -> ToonBatch:
    rng = np.random.default_rng(3)
    times_s = np.tile(np.arange(3, dtype=np.float32), (4, 1))
    return ToonBatch(
        toons=rng.integers(0, 256, (4, 3, 32, 32, 3), dtype=np.uint8),
        times_s=times_s,
        labels=Labels(np.zeros((4, 3, 1), np.float32), np.zeros(4, int), np.zeros((4, 2, 3), int)),
        captions=CAPTIONS,
        meanings=CAPTIONS,
        backward_captions=[None] * 4,
        backward_meanings=[""] * 4,
        wrong_captions=[],
        strong=rng.integers(0, 256, (2, 2, 32, 32, 3), dtype=np.uint8),
        strong_times_s=times_s[:2, :2],
        footage=np.zeros((2, 1, 2, 32, 32, 3), np.uint8),
        footage_times_s=np.zeros((2, 1, 2), np.float32),
        seed=0,
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_towers_are_trained_in_the_precision_that_the_machine_is_fast_in(
    dtype: torch.dtype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.toon.model.compute_dtype", lambda *_: dtype)
    start = write_untrained(tmp_path / "start")
    model, tokenize = build_like(start, tmp_path / "model", 32)
    seen = []
    for name in ("visual.conv1", "transformer.resblocks.0.mlp.c_fc"):
        layer = model.towers.get_submodule(name)
        layer.register_forward_hook(lambda _layer, _rows, out: seen.append(out.dtype))
    rows = model.frames(torch.from_numpy(_batch().toons)), model.texts(tokenize(CAPTIONS))
    assert seen == [dtype, dtype]
    assert [part.dtype for part in rows] == [torch.float32, torch.float32]


def _words(model: ToonModel, batch: ToonBatch, texts: torch.Tensor) -> float:
    with torch.no_grad():
        frames = model.frames(torch.from_numpy(batch.toons))
        return contrastive(model.clips(frames, torch.from_numpy(batch.times_s)), texts, 14.3).item()


@pytest.mark.parametrize("attack", [Attack(4), Attack(4, random_start=True), Attack(2, steps=3)])
def test_toons_move_at_most_eps_levels_to_where_words_fit_worse(
    attack: Attack, tmp_path: Path
) -> None:
    start = write_untrained(tmp_path / "start")
    model, tokenize = build_like(start, tmp_path / "model", 32)
    model.train()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    batch = _batch()
    moved = attack_batch(model, batch, tokenize, attack)
    change = moved.toons.astype(int) - batch.toons
    assert moved.toons.dtype == np.uint8
    assert 0 < abs(change).max() <= attack.eps
    assert model.training
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
    assert moved.strong is batch.strong
    assert moved.captions is batch.captions
    model.eval()
    with torch.no_grad():
        texts = model.texts(tokenize(CAPTIONS))
    assert _words(model, moved, texts) > _words(model, batch, texts)


@pytest.mark.parametrize("views", [1.0, 3.0])
def test_a_factor_on_views_leaves_words_and_facts_as_they_are(views: float) -> None:
    parts = {name: torch.tensor(10.0) for name in WEIGHTS}
    by_view = {"views", "frame_views"}
    weighted = weighted_losses(parts, views=views)
    assert by_view < weighted.keys() == parts.keys()
    for name, part in weighted.items():
        expected = WEIGHTS[name] * 10 * (views if name in by_view else 1.0)
        assert float(part) == pytest.approx(expected)
