"""The folder of a compressed encoder: what was done to it, and towers that are no open_clip code.

Beside an `open_clip_config.json`, which says how frames and words come in, it holds
`compression.json`, and one of: weights for that configuration; `image.onnx` and `text.onnx`;
`image.pt2` and `text.pt2`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from data.durable import write_atomic
from data.errors import ReelwiseError
from embeddings.backbone.optional import require

RECIPE = "compression.json"
Runtime = Literal["open_clip", "onnx", "torch-export"]
SUFFIXES: dict[str, str] = {"onnx": ".onnx", "torch-export": ".pt2"}
Config = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """What was done to an encoder; part of its identity."""

    how: str
    """int8, int8-dynamic, int8-torchao, bf16, prune, distil, onnx or torch-export."""
    runtime: Runtime
    """What computes the towers."""
    precision: Literal["auto", "fp32", "bf16", "int8"]
    """Of the image tower, where open_clip's modules compute it; auto as for any encoder."""
    source: str
    """Id of the encoder that it was made from."""
    details: str = ""
    """What else was chosen: blocks kept, steps trained."""
    kept: dict[str, list[int]] | None = None
    """Blocks that stay of each list of blocks, where no open_clip configuration can say so."""

    @property
    def plain(self) -> bool:
        """Whether the folder is an open_clip model like any other."""
        return self.runtime == "open_clip" and self.precision != "int8" and not self.kept

    def as_bytes(self) -> bytes:
        """The content of `compression.json`."""
        return json.dumps(asdict(self), indent=1).encode()


def read_recipe(folder: Path) -> Recipe | None:
    """What was done to the model of a folder; None where nothing was.

    Raises:
        ReelwiseError: The file cannot be understood.
    """
    file = folder / RECIPE
    if not file.is_file():
        return None
    try:
        return Recipe(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ReelwiseError(
            f"{file} cannot be read ({error})", fix="make the folder again: reelwise compress"
        ) from error


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Put `compression.json` into a folder."""
    write_atomic(folder / RECIPE, recipe.as_bytes())


def mark(model: nn.Module, recipe: Recipe) -> None:
    """Make the recipe a buffer of the model, so that its fingerprint holds it."""
    digest = np.frombuffer(hashlib.sha256(recipe.as_bytes()).digest(), np.uint8).copy()
    model.register_buffer("compression", torch.from_numpy(digest))


def keep_blocks(model: nn.Module, kept: dict[str, list[int]]) -> nn.Module:
    """The model with only these blocks of each list (a dotted name) of blocks."""
    for path, numbers in kept.items():
        parent, _, name = path.rpartition(".")
        blocks = model.get_submodule(path)
        assert isinstance(blocks, nn.ModuleList | nn.Sequential)
        chosen = [blocks[i] for i in numbers]
        same = nn.Sequential(*chosen) if isinstance(blocks, nn.Sequential) else None
        model.get_submodule(parent).register_module(name, same or nn.ModuleList(chosen))
    return model


Tower = Callable[[Tensor], Tensor]


class ExportedTowers(nn.Module):
    """Two exported programs that answer as an open_clip model does."""

    def __init__(self, image: Tower, text: Tower, preprocess: Config, digest: bytes) -> None:
        super().__init__()
        self.visual = _Preprocess(preprocess)
        self._image = image
        self._text = text
        self.register_buffer("programs", torch.from_numpy(np.frombuffer(digest, np.uint8).copy()))

    def encode_image(self, pixels: Tensor) -> Tensor:
        """(n, 3, height, width) float32, normalised -> (n, dim) float32."""
        return self._image(pixels)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """(n, context) int64 -> (n, dim) float32."""
        return self._text(tokens)


class _Preprocess(nn.Module):
    """Where open_clip looks for a model's preprocessing."""

    def __init__(self, preprocess: Config) -> None:
        super().__init__()
        self.preprocess_cfg = preprocess


def open_exported(folder: Path, runtime: Runtime) -> ExportedTowers:
    """The towers of a folder that `reelwise compress --how onnx|int8|torch-export` made.

    Raises:
        ReelwiseError: A file or the library that runs it is missing.
    """
    config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    paths = [folder / f"{tower}{SUFFIXES[runtime]}" for tower in ("image", "text")]
    digest = hashlib.sha256()
    for path in paths:
        if not path.is_file():
            raise ReelwiseError(
                f"{folder} has no {path.name}", fix="make the folder again: reelwise compress"
            )
        digest.update(path.read_bytes())
    load = _onnx_tower if runtime == "onnx" else _exported_tower
    image, text = (load(path) for path in paths)
    return ExportedTowers(image, text, config["preprocess_cfg"], digest.digest())


def _onnx_tower(path: Path) -> Tower:
    """A program in onnxruntime, on the processor, with as many threads as torch has now."""
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


def _exported_tower(path: Path) -> Tower:
    program = torch.export.load(path).module()

    def run(rows: Tensor) -> Tensor:
        out: Tensor = program(rows.cpu())
        return out.to(rows.device)

    return run
