"""Compressed encoders: parity with the original, another identity, and what they say when not."""

import builtins
import copy
import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from data.errors import ReelwiseError
from embeddings.backbone.loading import load_backbone
from embeddings.compress.judge import ClipFrames, agreement, encode
from embeddings.compress.request import How, Request
from embeddings.compress.run import compress_encoder
from embeddings.encoder import Encoder
from embeddings.model_folder import SourceModel, build_model, folder_bytes, open_source_model
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from tests.embeddings import tiny
from tests.embeddings.encoder_contract import EncoderContract

pytestmark = pytest.mark.long(43)

PX = 64
TINY = copy.deepcopy(tiny.TINY)
TINY["model_cfg"]["vision_cfg"]["layers"] = 4
TINY["model_cfg"]["text_cfg"]["layers"] = 3
TINY["preprocess_cfg"] |= {"interpolation": "bicubic", "resize_mode": "squash"}
TEXTS = ["a red car", "two dogs run to the left", "rain"]


def smooth_clips(n: int, seed: int, px: int = PX) -> list[ClipFrames]:
    """Clips of smooth random colours, four frames each."""
    rng = np.random.default_rng(seed)
    clips = []
    for i in range(n):
        coarse = torch.from_numpy(rng.integers(0, 255, (4, 3, 5, 5)).astype(np.float32))
        fine = torch.nn.functional.interpolate(coarse, (px, px), mode="bilinear")
        frames = fine.permute(0, 2, 3, 1).numpy().astype(np.uint8)
        clips.append(ClipFrames(frames, np.arange(4) / 2, f"scene number {i}"))
    return clips


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(1)
    model = build_model(TINY)
    with torch.no_grad():  # blocks of a fresh model do next to nothing, which hides mistakes
        for name, weight in model.named_parameters():
            if "resblocks" in name and weight.ndim == 2:
                weight.mul_(2)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(TINY))
    return folder


@pytest.fixture(scope="module")
def source(folder: Path) -> SourceModel:
    return open_source_model(str(folder))


@pytest.fixture(scope="module")
def made(source: SourceModel, tmp_path_factory: pytest.TempPathFactory) -> Callable[[How], Path]:
    """The folder of each way, made once."""
    kept: dict[How, Path] = {}

    def make(how: How) -> Path:
        if how not in kept:
            out = tmp_path_factory.mktemp("made") / how
            programs = make("onnx") if how in ("int8", "int8-dynamic") else None

            def copy_programs(_: object, folder: Path) -> None:
                """What exporting once more would write, some seconds sooner."""
                for name in ("image.onnx", "text.onnx"):
                    assert programs is not None
                    shutil.copy(programs / name, folder / name)

            with pytest.MonkeyPatch.context() as patch:
                if programs is not None:
                    patch.setattr("embeddings.compress.run.export_towers", copy_programs)
                clips = smooth_clips(16, 2)
                kept[how] = compress_encoder(source, out, Request(how), clips, lambda _: None)
        return kept[how]

    return make


class TestCompressedEncoder(EncoderContract):
    tolerance = 0.03
    """Where ranges of activations are measured in every run, they depend on the whole batch."""

    @pytest.fixture(params=["bf16", "onnx", "int8", "int8-dynamic"])
    def name(self, request: pytest.FixtureRequest, made: Callable[[How], Path]) -> str:
        return str(made(request.param))

    @pytest.fixture
    def encoder(self, name: str) -> Encoder:
        return load_spatiotemporal(name, device="cpu")

    @pytest.fixture
    def twin(self, name: str) -> Encoder:
        return load_spatiotemporal(name, device="cpu")


BOUNDS: dict[How, tuple[float, float, float, float]] = {
    "onnx": (0.99999, 0.99999, 1.0, 1.0),
    "bf16": (0.999, 0.9999, 0.9, 0.95),
    "int8": (0.99, 0.995, 0.7, 0.85),
    "int8-dynamic": (0.998, 0.995, 0.8, 0.9),
}
"""Least cosine of any frame's and any text's vector to the original's in fp32; least share of clips
with the same nearest other clip, and of the first ten. Random clips are much alike.
"""


