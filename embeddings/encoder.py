"""Encoders: frames, clips and texts to unit vectors of one space, and how they are loaded."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from embeddings.backbone.backbone import Backbone, Precision
from embeddings.backbone.device import choose_device
from embeddings.backbone.folders import CONFIG_FILE
from embeddings.backbone.loading import load_backbone
from embeddings.backbone.names import DEFAULT_BACKBONE, parse_name
from embeddings.temporal.clips import encode_clips, load_head
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.record import HeadRecord, read_record, unserved_notice

FRAMES_AT_ONCE = 64
TEXTS_KEPT = 512


class Encoder(Protocol):
    """What indexing and search need of an encoder."""

    id: str
    """Safe as a folder name; changes with everything that shapes a vector."""
    name: str
    """As a user typed it, and as `status` prints it."""
    dim: int
    """Length of every vector."""
    frame_spec: FrameSpec
    """How frames must be cut and scaled before they come in."""

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB as `frame_spec` says -> (n, dim) unit rows."""

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        """Clip vectors of one or more videos from the vectors of their frames.

        Args:
            vectors: (n, dim) unit rows, video after video in order of time.
            times_s: (n,) presentation times in seconds, rising within a video.
            spans: m pairs [first, last) of row numbers, none empty, each within one video.

        Returns:
            (m, dim) float32 unit rows.
        """

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (n, dim) unit rows."""


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
        self._texts: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB -> (n, dim) float32 unit rows."""
        out = np.zeros((len(pixels), self.dim), np.float32)
        for first in range(0, len(pixels), FRAMES_AT_ONCE):
            batch = pixels[first : first + FRAMES_AT_ONCE]
            out[first : first + len(batch)] = self.backbone.image_features(batch).cpu().numpy()
        return out

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        """(m, dim) float32 unit rows: see `Encoder`."""
        device = self.backbone.device
        return encode_clips(self.head, vectors, times_s, spans, device=device)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (n, dim) float32 unit rows; the last 512 are cached."""
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
            if missing:
                rows = self.backbone.text_features(missing).cpu().numpy().astype(np.float32)
                self._texts.update(zip(missing, rows, strict=True))
            vectors = [self._texts[text] for text in texts]
            for text in texts:
                self._texts.move_to_end(text)
            while len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        return np.stack(vectors) if vectors else np.zeros((0, self.dim), np.float32)


def load_encoder(
    name: str | None = None,
    *,
    weights: Path | None = None,
    device: str = "auto",
    precision: Precision = "auto",
) -> SpatiotemporalEncoder:
    """Load an encoder by name.

    Args:
        name: `toon`, an open_clip `NAME[/PRETRAINED]`, a model folder, or the folder of a head
            that was trained with a backbone elsewhere; None for the default backbone.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.
        precision: As `load_backbone` takes it.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    name = name or DEFAULT_BACKBONE
    alone = None if (Path(name) / CONFIG_FILE).is_file() else read_record(Path(name))
    if alone is not None:
        folder = Path(name).resolve()
        return _load_around_head(folder, alone, weights, device=device, precision=precision)
    where = choose_device(device)
    backbone = load_backbone(name, weights=weights, device=where, precision=precision)
    local = None if weights else parse_name(name).folder
    head = load_head(local) if local else None
    return SpatiotemporalEncoder(backbone, head, weights=weights and weights.absolute())


def _load_around_head(
    folder: Path, record: HeadRecord, weights: Path | None, *, device: str, precision: Precision
) -> SpatiotemporalEncoder:
    wanted = record.backbone
    if wanted is None:
        raise ReelwiseError(
            f"{folder} holds a temporal head and not the backbone that belongs to it",
            fix=f"copy {CONFIG_FILE} and the weights beside it, or train the head again",
        )
    if weights is None and wanted.weights is not None:
        weights = Path(wanted.weights)
    where = choose_device(device)
    backbone = load_backbone(wanted.name, weights=weights, device=where, precision=precision)
    if backbone.fingerprint != wanted.fingerprint:
        raise ReelwiseError(
            f"the head in {folder} was trained with other weights of {wanted.name} "
            f"({wanted.fingerprint[:12]}, here {backbone.fingerprint[:12]})",
            fix=f"give those weights: --encoder {folder} --weights FILE; or train it again",
        )
    return SpatiotemporalEncoder(
        backbone, load_head(folder), weights=weights and weights.absolute(), name=str(folder)
    )


def _encoder_id(backbone: Backbone, head: TemporalHead | None) -> str:
    digest = hashlib.sha256(backbone.fingerprint.encode())
    if head is not None:
        digest.update(json.dumps(asdict(head.config), sort_keys=True).encode())
        for key, value in sorted(head.state_dict().items()):
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    word = "".join(c if c.isalnum() else "-" for c in Path(backbone.name).name.lower()).strip("-")
    return f"{word[:40]}-{digest.hexdigest()[:12]}"
