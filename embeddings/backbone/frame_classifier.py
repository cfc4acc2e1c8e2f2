"""A network in ONNX that gives each frame one number, run by onnxruntime on the CPU."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video.types import Pixels
from embeddings.backbone.recipe import require


@dataclass(frozen=True)
class FrameRecipe:
    """How frames become the input of a network, and which of its numbers is wanted."""

    layout: Literal["nchw", "nhwc"]
    """Order of the axes."""
    channels: Literal["rgb", "bgr"]
    """Order of the colours."""
    scale: float
    """What each value, 0 to 255, is multiplied with first."""
    mean: tuple[float, float, float]
    """Taken off each channel then."""
    std: tuple[float, float, float]
    """What each channel is divided by at last."""
    output: int
    """Place of the number in the first output of a frame, flattened."""


class FrameClassifier:
    """Scores frames.

    The bytes that were checked are the bytes that are loaded; parts in other files are not read.

    Args:
        file: The network.
        sha256: Checksum that its bytes must have.
        recipe: What it takes and gives.

    Raises:
        ReelwiseError: The file is another one, or no network of one input; or onnxruntime is not
            installed.
    """

    def __init__(self, file: Path, sha256: str, recipe: FrameRecipe) -> None:
        self._recipe = recipe
        self._file = file
        runtime = require("onnxruntime")
        content = _pinned(file, sha256)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no base but Exception
            raise self._wrong(f"cannot be loaded: {str(error).splitlines()[0][:200]}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            raise self._wrong(
                f"has the inputs {[each.shape for each in inputs]}, not one of frames"
            )
        self._name = inputs[0].name
        self._one_by_one = inputs[0].shape[0] == 1

    def scores(self, pixels: Pixels) -> NDArray[np.float64]:
        """(n,) the wanted number of each frame (n, h, w, 3) uint8 RGB.

        Raises:
            ReelwiseError: The network takes other frames, gives fewer numbers, or no finite one.
        """
        rows = self._prepared(pixels)
        batches = [row[None] for row in rows] if self._one_by_one else [rows]
        try:
            found = [self._session.run(None, {self._name: batch})[0] for batch in batches]
        except Exception as error:
            raise self._wrong(f"failed: {str(error).splitlines()[0][:200]}") from error
        flat = np.concatenate(
            [np.asarray(each).reshape(len(b), -1) for each, b in zip(found, batches, strict=True)]
        )
        if self._recipe.output >= flat.shape[1]:
            raise self._wrong(f"gives {flat.shape[1]} numbers; output is {self._recipe.output}")
        scores = flat[:, self._recipe.output].astype(np.float64)
        if not np.isfinite(scores).all():
            raise self._wrong("gave a number that is not finite")
        return scores

    def _prepared(self, pixels: Pixels) -> NDArray[np.float32]:
        recipe = self._recipe
        rows: NDArray[Any] = pixels.astype(np.float32)
        if recipe.channels == "bgr":
            rows = rows[..., ::-1]
        rows = rows * np.float32(recipe.scale)
        rows = (rows - np.asarray(recipe.mean, np.float32)) / np.asarray(recipe.std, np.float32)
        if recipe.layout == "nchw":
            rows = rows.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(rows)

    def _wrong(self, what: str) -> ReelwiseError:
        return ReelwiseError(
            f"the classifier {self._file.name} {what}",
            fix="compare the policy with what its maker says of its input and output",
        )


def _pinned(file: Path, sha256: str) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ReelwiseError(
            f"the classifier {file} cannot be read: {error.strerror}",
            fix="put the file there, or name another in the policy",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ReelwiseError(
            f"the classifier {file} has the sha256 {found}; the policy names {sha256}",
            fix="bring the file back, or name its sha256 in the policy once you trust it",
        )
    return content
