"""The whole way from captions to a folder, with a tiny backbone of random weights."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data.errors import ReelwiseError
from data.video.write import write_video
from embeddings.backbone.lean_open_clip import open_clip  # a name of our own for the tiny backbone
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.published import Architecture, architectures
from embeddings.backbone.tower import Tower
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.record import unserved_notice
from embeddings.training.attack import Attack
from embeddings.training.head import run as training
from embeddings.training.head.fit import HeadTraining
from embeddings.training.head.folder import AttackTarget, SpatiotemporalTraining, TrainingResult
from embeddings.training.head.objective import Objective
from embeddings.training.head.run import train_spatiotemporal
from tests.embeddings.tiny import TINY

pytestmark = pytest.mark.long(11)

NAME = "reelwise-tiny-test"
DIM = TINY["model_cfg"]["embed_dim"]
HEAD = HeadTraining(
    config=TemporalConfig(dim=DIM, width=32, layers=1, heads=2, windows=(1, 2)),
    steps=6,
    batch=8,
    validate_every=3,
)
COLOURS = {"red": (230, 40, 30), "green": (40, 200, 60), "blue": (40, 60, 220)}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A weights file of random weights for an architecture that open_clip knows by name."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / f"{NAME}.json").write_text(json.dumps(TINY["model_cfg"]))
    open_clip.add_model_config(folder / f"{NAME}.json")
    architectures()[NAME] = Architecture(
        DIM, TINY["model_cfg"]["vision_cfg"]["image_size"], 0.1, {}
    )
    torch.manual_seed(1)
    model = open_clip.create_model(NAME, load_weights=False)
    save_file(model.state_dict(), folder / "tiny.safetensors")
    yield folder / "tiny.safetensors"
    # Other tests list what open_clip publishes.
    del architectures()[NAME], open_clip.factory._MODEL_CONFIGS[NAME]


@pytest.fixture(scope="module")
def captions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve painted videos of a bar that moves left or right, one of them no video at all."""
    folder = tmp_path_factory.mktemp("bars")
    with (folder / "captions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("video", "start_s", "end_s", "caption"))
        for number in range(12):
            colour, way = list(COLOURS)[number % 3], ("left", "right")[number % 2]
            _paint(folder / f"{number}.mp4", COLOURS[colour], way)
            writer.writerow((f"{number}.mp4", 0, 2, f"a {colour} bar moves to the {way}"))
            writer.writerow((f"{number}.mp4", 0.5, 1.8, f"a {colour} bar"))
    (folder / "11.mp4").write_text("not a video")
    return folder / "captions.csv"


def _paint(path: Path, colour: tuple[int, int, int], way: str) -> None:
    frames = np.full((20, 64, 64, 3), 20, np.uint8)
    for at, frame in enumerate(frames):
        left = 2 * (at if way == "right" else 19 - at)
        frame[16:48, left : left + 16] = colour
    write_video(path, frames, fps=10)


@pytest.fixture(scope="module")
def options(
    weights: Path, captions: Path, tmp_path_factory: pytest.TempPathFactory
) -> SpatiotemporalTraining:
    cache = tmp_path_factory.mktemp("cache")
    return SpatiotemporalTraining(
        captions=captions,
        out=cache / "never",
        cache=cache,
        encoder=NAME,
        weights=weights,
        head=HEAD,
        device="cpu",
        workers=1,
        views=1,
    )


def train(options: SpatiotemporalTraining, **changes: Any) -> TrainingResult:
    result = train_spatiotemporal(replace(options, **changes))
    assert result is not None
    return result


@pytest.fixture
def always_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "beats", lambda *_: True)


@pytest.fixture
def never_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "beats", lambda *_: False)


