"""The towers as programs that need no open_clip: ONNX, and torch.export's own format."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from embeddings.backbone.backbone import Backbone
from embeddings.backbone.optional import require

EXAMPLES = 2
"""Rows of the example that is traced; the number of rows stays free."""
Format = Literal["onnx", "torch-export"]


class ImageTower(nn.Module):
    """Frames to features, in the precision of the backbone that it came from."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.model = _with_only(backbone.model, {"visual"})
        self.dtype = backbone.dtype

    def forward(self, rows: Tensor) -> Tensor:
        """(n, 3, height, width) float32, normalised -> (n, dim) float32."""
        out: Tensor = self.model.encode_image(rows.to(self.dtype))  # type: ignore[operator]
        return out.float()


class TextTower(nn.Module):
    """Tokens to features."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        parts = {name for name, _ in backbone.model.named_children()}
        self.model = _with_only(backbone.model, parts - {"visual"})

    def forward(self, rows: Tensor) -> Tensor:
        """(n, context) int64 -> (n, dim) float32."""
        out: Tensor = self.model.encode_text(rows)  # type: ignore[operator]
        return out.float()


def _with_only(model: nn.Module, names: set[str]) -> nn.Module:
    """The model with only these of its parts, so that a program holds no weight in vain."""
    same = copy.copy(model)
    same._modules = {k: v for k, v in model._modules.items() if k in names}
    return same


def export_towers(backbone: Backbone, folder: Path, form: Format) -> None:
    """Write `image` and `text` with the suffix of the format into a folder.

    Args:
        backbone: On the processor; for ONNX in fp32, since onnxruntime has no bf16 there.
        folder: Where the files go.
        form: onnx or torch-export.

    Raises:
        ReelwiseError: onnx or onnxscript is not installed.
    """
    spec = backbone.frame_spec
    frames = torch.zeros(EXAMPLES, 3, spec.height_px, spec.width_px)
    tokens = backbone.tokenize(["a red car", "a dog"])
    for name, tower, rows in (
        ("image", ImageTower(backbone).eval(), frames),
        ("text", TextTower(backbone).eval(), tokens),
    ):
        if form == "onnx":
            _export_onnx(tower, rows, folder / f"{name}.onnx")
        else:
            _export_torch(tower, rows, folder / f"{name}.pt2")


def _export_onnx(tower: nn.Module, rows: Tensor, path: Path) -> None:
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


def _export_torch(tower: nn.Module, rows: Tensor, path: Path) -> None:
    with _quiet(), torch.no_grad():
        shapes = {"rows": {0: torch.export.Dim("n")}}
        torch.export.save(torch.export.export(tower, (rows,), dynamic_shapes=shapes), path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print and warn about what they then do right; parity is tested instead."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
