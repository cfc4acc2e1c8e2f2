"""Image and text towers: every open_clip model, from the hub, a local folder or a weights file.

Names are open_clip's own (`PE-Core-B-16`,
`PE-Core-B-16/meta`, `ViT-B-32/laion2b_s34b_b79k`); `toon` is the small model that the project
carries; a folder with an `open_clip_config.json` is loaded through open_clip's `local-dir:`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from embeddings.backbone.int8 import quantize_linears
from embeddings.backbone.names import (
    BackboneName,
    as_pair,
    find_cached_weights,
    hub_answers,
    parse_name,
)
from embeddings.backbone.recipe import Recipe, keep_blocks, mark, open_exported, read_recipe

BPE_FILE = "bpe_merges.txt.gz"
WEIGHTS_FILE = "open_clip_model.safetensors"
WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
SMALL_TEXT_TOWER = 10_000_000
"""Weights below which one thread encodes a query. On two busy cores (2026-11) a query of the toon
encoder took 150 ms with two threads, which wait for each other at every layer, 4 ms with one."""
Precision = Literal["auto", "fp32", "bf16", "int8"]

_FIT = {"shortest": "crop", "squash": "squash", "longest": "pad"}


class Backbone:
    """An open_clip model with unit-length features.

    Attributes:
        name: The label the library remembers.
        dim: Length of a feature.
        frame_spec: How frames must be cut and scaled before they come in.
        fingerprint: sha256 over architecture, preprocessing and every weight.
        tokenize: Texts -> (n, context) int64.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Callable[[list[str]], Tensor],
        *,
        name: str,
        device: torch.device,
        precision: Precision = "auto",
    ) -> None:
        self.model = model.eval().requires_grad_(False).to(device)
        self.name = name
        self.device = device
        self.tokenize = tokenizer
        config = open_clip.get_model_preprocess_cfg(model)
        height, width = as_pair(config["size"])
        self.frame_spec = FrameSpec(
            width_px=width,
            height_px=height,
            fit=_FIT[config["resize_mode"]],  # type: ignore[arg-type]  # three literals
            fill_rgb=(config["fill_color"],) * 3,
        )
        self._mean = torch.tensor(config["mean"], device=device).view(3, 1, 1) * 255
        self._scale = 1 / (torch.tensor(config["std"], device=device).view(3, 1, 1) * 255)
        # What bf16 changes is below what stored vectors keep (docs/decisions/0002); int8 is not.
        marked = {**config, "precision": "int8"} if precision == "int8" else config
        self.fingerprint = _fingerprint(model, marked)
        self.dtype = _compute_dtype(device, precision)
        if self.dtype is torch.bfloat16:
            # Autocast alone casts every weight at every call: a ViT-B-32 did 9 frames a CPU second
            # so, 36 with weights that are bf16 already (batches of 32, one thread, 2026-11).
            self.model.get_submodule("visual").to(self.dtype)
        if precision == "int8":
            quantize_linears(self.model.get_submodule("visual"))
        self._format = torch.contiguous_format
        if any(isinstance(m, torch.nn.Conv2d) for m in model.modules()):
            self._format = torch.channels_last
            self.model = self.model.to(memory_format=self._format)
        self._text_threads = 1 if _text_weights(model) < SMALL_TEXT_TOWER else None
        self.dim = self._measure_dim()

    def image_features(self, pixels: NDArray[np.uint8] | Tensor) -> Tensor:
        """Features of frames already cut and scaled as `frame_spec` says.

        Args:
            pixels: (n, height, width, 3) uint8 RGB.

        Returns:
            (n, dim) float32 unit rows, on the backbone's device.
        """
        x = self.normalise(pixels)
        with torch.inference_mode(), self._autocast():
            features = self.model.encode_image(x)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)

    def normalise(self, pixels: NDArray[np.uint8] | Tensor) -> Tensor:
        """(n, height, width, 3) uint8 RGB -> (n, 3, height, width) float32 as the tower wants."""
        if not isinstance(pixels, Tensor):
            pixels = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
        x = pixels.to(self.device, non_blocking=True).permute(0, 3, 1, 2)
        return ((x.float() - self._mean) * self._scale).contiguous(memory_format=self._format)

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """(n, dim) float32 unit rows for n texts, in full precision: a query is short."""
        if not texts:
            return torch.zeros(0, self.dim)
        tokens = self.tokenize(list(texts)).to(self.device)
        with torch.inference_mode(), _threads(self._text_threads):
            features = self.model.encode_text(tokens)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)

    def _autocast(self) -> torch.autocast:
        enabled = self.dtype is not torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=enabled)

    def _measure_dim(self) -> int:
        spec = self.frame_spec
        blank = torch.zeros(1, spec.height_px, spec.width_px, 3, dtype=torch.uint8)
        return int(self.image_features(blank).shape[1])