@pytest.mark.usefixtures("always_better")
def test_a_head_names_its_backbone_and_finds_it_again(
    options: SpatiotemporalTraining, weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "head"
    result = train(options, out=out)
    assert {file.name for file in out.iterdir()} == {
        "temporal.json",
        "temporal.safetensors",
        "training.json",
        "log.csv",
        "README.md",
    }
    assert not (tmp_path / "head.work").exists()
    record = json.loads((out / "temporal.json").read_text())
    assert record["backbone"]["name"] == NAME
    assert result.n_train + result.n_stop + result.trained.captions == 22
    assert [trouble.reason for trouble in result.troubles] == [
        "failed: not a video: plain text"
    ] * 2
    encoder = load_spatiotemporal(str(out), device="cpu")
    plain = load_spatiotemporal(NAME, weights=weights, device="cpu")
    assert encoder.head is not None
    assert encoder.name == str(out)
    assert encoder.weights == weights
    assert encoder.id != plain.id
    assert encoder.notice == ""
    frames = plain.encode_frames(np.zeros((1, 64, 64, 3), np.uint8))
    assert np.array_equal(encoder.encode_frames(np.zeros((1, 64, 64, 3), np.uint8)), frames)


@pytest.mark.usefixtures("always_better")
def test_a_head_refuses_other_weights_of_its_backbone(
    options: SpatiotemporalTraining, weights: Path, tmp_path: Path
) -> None:
    train(options, out=tmp_path / "head")
    state = load_file(weights)
    state["visual.proj"] = state["visual.proj"] + 0.01
    save_file(state, tmp_path / "other.safetensors")
    with pytest.raises(ReelwiseError, match="trained with other weights") as refused:
        load_spatiotemporal(
            str(tmp_path / "head"), weights=tmp_path / "other.safetensors", device="cpu"
        )
    assert "--weights FILE" in refused.value.fix
    encoder = load_spatiotemporal(str(tmp_path / "head"), weights=weights, device="cpu")
    assert encoder.head is not None


@pytest.mark.usefixtures("never_better")
def test_a_head_that_is_no_better_is_kept_and_not_used_and_says_so(
    options: SpatiotemporalTraining, weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "head"
    assert not train(options, out=out).served
    encoder = load_spatiotemporal(str(out), device="cpu")
    assert encoder.head is None
    assert encoder.id == load_spatiotemporal(NAME, weights=weights, device="cpu").id
    assert "did not beat mean pooling" in encoder.notice
    assert unserved_notice(str(out)) == encoder.notice
    assert unserved_notice(NAME) is None
    assert "NOT served" in (out / "README.md").read_text()
    assert (out / "temporal.safetensors").is_file()


@pytest.mark.usefixtures("never_better")
def test_a_second_run_decodes_only_what_failed(
    options: SpatiotemporalTraining, tmp_path: Path
) -> None:
    train(options, out=tmp_path / "first")
    again = train(options, out=tmp_path / "second")
    assert again.decoded == 0
    with pytest.raises(ReelwiseError, match="already exists"):
        train(options, out=tmp_path / "second")


@pytest.mark.usefixtures("always_better")
def test_the_last_block_learns_and_the_folder_holds_the_whole_model(
    options: SpatiotemporalTraining, weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    train(options, out=out, blocks=1)
    before, after = load_file(weights), load_file(out / "open_clip_model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(name.startswith("visual.transformer.resblocks.1.") for name in changed)
    assert "visual.proj" in changed
    learnt = ("visual.transformer.resblocks.1.", "visual.ln_post", "visual.proj")
    assert all(name.startswith(learnt) for name in changed)
    encoder = load_spatiotemporal(str(out), device="cpu")
    assert encoder.head is not None
    assert encoder.encode_texts(["a red bar"]).shape == (1, DIM)


@pytest.mark.parametrize("on", ["features", "pixels"])
def test_adversarial_training_tells_robustness_before_and_after(
    options: SpatiotemporalTraining, tmp_path: Path, on: AttackTarget
) -> None:
    eps = 0.02 if on == "features" else 2.0
    head = replace(HEAD, objective=Objective(attack=Attack(eps, 2, random_start=True)), steps=3)
    result = train(options, out=tmp_path / "head", head=head, attacked=on)
    assert result.attacked is not None
    assert result.attacked[0].mrr <= result.mean.mrr
    assert "attacked, trained" in (tmp_path / "head" / "README.md").read_text()


def test_a_tower_has_gradients_for_pixels_and_for_its_last_blocks_only(weights: Path) -> None:
    backbone = load_backbone(NAME, weights=weights, precision="fp32")
    plain = backbone.image_features(np.full((2, 64, 64, 3), 90, np.uint8))
    tower = Tower(backbone, blocks=1)
    pixels = torch.full((2, 64, 64, 3), 90.0, requires_grad=True)
    features = tower(pixels)
    assert torch.allclose(features, plain, atol=1e-5)
    features.sum().backward()
    assert pixels.grad is not None
    assert pixels.grad.abs().sum() > 0
    blocks: Any = backbone.model.get_submodule("visual.transformer.resblocks")
    assert not any(weight.requires_grad for weight in blocks[0].parameters())
    assert all(weight.grad is not None for weight in blocks[1].parameters())
    with pytest.raises(ReelwiseError, match="more than the 2 blocks"):
        Tower(backbone, blocks=3)


def test_too_few_videos_are_refused(
    options: SpatiotemporalTraining, tmp_path: Path, captions: Path
) -> None:
    lines = captions.read_text().splitlines()
    few = captions.with_name("few.csv")
    few.write_text("\n".join(lines[:7]) + "\n")
    with pytest.raises(ReelwiseError, match="about 3 videos") as refused:
        train(options, out=tmp_path / "head", captions=few)
    assert "--validation" in refused.value.fix
    with pytest.raises(ReelwiseError, match="fewer than two stretches"):
        train(
            options,
            out=tmp_path / "head",
            captions=captions,
            validation=_only(captions, tmp_path, ("11.mp4", "10.mp4")),
        )


def _only(captions: Path, folder: Path, names: tuple[str, ...]) -> Path:
    path = folder / "only.csv"
    header, *lines = captions.read_text().splitlines()
    kept = [f"{captions.parent}/{line}" for line in lines if line.split(",")[0] in names]
    path.write_text("\n".join([header, *kept]) + "\n")
    return path
