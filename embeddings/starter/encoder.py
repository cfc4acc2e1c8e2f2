"""The `starter` encoder: frames and texts to vectors of one space."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from data.video.types import Pixels
from embeddings.backbone.computing.device import choose_device
from embeddings.backbone.computing.precision import single_precision
from embeddings.encoder import Spans, Times, Vectors
from embeddings.plain.layers import Floats
from embeddings.probe_frame import probe_frame
from embeddings.starter.frames import StarterFrames
from embeddings.starter.labels import LABELS_FILE
from embeddings.starter.looks import LOOKS_FILE
from embeddings.starter.networks.network import Network
from embeddings.starter.packaged import PACKAGED, STARTER
from embeddings.starter.shape import DIM, FRAME_SPEC
from embeddings.starter.texts import StarterTexts
from embeddings.temporal.pooling import mean_clips
from embeddings.texts.cache import TextCache

FRAMES_AT_ONCE = 16
"""On a GPU. A processor takes one: for the room of several, the system clears memory at every call,
which costs two thirds of what the network does."""
RECIPE = "1"
"""Raised with every change of how a vector is made that is not in a file."""


class StarterEncoder:
    """An `Encoder` with the weights of packages.

    Args:
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ReelwiseError: A package is not installed, or there is no such device.
        DamagedFile: A package holds other weights.
    """

    name = STARTER
    dim = DIM
    frame_spec = FRAME_SPEC
    weights: Path | None = None
    notice = ""

    def __init__(self, device: str = "auto") -> None:
        self.device = choose_device(device)
        self.network = Network().to(self.device)
        on_cpu = self.device.type == "cpu"
        self._frames = StarterFrames(self.see, at_once=1 if on_cpu else FRAMES_AT_ONCE)
        self._texts = TextCache(StarterTexts().encode, DIM)
        self.id = f"{STARTER}-{_digest()[:12]}"

    @property
    def probed(self) -> Vectors:
        """(1, 1128): see `LoadedEncoder`."""
        with single_precision():
            return self.encode_frames(probe_frame(FRAME_SPEC))

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """(n, 448, 448, 3) uint8 RGB -> (n, 1128) float32 unit rows."""
        return self._frames.encode(pixels)

    def see(self, pictures: Floats) -> tuple[Floats, Floats]:
        """(n, 3, 260, 260) in -1 to 1 -> (n, 1280) features and (n, 1000) logits."""
        given = torch.from_numpy(pictures).to(self.device, memory_format=torch.channels_last)
        seen = self.network(given)
        return seen.features.cpu().numpy(), seen.logits.cpu().numpy()

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """(m, 1128) float32 unit rows: the means of their frames."""
        return mean_clips(vectors, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, 1128) float32 unit rows; the last ones are cached."""
        return self._texts.encode(texts)


def _digest() -> str:
    parts = [RECIPE, *(file.sha256 for file in PACKAGED)]
    parts += [hashlib.sha256(file.read_bytes()).hexdigest() for file in (LABELS_FILE, LOOKS_FILE)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
