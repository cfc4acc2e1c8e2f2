"""The folder of a compressed encoder: how it was made, and towers that are ONNX programs.

Beside an `open_clip_config.json`, which says how frames and words come in, it holds
`compression.json`, and either weights for that configuration or `image.onnx` and `text.onnx`.
"""

import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from data.errors import ReelwiseError
from embeddings.backbone.folders import RECIPE_FILE

PROGRAM_FILES = ("image.onnx", "text.onnx")
REMOVED_WAYS = ("int8-torchao", "torch-export")
"""Earlier values of `--how`, whose folders cannot be loaded any more."""
Config = dict[str, Any]
Program = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """How an encoder was compressed; part of its identity, so fields and their order stay."""

    how: str
    """bf16, int8, int8-dynamic, onnx, prune or distil."""
    runtime: Literal["open_clip", "onnx"]
    """What computes the towers."""
    precision: Literal["auto", "fp32", "bf16"]
    """Of the image tower, where open_clip's modules compute it; auto as for any encoder."""
    source: str
    """Id of the encoder that it was made from."""
    details: str = ""
    """Other choices: blocks kept, steps trained."""
    kept: dict[str, list[int]] | None = None
    """Blocks that stay of each list of blocks, where no open_clip configuration can say so."""

    @property
    def plain(self) -> bool:
        """Whether the folder is an open_clip model like any other."""
        return self.runtime == "open_clip" and not self.kept

    def as_bytes(self) -> bytes:
        """The content of `compression.json`."""
        return json.dumps(asdict(self), indent=1).encode()


def read_recipe(folder: Path) -> Recipe | None:
    """How the model of a folder was compressed; None where it was not.

    Raises:
        ReelwiseError: The file is damaged, or it was made in a way that was removed.
    """
    file = folder / RECIPE_FILE
    if not file.is_file():
        return None
    try:
        recipe = Recipe(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ReelwiseError(
            f"{file} cannot be read ({error})", fix="make the folder again: reelwise compress"
        ) from error
    if recipe.how in REMOVED_WAYS:
        raise ReelwiseError(
            f"{folder} was made with --how {recipe.how}, which is no longer supported",
            fix=f"make it again from {recipe.source}: reelwise compress ENCODER --out DIR "
            "--how int8      (or: --how bf16)",
        )
    return recipe


def mark(model: nn.Module, recipe: Recipe) -> None:
    """Make the recipe a buffer of the model, so that its fingerprint depends on it."""
    digest = hashlib.sha256(recipe.as_bytes()).digest()
    model.register_buffer("compression", _as_tensor(digest))


def keep_blocks(model: nn.Module, kept: dict[str, list[int]]) -> nn.Module:
    """The model with only these blocks of each list (a dotted name) of blocks."""
    for path, numbers in kept.items():
        parent, _, name = path.rpartition(".")
        blocks = model.get_submodule(path)
        assert isinstance(blocks, nn.ModuleList | nn.Sequential)
        chosen = nn.ModuleList(blocks[i] for i in numbers)
        same = nn.Sequential(*chosen) if isinstance(blocks, nn.Sequential) else chosen
        model.get_submodule(parent).register_module(name, same)
    return model


class ExportedTowers(nn.Module):
    """The programs that `--how onnx` or `--how int8` made, with an open_clip model's interface.

    Args:
        folder: Holds `image.onnx` and `text.onnx`.
        preprocess: The `preprocess_cfg` of its configuration.

    Raises:
        ReelwiseError: A file or onnxruntime is missing.
    """

    def __init__(self, folder: Path, preprocess: Config) -> None:
        super().__init__()
        # open_clip looks for a model's preprocessing here.
        self.visual = nn.Module()
        self.visual.preprocess_cfg = preprocess  # type: ignore[assignment]
        digest = hashlib.sha256()
        for name in PROGRAM_FILES:
            if not (folder / name).is_file():
                raise ReelwiseError(
                    f"{folder} has no {name}", fix="make the folder again: reelwise compress"
                )
            digest.update((folder / name).read_bytes())
        self._image, self._text = (_load_program(folder / name) for name in PROGRAM_FILES)
        self.register_buffer("programs", _as_tensor(digest.digest()))

    def encode_image(self, pixels: Tensor) -> Tensor:
        """(n, 3, height, width) float32, normalised -> (n, dim) float32."""
        return self._image(pixels)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """(n, context) int64 -> (n, dim) float32."""
        return self._text(tokens)


def _as_tensor(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def _load_program(path: Path) -> Program:
    """A program in onnxruntime, on the CPU, with the number of threads that torch has now."""
    runtime = require("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    # Idle threads would otherwise spin, which costs decoders their core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(rows: Tensor) -> Tensor:
        (out,) = session.run(None, {name: np.ascontiguousarray(rows.cpu().numpy())})
        return torch.from_numpy(out).to(rows.device)

    return run


def require(module: str) -> Any:
    """Import a module of a library that the extra `compress` installs.

    Raises:
        ReelwiseError: The library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ReelwiseError(
            f"{module.partition('.')[0]} is not installed ({error})",
            fix="pip install 'reelwise[compress]'",
        ) from error
