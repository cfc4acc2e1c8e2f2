"""Exports the towers of a backbone as ONNX programs, and makes these eight bits wide."""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from embeddings.backbone.backbone import Backbone
from embeddings.backbone.recipe import PROGRAM_FILES, require

EXAMPLES = 2
"""Rows of the example that is traced; the number of rows stays free."""
CALIBRATED_AT_ONCE = 8


class _Tower(nn.Module):
    """One tower of a model: (n, ...) normalised frames or tokens -> (n, dim) float32 features."""

    def __init__(self, model: nn.Module, method: str, parts: set[str]) -> None:
        super().__init__()
        # Without the other parts, so that a program holds no unused weight.
        self.model = copy.copy(model)
        self.model._modules = {k: v for k, v in model._modules.items() if k in parts}
        self.method = method

    def forward(self, rows: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = getattr(self.model, self.method)(rows)
        return out


def export_towers(backbone: Backbone, folder: Path) -> None:
    """Write `image.onnx` and `text.onnx` of a backbone on the CPU and in fp32 into a folder.

    Raises:
        ReelwiseError: onnx or onnxscript is not installed.
    """
    spec, model = backbone.frame_spec, backbone.model
    frames = torch.zeros(EXAMPLES, 3, spec.height_px, spec.width_px)
    tokens = backbone.tokenize(["a red car", "a dog"])
    parts = {name for name, _ in model.named_children()} - {"visual"}
    image, text = (folder / name for name in PROGRAM_FILES)
    _export(_Tower(model, "encode_image", {"visual"}), frames, image)
    _export(_Tower(model, "encode_text", parts), tokens, text)


def _export(tower: nn.Module, rows: Tensor, path: Path) -> None:
    for library in ("onnx", "onnxscript"):
        require(library)
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            tower.eval(),
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


def quantize_programs(folder: Path, backbone: Backbone, frames: NDArray[np.uint8] | None) -> None:
    """Make both programs of a folder int8.

    Args:
        folder: As `export_towers` left it.
        backbone: What was exported.
        frames: (n, h, w, 3) typical frames, on which the ranges of the image tower's activations
            are measured once; None has them measured in every run. The text tower's ranges are
            always measured in every run: texts are few.
    """
    image, text = (folder / name for name in PROGRAM_FILES)
    _quantize(image, None if frames is None else _batches(backbone, frames))
    _quantize(text, None)


def _batches(backbone: Backbone, frames: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(frames), CALIBRATED_AT_ONCE):
        yield backbone.normalise(frames[first : first + CALIBRATED_AT_ONCE]).numpy()


def _quantize(program: Path, batches: Iterator[NDArray[np.float32]] | None) -> None:
    """Quantise one program in place, weights by channel and within 7 bits.

    With 8 bits the sum of two products does not fit into 16, to which processors without VNNI round
    it: cosines to the model's own vectors fell from .99 to .89 there (onnxruntime's documentation
    of quantisation, "When and why do I need to try U8U8?").
    """
    onnx = require("onnx")
    quantization = require("onnxruntime.quantization")
    model = onnx.load(program)
    # Exported intermediate shapes contradict onnx's own inference for fused attention.
    del model.graph.value_info[:]
    plain, out = program.with_suffix(".plain"), program.with_suffix(".int8")
    onnx.save(model, plain)
    try:
        if batches is None:
            quantization.quantize_dynamic(
                plain, out, weight_type=quantization.QuantType.QInt8, reduce_range=True
            )
        else:
            quantization.quantize_static(
                plain,
                out,
                _reader(quantization, model.graph.input[0].name, batches),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,
                weight_type=quantization.QuantType.QInt8,
                activation_type=quantization.QuantType.QUInt8,
            )
    finally:
        plain.unlink()
    out.replace(program)


def _reader(quantization: Any, name: str, batches: Iterator[NDArray[np.float32]]) -> Any:
    """The inputs as onnxruntime's calibration wants them."""

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            batch = next(batches, None)
            return None if batch is None else {name: batch}

    return Reader()