def load_backbone(
    name: str,
    *,
    weights: Path | None = None,
    device: torch.device | None = None,
    precision: Precision = "auto",
) -> Backbone:
    """Build the model that a name stands for and load its weights.

    Args:
        name: As in `parse_name`.
        weights: A .safetensors, .pt, .pth or .bin file with the weights of that architecture.
        device: Where it runs; the CPU by default.
        precision: Of the image tower; auto is bf16 where the machine has instructions for it. What
            a compressed model was made for comes before it.

    Raises:
        ReelwiseError: Unknown name, no such file, weights of another architecture, or weights that
            are neither here nor can be downloaded.
    """
    parsed = parse_name(name, weights=weights)
    if weights is not None:
        _check_weights_file(weights)
    recipe = read_recipe(parsed.folder) if parsed.folder else None
    if recipe is not None and recipe.precision != "auto":
        precision = recipe.precision
    model = _create_model(parsed, weights) if recipe is None else _create_compressed(parsed, recipe)
    try:
        tokenizer = _tokenizer(parsed.model)
    except (OSError, ImportError) as error:
        raise ReelwiseError(
            f"the tokenizer of {parsed.label} is not on this machine ({_first_line(error)})",
            fix="run once with network, or use a model with open_clip's own tokenizer",
        ) from error
    return Backbone(
        model,
        tokenizer,
        name=parsed.label,
        device=device or torch.device("cpu"),
        precision=precision,
    )


def _create_compressed(parsed: BackboneName, recipe: Recipe) -> torch.nn.Module:
    """The model of a folder that `reelwise compress` made."""
    folder = parsed.folder
    assert folder is not None
    if recipe.runtime != "open_clip":
        return open_exported(folder, recipe.runtime)
    if recipe.kept:
        model = keep_blocks(build_untrained(folder), recipe.kept)
        model.load_state_dict(load_file(folder / WEIGHTS_FILE))
    else:
        model = _create_model(parsed, None)
    mark(model, recipe)
    return model


def _create_model(parsed: BackboneName, weights: Path | None) -> torch.nn.Module:
    if weights is None and parsed.pretrained is not None:
        weights = find_cached_weights(parsed.model, parsed.pretrained)
        if weights is None and not hub_answers():
            raise _not_here(parsed)
    pretrained = str(weights) if weights is not None else parsed.pretrained
    logging.getLogger().setLevel(max(logging.getLogger().level, logging.ERROR))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model: torch.nn.Module = open_clip.create_model(
                parsed.model,
                pretrained=pretrained,
                require_pretrained=True,
                weights_only=True,
                force_preprocess_cfg=_preprocess_of(parsed, weights),
            )
    except Exception as error:
        raise _explain(parsed, weights, error) from error
    return model


