"""An open_clip model as a backbone: frames and texts to unit vectors, and its fingerprint."""

import hashlib
import json
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from data.video.types import FrameSpec
from embeddings.backbone.computing.precision import Precision, cast, compute_dtype, single_precision
from embeddings.backbone.computing.threads import threads
from embeddings.backbone.lean_open_clip import open_clip
from embeddings.backbone.published import as_pair
from embeddings.probe_frame import probe_frame

SMALL_TEXT_TOWER = 10_000_000
"""Weights below which one thread encodes a query: the threads of a small tower mostly wait."""
Tokenizer = Callable[[list[str]], Tensor]
"""Texts -> (n, context) int64."""

_FIT = {"shortest": "crop", "squash": "squash", "longest": "pad"}


class Backbone:
    """An open_clip model with unit-length features.

    Attributes:
        name: The label the library remembers.
        device: Where its weights are, and the rows that it returns.
        dim: Length of a feature.
        frame_spec: How frames must be cut and scaled before they come in.
        fingerprint: sha256 over architecture, preprocessing and every weight.
        probed: (1, dim): the row of `probe_frame` in single precision, whatever `precision` is.
        tokenize: Texts -> (n, context) int64.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Tokenizer,
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
        # Before the cast: bf16 changes less than the float16 of stored vectors
        # (docs/decisions/0002), so one encoder has one fingerprint in both precisions.
        self.fingerprint = _fingerprint(model, config)
        self._format = torch.contiguous_format
        if any(isinstance(m, torch.nn.Conv2d) for m in model.modules()):
            self._format = torch.channels_last
            self.model = self.model.to(memory_format=self._format)
        self.dtype = torch.float32
        with single_precision():
            self.probed = self.image_features(probe_frame(self.frame_spec)).cpu().numpy()
        self.dim = self.probed.shape[1]
        self.dtype = compute_dtype(device, precision)
        if self.dtype is torch.bfloat16:
            # Autocast alone would cast every weight again at every call.
            self.model.get_submodule("visual").to(self.dtype)
        text = [w for key, w in model.named_parameters() if not key.startswith("visual")]
        self._text_threads = 1 if sum(w.numel() for w in text) < SMALL_TEXT_TOWER else None

    def image_features(self, pixels: NDArray[np.uint8] | Tensor) -> Tensor:
        """(n, height, width, 3) uint8 RGB as `frame_spec` says -> (n, dim) float32 unit rows."""
        x = self.normalise(pixels)
        with torch.inference_mode(), cast(self.device, self.dtype):
            features = self.model.encode_image(x)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)

    def normalise(self, pixels: NDArray[np.uint8] | Tensor) -> Tensor:
        """(n, height, width, 3) uint8 RGB -> (n, 3, height, width) float32 as the tower wants."""
        if not isinstance(pixels, Tensor):
            pixels = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
        x = pixels.to(self.device, non_blocking=True).permute(0, 3, 1, 2)
        return ((x.float() - self._mean) * self._scale).contiguous(memory_format=self._format)

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """(n, dim) float32 unit rows for n texts, always in full precision: a query is short."""
        if not texts:
            return torch.zeros(0, self.dim)
        tokens = self.tokenize(list(texts)).to(self.device)
        with torch.inference_mode(), threads(self._text_threads):
            features = self.model.encode_text(tokens)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)


def _fingerprint(model: torch.nn.Module, preprocess: dict[str, object]) -> str:
    digest = hashlib.sha256(json.dumps(preprocess, sort_keys=True, default=str).encode())
    for key, value in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
