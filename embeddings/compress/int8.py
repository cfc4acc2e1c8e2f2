"""Quantises ONNX programs to eight bits with onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.backbone.backbone import Backbone
from embeddings.backbone.recipe import PROGRAM_FILES, require

BATCH = 8


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
    _replace(image, None if frames is None else _batches(backbone, frames))
    _replace(text, None)


def _batches(backbone: Backbone, frames: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(frames), BATCH):
        yield backbone.normalise(frames[first : first + BATCH]).numpy()


def _replace(program: Path, batches: Iterator[NDArray[np.float32]] | None) -> None:
    """Quantise one program in place, weights by channel."""
    onnx = require("onnx")
    quantization = require("onnxruntime.quantization")
    model = onnx.load(program)
    # Exported intermediate shapes contradict onnx's own inference for fused attention.
    del model.graph.value_info[:]
    plain, out = program.with_suffix(".plain"), program.with_suffix(".int8")
    onnx.save(model, plain)
    try:
        if batches is None:
            quantization.quantize_dynamic(plain, out, weight_type=quantization.QuantType.QInt8)
        else:
            quantization.quantize_static(
                plain,
                out,
                _reader(quantization, model.graph.input[0].name, batches),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
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