@pytest.mark.parametrize("how", list(BOUNDS))
def test_every_way_keeps_vectors_and_their_ranking(
    how: How, source: SourceModel, made: Callable[[How], Path]
) -> None:
    encoder = load_spatiotemporal(str(made(how)), device="cpu")
    clips = smooth_clips(40, 3)
    before, after = encode(source.encoder, clips), encode(encoder, clips)
    least_image, least_text, same_nearest, overlap = BOUNDS[how]
    assert (before.frames * after.frames).sum(1).min() > least_image
    assert (before.texts * after.texts).sum(1).min() > least_text
    assert encoder.dim == source.encoder.backbone.dim
    assert encoder.frame_spec == source.encoder.frame_spec
    wordless = [ClipFrames(clip.frames, clip.times_s) for clip in clips]
    figures = agreement(encode(source.encoder, wordless), encode(encoder, wordless))
    assert figures["same_nearest"] >= same_nearest
    assert figures["overlap_at_10"] >= overlap


def test_an_exported_tower_takes_any_number_of_frames_and_texts(
    made: Callable[[How], Path],
) -> None:
    backbone = load_backbone(str(made("onnx")))
    pixels = np.concatenate([clip.frames for clip in smooth_clips(3, 4)])
    together = backbone.image_features(pixels)
    alone = torch.cat([backbone.image_features(frame[None]) for frame in pixels])
    assert torch.allclose(together, alone, atol=2e-3)
    texts = torch.cat([backbone.text_features([text]) for text in TEXTS])
    assert torch.allclose(backbone.text_features(TEXTS), texts, atol=1e-5)


def test_an_export_in_fp32_is_the_eager_model(folder: Path, made: Callable[[How], Path]) -> None:
    """Compared with open_clip's modules in the same precision, to the last digits."""
    pixels = np.concatenate([clip.frames for clip in smooth_clips(8, 5)])
    eager = load_backbone(str(folder), precision="fp32")
    exported = load_backbone(str(made("onnx")))
    assert torch.allclose(eager.image_features(pixels), exported.image_features(pixels), atol=2e-6)
    assert torch.allclose(eager.text_features(TEXTS), exported.text_features(TEXTS), atol=2e-6)


def test_whatever_changes_vectors_changes_the_identity(
    source: SourceModel, made: Callable[[How], Path]
) -> None:
    ids = {
        load_spatiotemporal(str(made(how)), device="cpu").id.rpartition("-")[2] for how in BOUNDS
    }
    assert len(ids) == len(BOUNDS)
    assert source.encoder.id.rpartition("-")[2] not in ids
    assert load_spatiotemporal(str(made("int8"))).id == load_spatiotemporal(str(made("int8"))).id


def test_compressed_folders_are_smaller(source: SourceModel, made: Callable[[How], Path]) -> None:
    ways: tuple[How, ...] = ("bf16", "int8", "int8-dynamic")
    for how in ways:
        assert folder_bytes(made(how)) < 0.56 * source.size_bytes
    assert folder_bytes(made("int8")) < 0.4 * source.size_bytes


@pytest.mark.parametrize("tower", ["image", "text"])
@pytest.mark.parametrize(("blocks", "channels"), [(1, 0.0), (0, 0.5)])
def test_a_pruned_model_is_smaller_and_an_ordinary_open_clip_folder(
    tower: str, blocks: int, channels: float, source: SourceModel, tmp_path: Path
) -> None:
    request = Request("prune", tower, blocks, channels)  # type: ignore[arg-type]
    out = compress_encoder(
        source, tmp_path / "pruned", request, smooth_clips(12, 6), lambda _: None
    )
    config = json.loads((out / "open_clip_config.json").read_text())
    encoder = load_spatiotemporal(str(out), device="cpu")
    assert encoder.id != source.encoder.id
    before = sum(w.numel() for w in source.model.parameters())
    model = build_model(config)
    assert sum(w.numel() for w in model.parameters()) < before
    section = config["model_cfg"]["vision_cfg" if tower == "image" else "text_cfg"]
    original = TINY["model_cfg"]["vision_cfg" if tower == "image" else "text_cfg"]
    assert section["layers"] == original["layers"] - blocks
    figures = agreement(*(encode(e, smooth_clips(20, 7)) for e in (source.encoder, encoder)))
    assert figures["cosine"] > (0.5 if tower == "image" else 0.9999)