def _preprocess_of(parsed: BackboneName, weights: Path | None) -> dict[str, object] | None:
    """How a weights file wants its frames: as the named tag does, or as all tags of its model do.

    open_clip itself falls back to OpenAI's mean and deviation for any file, which is wrong for
    models such as PE-Core that were trained with others.
    """
    if weights is None or parsed.model.startswith("local-dir:"):
        return None
    tags = [parsed.pretrained] if parsed.pretrained else None
    found = []
    for tag in tags or open_clip.list_pretrained_tags_by_model(parsed.model):
        config = open_clip.get_pretrained_cfg(parsed.model, tag)
        keys = ("mean", "std", "interpolation", "resize_mode")
        found.append({key: config[key] for key in keys if config.get(key) is not None})
    return found[0] if found and all(one == found[0] for one in found) else None


def _explain(parsed: BackboneName, weights: Path | None, error: Exception) -> ReelwiseError:
    cause = _first_line(error)
    if weights is not None:
        return ReelwiseError(
            f"{weights.name} does not hold the weights of {parsed.model} ({cause})",
            fix="name the architecture they were made for: --encoder NAME --weights FILE",
        )
    if parsed.pretrained is None:
        return ReelwiseError(
            f"the model folder of {parsed.label} cannot be loaded ({cause})",
            fix="it needs open_clip_config.json and open_clip_model.safetensors",
        )
    return _not_here(parsed)


def _not_here(parsed: BackboneName) -> ReelwiseError:
    return ReelwiseError(
        f"the weights of {parsed.label} are not on this machine and cannot be downloaded",
        fix=f"run once with network, or pass a file: --encoder {parsed.model} --weights FILE",
    )


def _check_weights_file(weights: Path) -> None:
    if not weights.is_file():
        raise ReelwiseError(f"no weights file {weights}", fix="check the path of --weights")
    if weights.suffix not in WEIGHT_SUFFIXES:
        raise ReelwiseError(
            f"--weights takes {', '.join(WEIGHT_SUFFIXES)}, not {weights.name}",
            fix="save the model's state dict with safetensors.torch.save_file",
        )


def _fingerprint(model: torch.nn.Module, preprocess: dict[str, object]) -> str:
    digest = hashlib.sha256(json.dumps(preprocess, sort_keys=True, default=str).encode())
    for key, value in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _compute_dtype(device: torch.device, precision: Precision) -> torch.dtype:
    """bf16 where the machine has the instructions for it: twice the speed, the same ranking."""
    if precision in ("fp32", "bf16"):
        return torch.float32 if precision == "fp32" else torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if _has_fast_bf16() else torch.float32


def _text_weights(model: torch.nn.Module) -> int:
    return sum(w.numel() for name, w in model.named_parameters() if not name.startswith("visual"))


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Compute with so many threads; None leaves their number as it is."""
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _has_fast_bf16() -> bool:
    flags = Path("/proc/cpuinfo")
    if not flags.is_file():
        return False
    text = flags.read_text(encoding="ascii", errors="replace")
    return "avx512_bf16" in text or "amx_bf16" in text


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def build_untrained(folder: Path) -> torch.nn.Module:
    """The model of a folder's open_clip_config.json with random weights, for training."""
    name = f"local-dir:{folder.resolve()}"
    model: torch.nn.Module = open_clip.create_model(name, load_weights=False)
    return model


def build_tokenizer(folder: Path) -> Callable[[list[str]], Tensor]:
    """The tokenizer of a model folder: texts -> (n, context_length) int64."""
    return _tokenizer(f"local-dir:{folder.resolve()}")


def _tokenizer(model: str) -> Callable[[list[str]], Tensor]:
    kwargs: dict[str, str] = {}
    if model.startswith("local-dir:"):
        merges = Path(model.removeprefix("local-dir:")) / BPE_FILE
        if merges.is_file():
            kwargs["bpe_path"] = str(merges)
    tokenizer: Callable[[list[str]], Tensor] = open_clip.get_tokenizer(model, **kwargs)
    return tokenizer
