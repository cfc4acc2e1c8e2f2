"""Frames, clips and words keep their order, whatever is batched, padded or remembered inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import resolve_home
from data.video.types import FrameSpec
from embeddings.opening.choice import choose_encoder
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder, load_spatiotemporal
from embeddings.temporal.clips import load_head
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.record import HeadRecord

DIM = 4


def angle_row(angle: float) -> list[float]:
    return [np.cos(angle), np.sin(angle), 0, 0]


class Tower:
    """Stands in for a `Backbone`: a feature tells which frame or text it was made of."""

    dim = DIM
    device = torch.device("cpu")
    frame_spec = FrameSpec(2, 2, "crop")

    def __init__(self, name: str = "Tower/One (1)", fingerprint: str = "f") -> None:
        self.name, self.fingerprint = name, fingerprint
        self.frames_per_call: list[int] = []
        self.texts_per_call: list[list[str]] = []

    def image_features(self, pixels: NDArray[np.uint8]) -> Tensor:
        self.frames_per_call.append(len(pixels))
        return torch.tensor([angle_row(frame[0, 0, 0] / 99) for frame in pixels])

    def text_features(self, texts: Sequence[str]) -> Tensor:
        self.texts_per_call.append(list(texts))
        return torch.tensor([angle_row(ord(text[0]) / 99) for text in texts])


class Clock(TemporalHead):
    """A head that adds its input: the sum of the times and the number of frames."""

    def forward(self, frames: Tensor, times_s: Tensor, mask: Tensor) -> Tensor:
        del frames
        assert not self.training
        facts = [(times_s * mask).sum(1), mask.sum(1) / 10]
        return torch.stack([torch.zeros(len(mask)), torch.zeros(len(mask)), *facts], dim=1)


def small_head(seed: int = 0, *, dim: int = DIM, lags: tuple[int, ...] = (1,)) -> TemporalHead:
    torch.manual_seed(seed)
    return TemporalHead(TemporalConfig(dim=dim, width=8, heads=1, lags=lags))


def made(tower: Tower, head: TemporalHead | None = None, **options: Any) -> SpatiotemporalEncoder:
    return SpatiotemporalEncoder(tower, head, **options)  # type: ignore[arg-type]


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def test_frames_of_several_batches_come_out_in_order() -> None:
    tower = Tower()
    pixels = np.zeros((150, 2, 2, 3), np.uint8)
    pixels[:] = np.arange(150, dtype=np.uint8)[:, None, None, None]
    rows = made(tower).encode_frames(pixels)
    assert tower.frames_per_call == [64, 64, 22]
    assert rows == pytest.approx(np.array([angle_row(i / 99) for i in range(150)]), abs=1e-6)
    assert rows.dtype == np.float32
    assert made(tower).encode_frames(pixels[:0]).shape == (0, DIM)


@pytest.mark.parametrize("head", [None, Clock(TemporalConfig(dim=DIM))])
def test_clips_of_any_length_come_out_in_the_order_of_their_spans(
    head: TemporalHead | None,
) -> None:
    rng = np.random.default_rng(0)
    vectors = unit(rng.standard_normal((60, DIM)).astype(np.float32))
    times_s = np.cumsum(rng.uniform(0.1, 0.5, 60)) + 1e7  # at most 9.5 s in a span
    spans = [(int(a), int(a + n)) for a, n in rng.integers((0, 1), (40, 20), (200, 2))]
    rows = made(Tower(), head).encode_clips(vectors, times_s, spans)
    expected = []
    for first, last in spans:
        row = vectors[first:last].mean(0)
        if head is not None:
            since_s = times_s[first:last] - times_s[first]
            row = row + np.array([0, 0, since_s.sum(), (last - first) / 10], np.float32)
        expected.append(unit(row))
    assert rows == pytest.approx(np.stack(expected), abs=1e-5)


def test_a_span_without_a_frame_is_refused() -> None:
    vectors, times_s = np.eye(DIM, dtype=np.float32), np.arange(4.0)
    encoder = made(Tower())
    with pytest.raises(ValueError, match="at least one"):
        encoder.encode_clips(vectors, times_s, [(0, 1), (2, 2)])
    assert encoder.encode_clips(vectors, times_s, []).shape == (0, DIM)


def test_texts_are_encoded_once() -> None:
    tower = Tower()
    encoder = made(tower)
    rows = encoder.encode_texts(["c", "a", "b", "a"])
    assert tower.texts_per_call == [["c", "a", "b"]]
    assert rows == pytest.approx(np.array([angle_row(ord(t) / 99) for t in "caba"]), abs=1e-6)
    assert (encoder.encode_texts(["a"]) == rows[1]).all()
    assert len(tower.texts_per_call) == 1


def test_the_identity_names_the_model_and_changes_with_all_that_shapes_a_vector() -> None:
    plain = made(Tower())
    assert re.fullmatch(r"one--1-[0-9a-f]{12}", plain.id)
    assert made(Tower()).id == plain.id
    others = [
        made(Tower(fingerprint="g")),
        made(Tower(), small_head()),
        made(Tower(), small_head(1)),
        made(Tower(), small_head(lags=(2,))),  # the same weights in another shape
    ]
    assert len({plain.id, *(other.id for other in others)}) == 5
    assert made(Tower(), small_head()).id == others[1].id
    assert (plain.name, plain.dim, plain.frame_spec) == (
        "Tower/One (1)",
        DIM,
        FrameSpec(2, 2, "crop"),
    )


def test_a_head_of_another_length_is_refused() -> None:
    with pytest.raises(ReelwiseError, match=r"head is 6-d, Tower/One \(1\) is 4-d"):
        made(Tower(), small_head(dim=6))


def test_a_head_is_kept_beside_its_model_in_half_precision_and_computes_in_full(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in model_folder.iterdir():
        (folder / file.name).symlink_to(file)
    assert load_head(folder) is None
    alone = load_spatiotemporal(str(folder), device="cpu")
    head = small_head(dim=32)
    save_file({k: v.half() for k, v in head.state_dict().items()}, folder / "temporal.safetensors")
    HeadRecord(asdict(head.config)).write(folder)
    loaded = load_head(folder)
    assert loaded is not None
    assert {weights.dtype for weights in loaded.parameters()} == {torch.float32}
    both = load_spatiotemporal(str(folder), device="cpu")
    assert alone.head is None
    assert both.head is not None
    assert alone.id != both.id
    assert both.weights is None
    # A weights file replaces the model; the folder's head was not trained with it.
    monkeypatch.chdir(folder)
    other = load_spatiotemporal(
        str(folder), weights=Path("open_clip_model.safetensors"), device="cpu"
    )
    assert other.head is None
    assert other.weights == folder / "open_clip_model.safetensors"


def test_the_encoder_is_the_one_that_is_named_else_that_of_the_library(tmp_path: Path) -> None:
    given, kept = Path("given.pt"), tmp_path / "kept.pt"
    assert choose_encoder(None, None, None) == (None, None)
    assert choose_encoder(None, "toon", given) == ("toon", given)
    with Catalogue(resolve_home(tmp_path / "home")) as catalogue:
        assert choose_encoder(catalogue, None, given) == (None, given)
        catalogue.set_encoder("vit-1", "ViT-B-32/openai", kept)
        assert choose_encoder(catalogue, None, None) == ("ViT-B-32/openai", kept)
        assert choose_encoder(catalogue, None, given) == ("ViT-B-32/openai", given)
        assert choose_encoder(catalogue, "toon", None) == ("toon", None)
