"""The encoder of real videos: an open_clip backbone and a temporal head."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from data.video.types import Pixels
from embeddings.backbone.backbone import Backbone
from embeddings.backbone.computing.device import choose_device
from embeddings.backbone.computing.precision import Precision
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.names import DEFAULT_BACKBONE
from embeddings.encoder import Spans, Times, Vectors
from embeddings.spatiotemporal.parts import open_clip_parts
from embeddings.temporal.clips import encode_clips, load_head
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.pooling import mean_clips
from embeddings.temporal.record import unserved_notice
from embeddings.texts.cache import TextCache

FRAMES_AT_ONCE = 64


class SpatiotemporalEncoder:
    """An open_clip backbone and, where one was trained for it, a temporal head.

    Attributes (beside those of `Encoder`):
        weights: The weights file that it was loaded from, so that a library can remember it.
        notice: A sentence for the user where its temporal head is not used; else empty.
        backbone: Its image and text towers.
        head: Its temporal head; None for mean pooling.
    """

    def __init__(
        self,
        backbone: Backbone,
        head: TemporalHead | None = None,
        *,
        weights: Path | None = None,
        name: str | None = None,
    ) -> None:
        if head is not None and head.config.dim != backbone.dim:
            raise ReelwiseError(
                f"the temporal head is {head.config.dim}-d, {backbone.name} is {backbone.dim}-d",
                fix="use the head that was trained with this backbone",
            )
        self.name = name or backbone.name
        self.dim = backbone.dim
        self.frame_spec = backbone.frame_spec
        self.notice = unserved_notice(self.name) or ""
        self.weights = weights
        self.backbone = backbone
        self.head = None if head is None else head.eval().to(backbone.device)
        self.id = _encoder_id(backbone, self.head)
        self._texts = TextCache(
            lambda texts: backbone.text_features(texts).cpu().numpy().astype(np.float32), self.dim
        )

    @property
    def probed(self) -> Vectors:
        """(1, dim): see `LoadedEncoder`."""
        return self.backbone.probed

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """(n, height, width, 3) uint8 RGB -> (n, dim) float32 unit rows."""
        out = np.zeros((len(pixels), self.dim), np.float32)
        for first in range(0, len(pixels), FRAMES_AT_ONCE):
            batch = pixels[first : first + FRAMES_AT_ONCE]
            out[first : first + len(batch)] = self.backbone.image_features(batch).cpu().numpy()
        return out

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """(m, dim) float32 unit rows: see `Encoder`."""
        if self.head is None:
            return mean_clips(vectors, spans)
        return encode_clips(self.head, vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) float32 unit rows; the last ones are cached."""
        return self._texts.encode(texts)


def load_spatiotemporal(
    name: str | None = None,
    *,
    weights: Path | None = None,
    device: str = "auto",
    precision: Precision = "auto",
) -> SpatiotemporalEncoder:
    """Load an encoder that has an open_clip backbone.

    Args:
        name: As `open_clip_parts` takes it; None for the default backbone.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.
        precision: As `load_backbone` takes it.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    name = name or DEFAULT_BACKBONE
    parts = open_clip_parts(name, weights)
    weights = parts.weights and parts.weights.absolute()
    where = choose_device(device)
    label = parts.backbone.label
    backbone = load_backbone(label, weights=parts.weights, device=where, precision=precision)
    if parts.fingerprint is not None and parts.fingerprint != backbone.fingerprint:
        raise ReelwiseError(
            f"the head in {parts.around} was trained with other weights of {label} "
            f"({parts.fingerprint[:12]}, here {backbone.fingerprint[:12]})",
            fix=f"give those weights: --encoder {parts.around} --weights FILE; or train it again",
        )
    head = load_head(parts.head) if parts.head else None
    around = None if parts.around is None else str(parts.around)
    return SpatiotemporalEncoder(backbone, head, weights=weights, name=around)


def _encoder_id(backbone: Backbone, head: TemporalHead | None) -> str:
    digest = hashlib.sha256(backbone.fingerprint.encode())
    if head is not None:
        digest.update(json.dumps(asdict(head.config), sort_keys=True).encode())
        for key, value in sorted(head.state_dict().items()):
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    word = "".join(c if c.isalnum() else "-" for c in Path(backbone.name).name.lower()).strip("-")
    return f"{word[:40]}-{digest.hexdigest()[:12]}"