def test_the_block_that_does_nothing_is_the_one_that_goes(folder: Path, tmp_path: Path) -> None:
    idle = open_source_model(str(folder))
    with torch.no_grad():
        for name in ("attn.out_proj", "mlp.c_proj"):
            layer = idle.model.get_submodule(f"visual.transformer.resblocks.2.{name}")
            for weight in layer.parameters():
                weight.zero_()
    lines: list[str] = []
    clips = smooth_clips(12, 8)
    out = compress_encoder(
        idle, tmp_path / "idle", Request("prune", "image", 1), clips, lines.append
    )
    assert lines == ["image blocks [2] of 4 left out"]
    same = agreement(encode(idle.encoder, clips), encode(load_spatiotemporal(str(out)), clips))
    assert same["cosine"] > 0.999


def test_blocks_of_a_timm_tower_go_too(tmp_path: Path) -> None:
    """Published PE-Core towers are timm's, whose depth no open_clip configuration can say."""
    vision = {"timm_model_name": "test_vit", "timm_pool": "avg", "image_size": 160}
    model_cfg = TINY["model_cfg"] | {"vision_cfg": vision | {"timm_proj": "linear"}}
    preprocess = TINY["preprocess_cfg"] | {"size": [160, 160]}
    config = {"model_cfg": model_cfg, "preprocess_cfg": preprocess}
    torch.manual_seed(2)
    save_file(build_model(config).state_dict(), tmp_path / "open_clip_model.safetensors")
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    source = open_source_model(str(tmp_path))
    clips = smooth_clips(1, 1, 160)
    out = compress_encoder(
        source, tmp_path / "out", Request("prune", blocks=1), clips, lambda _: None
    )
    assert folder_bytes(out) < 0.5 * folder_bytes(tmp_path)
    encoder = load_spatiotemporal(str(out), device="cpu")
    figures = agreement(encode(source.encoder, clips), encode(encoder, clips))
    assert 0.5 < figures["cosine"] < 0.9999
    with pytest.raises(ReelwiseError, match="cannot be compressed further"):
        open_source_model(str(out))


def test_channels_that_are_never_used_go_first(folder: Path, tmp_path: Path) -> None:
    idle = open_source_model(str(folder))
    with torch.no_grad():
        for i in range(4):
            layer = idle.model.get_submodule(f"visual.transformer.resblocks.{i}.mlp.c_proj")
            layer.weight[:, ::2] = 0  # type: ignore[operator]
    clips = smooth_clips(12, 9)
    request = Request("prune", "image", channels=0.5)
    out = compress_encoder(idle, tmp_path / "idle", request, clips, lambda _: None)
    same = agreement(encode(idle.encoder, clips), encode(load_spatiotemporal(str(out)), clips))
    assert same["cosine"] > 0.999


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.compress.distil.CLIPS_OF_BATCH", 8)


@pytest.mark.usefixtures("small_batches")
def test_a_student_that_was_taught_is_better_than_one_that_was_not(
    source: SourceModel, tmp_path: Path
) -> None:
    clips, unseen = smooth_clips(60, 10), smooth_clips(40, 11)
    found = {}
    for steps in (1, 40):
        request = Request("distil", steps=steps)
        out = compress_encoder(source, tmp_path / str(steps), request, clips, lambda _: None)
        encoder = load_spatiotemporal(str(out), device="cpu")
        found[steps] = agreement(encode(source.encoder, unseen), encode(encoder, unseen))
    config = json.loads((tmp_path / "40" / "open_clip_config.json").read_text())
    assert config["model_cfg"]["vision_cfg"]["width"] == 32
    assert folder_bytes(tmp_path / "40") < 0.52 * source.size_bytes
    assert found[40]["cosine"] > max(0.5, found[1]["cosine"] + 0.1)


