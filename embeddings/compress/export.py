"""Exports the towers of a backbone as ONNX programs, which run without open_clip."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from embeddings.backbone.backbone import Backbone
from embeddings.backbone.recipe import PROGRAM_FILES, require

EXAMPLES = 2
"""Rows of the example that is traced; the number of rows stays free."""


class ImageTower(nn.Module):
    """Frames to features."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.model = _with_only(backbone.model, {"visual"})

    def forward(self, rows: Tensor) -> Tensor:
        """(n, 3, height, width) float32, normalised -> (n, dim) float32."""
        out: Tensor = self.model.encode_image(rows)  # type: ignore[operator]
        return out


class TextTower(nn.Module):
    """Tokens to features."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        parts = {name for name, _ in backbone.model.named_children()}
        self.model = _with_only(backbone.model, parts - {"visual"})

    def forward(self, rows: Tensor) -> Tensor:
        """(n, context) int64 -> (n, dim) float32."""
        out: Tensor = self.model.encode_text(rows)  # type: ignore[operator]
        return out


def _with_only(model: nn.Module, names: set[str]) -> nn.Module:
    """The model with only these of its parts, so that a program holds no unused weight."""
    same = copy.copy(model)
    same._modules = {k: v for k, v in model._modules.items() if k in names}
    return same


def export_towers(backbone: Backbone, folder: Path) -> None:
    """Write `image.onnx` and `text.onnx` into a folder.

    Args:
        backbone: On the CPU and in fp32, since onnxruntime has no bf16 there.
        folder: Where the files go.

    Raises:
        ReelwiseError: onnx or onnxscript is not installed.
    """
    spec = backbone.frame_spec
    frames = torch.zeros(EXAMPLES, 3, spec.height_px, spec.width_px)
    tokens = backbone.tokenize(["a red car", "a dog"])
    image, text = (folder / name for name in PROGRAM_FILES)
    _export(ImageTower(backbone).eval(), frames, image)
    _export(TextTower(backbone).eval(), tokens, text)


def _export(tower: nn.Module, rows: Tensor, path: Path) -> None:
    for library in ("onnx", "onnxscript"):
        require(library)
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            tower,
            (rows,),
            path,
            dynamo=True,
            dynamic_shapes={"rows": {0: torch.export.Dim("n")}},
            input_names=["rows"],
            output_names=["features"],
            external_data=False,
            verbose=False,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter: it warns about what it then does right, which tests compare."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
