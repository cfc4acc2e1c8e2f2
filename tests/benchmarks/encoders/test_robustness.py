from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import benchmarks.encoders.robustness
from benchmarks.encoders.robustness import (
    Attacked,
    Size,
    changed_clips,
    fine_tune,
    load_attacked,
    robustness,
    wrong_margin,
)
from benchmarks.made.scenes import encode_frames, encode_scenes, held_out_scenes, scene_pixels
from embeddings.backbone.loading import load_backbone
from embeddings.spatiotemporal.encoder import SpatiotemporalEncoder
from embeddings.temporal.clips import load_head
from embeddings.toon.train import ToonTraining
from tests.toon_folder import write_untrained

SCENES = held_out_scenes(6, seed=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained(tmp_path_factory.mktemp("robustness") / "model")


@pytest.fixture(scope="module")
def attacked(folder: Path) -> Attacked:
    return load_attacked(folder)


def test_what_is_attacked_is_what_an_index_would_hold(folder: Path, attacked: Attacked) -> None:
    encoder = SpatiotemporalEncoder(load_backbone(str(folder), precision="fp32"), load_head(folder))
    expected = encode_scenes(encoder, encode_frames(encoder, SCENES))
    drawn = [scene_pixels(scene, encoder.frame_spec) for scene in SCENES]
    pixels = torch.from_numpy(np.concatenate([frames for frames, _ in drawn])).float()
    assert len({len(times) for _, times in drawn}) > 1
    with torch.no_grad():
        rows = attacked.clips(pixels, [times for _, times in drawn])
    assert np.allclose(rows.numpy(), expected, atol=1e-5)


def test_a_margin_is_the_best_wrong_score_less_the_right_one() -> None:
    texts = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    clips = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    margin = wrong_margin(clips, texts, torch.tensor([1, 2]))
    assert torch.allclose(margin, torch.tensor([-0.2, 0.4]))


def test_each_attack_does_more_harm_than_the_one_before(attacked: Attacked) -> None:
    texts = attacked.backbone.text_features([s.captions()[0] for s in SCENES]).clone()
    rows = changed_clips(attacked, SCENES[2:4], texts, 2)
    own = torch.tensor([2, 3])
    margins = {
        name: wrong_margin(torch.from_numpy(one), texts, own).sum().item()
        for name, one in rows.items()
    }
    assert list(rows) == ["clean", "noise", "fgsm", "pgd"]
    assert margins["clean"] < margins["fgsm"] <= margins["pgd"]
    assert margins["noise"] - margins["clean"] < (margins["fgsm"] - margins["clean"]) / 2
    again = changed_clips(attacked, SCENES[2:4], texts, 2)
    assert all(np.array_equal(rows[name], again[name]) for name in rows)


def test_recall_is_given_both_ways_for_every_change(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = [scene.captions()[0] for scene in SCENES]
    texts = attacked.backbone.text_features(captions).numpy()

    def exact(
        model: object, scenes: list[object], texts: torch.Tensor, first: int
    ) -> dict[str, NDArray[np.float32]]:
        own = texts[first : first + len(scenes)].numpy()
        other = texts[(torch.arange(first, first + len(scenes)) + 1) % len(texts)].numpy()
        return {"clean": own, "pgd": other}

    monkeypatch.setattr(benchmarks.encoders.robustness, "changed_clips", exact)
    monkeypatch.setattr(benchmarks.encoders.robustness, "CLIPS_PER_BATCH", 4)
    assert len({row.tobytes() for row in texts}) == len(SCENES)
    figures = robustness(attacked, SCENES)
    assert figures["clean_text_to_scene_recall_at_1"] == 1
    assert figures["clean_scene_to_text_recall_at_1"] == 1
    assert figures["pgd_text_to_scene_recall_at_1"] == 0
    assert figures["pgd_scene_to_text_recall_at_1"] == 0
    assert len(figures) == 8


def test_the_fine_tuning_is_that_of_the_command(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, ToonTraining, Path]] = []

    def train(out: Path, options: ToonTraining, *, start: Path, report: object) -> Path:
        asked.append((out, options, start))
        return out

    monkeypatch.setattr(benchmarks.encoders.robustness, "TOON_FOLDER", folder)
    monkeypatch.setattr(benchmarks.encoders.robustness, "train_toon", train)
    assert fine_tune(tmp_path / "out", Size(scenes=5, drawn=70, steps=3)) == tmp_path / "out"
    ((_, options, start),) = asked
    (stage,) = options.stages
    assert start == folder
    assert (stage.px, stage.steps, options.scenes) == (32, 3, 70)
    assert options.attack is not None
    assert options.attack == replace(options.attack, eps=4.0, steps=1)
