"""Every way to name and load a backbone, and what is said where it cannot be loaded."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data.errors import ReelwiseError
from embeddings.backbone import loading
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.lean_open_clip import open_clip
from embeddings.backbone.loading import _preprocess_of, load_backbone
from embeddings.backbone.names import parse_name
from embeddings.opening.choice import load_encoder
from tests.embeddings.backbone.test_backbone import TEXTS, picture
from tests.embeddings.tiny import TINY

pytestmark = pytest.mark.long(16)

ARCHITECTURE = "ViTamin-S"  # the smallest that open_clip ships


@pytest.fixture(scope="module")
def reference() -> torch.nn.Module:
    torch.manual_seed(0)
    model: torch.nn.Module = open_clip.create_model(ARCHITECTURE, load_weights=False)
    return model.eval()


def assert_equal_features(ours: Backbone, theirs: torch.nn.Module, name: str) -> None:
    spec = ours.frame_spec
    frames = [picture(i, spec.width_px, spec.height_px) for i in range(3)]
    config = open_clip.transform.PreprocessCfg(**open_clip.get_model_preprocess_cfg(ours.model))
    transform = open_clip.transform.image_transform_v2(config, is_train=False)
    tokens = open_clip.get_tokenizer(name)(TEXTS)
    with torch.inference_mode():
        images = theirs.encode_image(torch.stack([transform(f) for f in frames]), normalize=True)  # type: ignore[operator]
        texts = theirs.encode_text(tokens, normalize=True)  # type: ignore[operator]
    pixels = np.stack([np.asarray(f) for f in frames])
    assert torch.allclose(ours.image_features(pixels), images, atol=2e-5)
    assert torch.allclose(ours.text_features(TEXTS), texts, atol=2e-5)
    assert ours.dim == images.shape[1]


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_weights_file_gives_open_clips_own_features(
    suffix: str, reference: torch.nn.Module, tmp_path: Path
) -> None:
    file = tmp_path / f"weights{suffix}"
    state = reference.state_dict()
    if suffix == ".pt":
        torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}}, file)
    else:
        save_file(state, file)
    ours = load_backbone(ARCHITECTURE, weights=file, precision="fp32")
    assert_equal_features(ours, reference, ARCHITECTURE)
    assert parse_name(ours.name, weights=file) == parse_name(ARCHITECTURE, weights=file)


def test_a_model_folder_gives_open_clips_own_features(model_folder: Path) -> None:
    ours = load_backbone(str(model_folder), precision="fp32")
    theirs = open_clip.create_model(f"local-dir:{model_folder}", require_pretrained=True).eval()
    assert_equal_features(ours, theirs, f"local-dir:{model_folder}")
    assert ours.frame_spec.fit == "crop"


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("PE-Core-B-16", 0.5),  # all its published weights agree
        ("ViT-L-14", None),  # these do not, and nobody knows which ones the file holds ...
        ("ViT-L-14/laion2b_s32b_b82k", 0.5),  # ... unless the tag is named
        ("ViT-L-14/openai", 0.48145466),
    ],
)
def test_a_weights_file_is_normalised_as_the_makers_of_its_model_did(
    name: str, mean: float | None
) -> None:
    file = Path("any.safetensors")
    wanted = _preprocess_of(parse_name(name, weights=file), file)
    assert (wanted and wanted["mean"]) == (mean and pytest.approx((mean,) * 3, abs=0.08))
    assert _preprocess_of(parse_name(name), None) is None


def test_the_identity_changes_with_one_weight(model_folder: Path, tmp_path: Path) -> None:
    first = load_encoder(str(model_folder), device="cpu")
    model = open_clip.create_model(f"local-dir:{model_folder}", require_pretrained=True)
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] += 1e-3
    other = tmp_path / model_folder.name
    other.mkdir()
    (other / "open_clip_config.json").write_text(json.dumps(TINY))
    save_file(model.state_dict(), other / "open_clip_model.safetensors")
    assert load_encoder(str(model_folder), device="cpu").id == first.id
    assert load_encoder(str(other), device="cpu").id != first.id


def test_the_identity_changes_with_how_frames_are_normalised(
    model_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / model_folder.name
    other.mkdir()
    config = {**TINY, "preprocess_cfg": {**TINY["preprocess_cfg"], "mean": [0.5, 0.4, 0.2]}}
    (other / "open_clip_config.json").write_text(json.dumps(config))
    weights = "open_clip_model.safetensors"
    (other / weights).symlink_to(model_folder / weights)
    ids = {load_encoder(str(folder), device="cpu").id for folder in (model_folder, other)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("name", "problem", "fix"),
    [
        ("ViT-B-33", "neither an open_clip architecture", "reelwise encoders"),
        ("ViT-B-32/nobody", "no pretrained weights 'nobody'", "--encoder ViT-B-32/"),
        ("PE-Core-B-16", "PE-Core-B-16/meta are not on this machine", "--weights FILE"),
    ],
)
def test_a_name_that_cannot_be_loaded_says_what_to_do(
    name: str, problem: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ReelwiseError) as caught:
        load_encoder(name)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_a_weights_file_replaces_the_weights_of_a_model_folder(
    model_folder: Path, tmp_path: Path
) -> None:
    state = load_file(model_folder / "open_clip_model.safetensors")
    file = tmp_path / "other.safetensors"
    save_file({key: -value for key, value in state.items()}, file)
    own = load_backbone(str(model_folder), precision="fp32")
    other = load_backbone(str(model_folder), weights=file, precision="fp32")
    assert other.fingerprint != own.fingerprint
    loaded = other.model.state_dict()
    assert all(torch.equal(loaded[key].float(), -value.float()) for key, value in state.items())
    recipe = {"how": "bf16", "runtime": "open_clip", "precision": "bf16", "source": "toon-1"}
    compressed = tmp_path / "compressed"
    shutil.copytree(model_folder, compressed)
    (compressed / "compression.json").write_text(json.dumps(recipe))
    with pytest.raises(ReelwiseError, match="no other weights fit it"):
        load_backbone(str(compressed), weights=file)


def test_weights_of_another_architecture_are_refused(model_folder: Path, tmp_path: Path) -> None:
    weights = model_folder / "open_clip_model.safetensors"
    with pytest.raises(ReelwiseError, match="does not hold the weights of ViTamin-S"):
        load_backbone(ARCHITECTURE, weights=weights)
    with pytest.raises(ReelwiseError, match="no weights file"):
        load_backbone(ARCHITECTURE, weights=tmp_path / "absent.pt")
    (tmp_path / "weights.ckpt").touch()
    with pytest.raises(ReelwiseError, match=r"takes \.safetensors, .*, not weights\.ckpt"):
        load_backbone(ARCHITECTURE, weights=tmp_path / "weights.ckpt")


def test_loading_hushes_open_clip_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Other libraries in the process keep their words, during and after the load."""
    root = logging.getLogger()
    before = root.level, list(root.filters)
    # As open_clip writes: to the root logger, from a file of its own.
    file = str(Path(open_clip.__file__).parent / "factory.py")
    noise = compile("logging.warning('noise')", file, "exec")

    def create(*_: object, **__: object) -> torch.nn.Module:
        exec(noise, {"logging": logging})
        logging.getLogger("another.library").warning("heard")
        logging.warning("heard too")
        return torch.nn.Identity()

    monkeypatch.setattr(open_clip, "create_model", create)
    with caplog.at_level(logging.WARNING):
        loading._create_model(parse_name("toon"), None)
        logging.getLogger("another.library").warning("heard after")
    assert [record.message for record in caplog.records] == ["heard", "heard too", "heard after"]
    assert (root.level, list(root.filters)) == before


def test_loading_gives_the_root_logger_no_handler(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])

    def create(*_: object, **__: object) -> torch.nn.Module:
        logging.warning("heard once")
        return torch.nn.Identity()

    monkeypatch.setattr(open_clip, "create_model", create)
    loading._create_model(parse_name("toon"), None)
    loading.build_tokenizer(parse_name("toon").model)
    assert root.handlers == []
    assert capsys.readouterr().err == "heard once\n"
