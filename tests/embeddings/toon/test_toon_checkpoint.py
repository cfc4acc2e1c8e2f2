"""The encoder that the project carries holds what its card says, on combinations it never saw."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open

import benchmarks.encoders.order
import benchmarks.encoders.toon_search
from benchmarks.encoders.order import N_SCENES, twins_of
from benchmarks.encoders.order import order_figures as measure_order
from benchmarks.encoders.toon_search import scene_figures
from benchmarks.made.scenes import encode_frames, encode_scenes, held_out_scenes
from data.toons.scenes import Scene
from embeddings.backbone.folders import TOON_FOLDER
from embeddings.backbone.loading import load_backbone
from embeddings.encoder import Encoder
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder, load_spatiotemporal
from embeddings.temporal.clips import load_head

pytestmark = pytest.mark.long(50)


@pytest.fixture(scope="module")
def toon() -> SpatiotemporalEncoder:
    return load_spatiotemporal("toon", device="cpu")


@pytest.fixture(scope="module", autouse=True)
def _scenes_encoded_once() -> Iterator[None]:
    """Two of the measurements look at the same scenes with the same encoder."""
    encoded: dict[Scene, tuple[NDArray[np.float32], NDArray[np.float64]]] = {}

    def encode(encoder: Encoder, scenes: Sequence[Scene]) -> list[Any]:
        new = [scene for scene in scenes if scene not in encoded]
        encoded.update(zip(new, encode_frames(encoder, new), strict=True))
        return [encoded[scene] for scene in scenes]

    with pytest.MonkeyPatch.context() as patch:
        for measurement in (benchmarks.encoders.order, benchmarks.encoders.toon_search):
            patch.setattr(measurement, "encode_frames", encode)
        yield


def test_it_is_small_and_in_half_precision() -> None:
    files = list(TOON_FOLDER.glob("*.safetensors"))
    assert 0 < sum(file.stat().st_size for file in files) <= 16_000_000
    for file in files:
        with safe_open(file, "pt") as tensors:
            kinds = {tensors.get_slice(key).get_dtype() for key in tensors.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64"}


def test_the_card_names_data_command_seed_time_and_results() -> None:
    card = (TOON_FOLDER / "README.md").read_text(encoding="utf-8")
    run = json.loads((TOON_FOLDER / "training.json").read_text(encoding="utf-8"))
    for word in ("reelwise train toon", f"--seed {run['seed']}", "recall@1", "minutes"):
        assert word in card
    assert sum(run["seconds"]) <= 2 * 3600
    assert len(run["seconds"]) == len(run["stages"])


def test_words_find_scenes_that_were_never_trained(toon: SpatiotemporalEncoder) -> None:
    figures = scene_figures(toon)
    assert figures["scenes"] == 500
    assert 0.85 <= figures["scene_recall_at_1"] < 1.0
    assert figures["scene_recall_at_5"] >= 0.98
    assert figures["scene_reworded_recall_at_1"] >= 0.80


def test_direction_and_order_are_told_and_mean_pooling_cannot(toon: SpatiotemporalEncoder) -> None:
    figures = measure_order(toon, *twins_of(held_out_scenes(N_SCENES["small"], seed=500)))
    assert figures["left_right_pairs"] >= 20
    assert figures["left_right_accuracy"] >= 0.97
    assert figures["accuracy"] >= 0.95
    assert 0.4 < figures["mean_pooling_accuracy"] < 0.6


def test_bf16_keeps_the_ranking_of_fp32() -> None:
    """Also where a machine lacks the instructions and computes bf16 slowly."""
    scenes = held_out_scenes(60, seed=902)
    ranked = []
    for precision in ("fp32", "bf16"):
        backbone = load_backbone("toon", precision=precision)
        encoder = SpatiotemporalEncoder(backbone, load_head(TOON_FOLDER))
        rows = encode_scenes(encoder, encode_frames(encoder, scenes))
        texts = encoder.encode_texts([scene.captions()[0] for scene in scenes])
        ranked.append(np.argsort(-(texts @ rows.T), axis=1)[:, :5])
    assert (ranked[0][:, 0] == ranked[1][:, 0]).mean() >= 0.95
    same = [len(set(a) & set(b)) / 5 for a, b in zip(*ranked, strict=True)]
    assert np.mean(same) >= 0.9


def test_the_folder_holds_nothing_else() -> None:
    names = {file.name for file in Path(TOON_FOLDER).iterdir()}
    assert names == {
        "README.md",
        "bpe_merges.txt.gz",
        "open_clip_config.json",
        "open_clip_model.safetensors",
        "temporal.json",
        "temporal.safetensors",
        "training.json",
    }
