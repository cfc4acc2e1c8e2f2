"""Eight-bit towers: onnxruntime's quantisation of exported programs, torchao's of linear layers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from data.errors import ReelwiseError
from embeddings.backbone.optional import require

FRAMES_TO_CALIBRATE = 32
"""Fewest frames from which ranges of activations are taken."""
BATCH = 8


def quantize_linears(tower: nn.Module) -> None:
    """Make every linear layer of a tower int8: weights by channel, activations by token (torchao).

    Raises:
        ReelwiseError: torchao is not installed, or nothing in the tower can be quantised.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torchao = require("torchao.quantization")
        before = {type(p) for p in tower.parameters()}
        torchao.quantize_(tower, torchao.Int8DynamicActivationInt8WeightConfig())
    if {type(p) for p in tower.parameters()} == before:
        raise ReelwiseError(
            "torchao quantises linear layers, and this image tower has none",
            fix="--how int8      (onnxruntime, convolutions too)",
        )


def quantize_program(
    program: Path, out: Path, batches: Iterator[NDArray[np.float32]] | None
) -> None:
    """Make an ONNX program int8, weights by channel.

    Args:
        program: As `export_onnx` wrote it.
        out: New file.
        batches: (n, ...) inputs that look like those to come, on which ranges of activations are
            measured once; None has them measured in every run.
    """
    onnx = require("onnx")
    quantization = require("onnxruntime.quantization")
    model = onnx.load(program)
    # Exported intermediate shapes contradict onnx's own inference for fused attention.
    del model.graph.value_info[:]
    plain = out.with_suffix(".plain")
    onnx.save(model, plain)
    try:
        if batches is None:
            quantization.quantize_dynamic(plain, out, weight_type=quantization.QuantType.QInt8)
            return
        name = model.graph.input[0].name
        quantization.quantize_static(
            plain,
            out,
            _reader(quantization, name, batches),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            activation_type=quantization.QuantType.QUInt8,
        )
    finally:
        plain.unlink()


def _reader(quantization: Any, name: str, batches: Iterator[NDArray[np.float32]]) -> Any:
    """The inputs as onnxruntime's calibration wants them."""

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            batch = next(batches, None)
            return None if batch is None else {name: batch}

    return Reader()