@pytest.mark.usefixtures("small_batches")
def test_pruning_and_then_following_the_original_brings_quality_back(
    source: SourceModel, tmp_path: Path
) -> None:
    clips, unseen = smooth_clips(60, 12), smooth_clips(40, 13)
    cosines = []
    for steps in (0, 40):
        request = Request("prune", "image", 2, steps=steps)
        out = compress_encoder(source, tmp_path / str(steps), request, clips, lambda _: None)
        after = encode(load_spatiotemporal(str(out), device="cpu"), unseen)
        cosines.append(agreement(encode(source.encoder, unseen), after)["cosine"])
    assert cosines[1] > cosines[0]


@pytest.mark.parametrize(
    ("request_", "problem", "fix"),
    [
        (Request("prune"), "needs to know what to leave out", "--blocks N"),
        (
            Request("prune", "image", 4),
            "has 4 blocks, 4 of them cannot be removed",
            "--blocks 1 to 3",
        ),
        (Request("distil", student="ViT-B-33"), "none of open_clip's", "reelwise encoders"),
        (Request("distil", student="no.json"), "there is no file", "--student"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    request_: Request, problem: str, fix: str, source: SourceModel, tmp_path: Path
) -> None:
    with pytest.raises(ReelwiseError) as caught:
        compress_encoder(source, tmp_path / "out", request_, smooth_clips(8, 1), lambda _: None)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_too_few_frames_to_calibrate_are_refused(source: SourceModel, tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="32 frames or more, not 8"):
        compress_encoder(
            source, tmp_path / "out", Request("int8"), smooth_clips(2, 1), lambda _: None
        )


def test_a_folder_with_a_model_is_never_written_over(
    source: SourceModel, folder: Path, made: Callable[[How], Path]
) -> None:
    with pytest.raises(ReelwiseError, match="holds a model already"):
        compress_encoder(source, folder, Request("bf16"), None, lambda _: None)
    with pytest.raises(ReelwiseError, match="cannot be compressed further"):
        open_source_model(str(made("onnx")))


@pytest.mark.parametrize("how", ["int8-torchao", "torch-export"])
def test_a_folder_made_in_a_way_that_was_removed_is_refused(
    how: str, made: Callable[[How], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "old"
    shutil.copytree(made("bf16"), folder)
    recipe = json.loads((folder / "compression.json").read_text())
    removed = {"how": how, "runtime": "open_clip", "precision": "int8"}
    if how == "torch-export":
        removed |= {"runtime": how, "precision": "fp32"}
    (folder / "compression.json").write_text(json.dumps(recipe | removed))
    for load in (load_spatiotemporal, open_source_model):
        with pytest.raises(ReelwiseError) as caught:
            load(str(folder))
        assert f"was made with --how {how}, which is no longer supported" in caught.value.problem
        assert "reelwise compress ENCODER --out DIR --how int8" in caught.value.fix


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    made: Callable[[How], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made("onnx")
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name.partition(".")[0] == "onnxruntime":
            raise ImportError(f"No module named {name!r}")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ReelwiseError) as caught:
        load_spatiotemporal(str(folder))
    assert "onnxruntime is not installed" in caught.value.problem
    assert caught.value.fix == "pip install 'reelwise[compress]'"


def test_ordinary_encoders_need_none_of_the_optional_libraries(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        assert name.partition(".")[0] not in ("onnx", "onnxruntime", "onnxscript")
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert load_spatiotemporal(str(folder), device="cpu").encode_texts(TEXTS).shape == (3, 32)
