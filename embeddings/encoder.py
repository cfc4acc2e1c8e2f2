"""The encoder that the other rooms see: frames, clips and words to unit vectors of one space."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from data.errors import ReelwiseError
from data.video.types import FrameSpec
from embeddings.backbone.backbone import Backbone, load_backbone
from embeddings.backbone.devices import choose_device
from embeddings.backbone.names import DEFAULT_BACKBONE, TOON_FOLDER, list_pretrained, parse_name
from embeddings.temporal.head import TemporalConfig, TemporalHead, clip_vectors
from embeddings.temporal.record import (
    BACKBONE_CONFIG,
    BackboneRecord,
    HeadRecord,
    read_record,
    unserved_notice,
)
from embeddings.temporal.record import HEAD_CONFIG as HEAD_CONFIG
from embeddings.temporal.record import HEAD_WEIGHTS as HEAD_WEIGHTS

CLIPS_PER_BATCH = 16
"""Clips are padded to the longest of their batch: with 64, the 407 clips of 200 videos (22 frames
each on average) take 0.40 to 0.47 s, with 16 0.29 s (one core, 2026-11)."""
FRAMES_PER_BATCH = 64
QUERIES_KEPT = 512
SIZES_FILE = Path(__file__).parent / "model_sizes.json"


class Encoder(Protocol):
    """What indexing and search need of an encoder."""

    @property
    def id(self) -> str:
        """Folder-safe; changes with anything that shapes a vector."""

    @property
    def name(self) -> str:
        """What a user typed, and what `status` prints."""

    @property
    def dim(self) -> int:
        """Length of every vector."""

    @property
    def frame_spec(self) -> FrameSpec:
        """How frames must be cut and scaled before they come in."""

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB as `frame_spec` says -> (n, dim) unit rows."""

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        """(n, dim) frame vectors and (n,) times, m spans [first, last) of them -> (m, dim).

        The rows may be several videos, one after another; a span lies within one.
        """

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (n, dim) unit rows."""


class SpatiotemporalEncoder:
    """An open_clip backbone and, where one was trained for it, a temporal head.

    Attributes:
        id: See `Encoder`.
        name: What a user typed, and what `status` prints.
        weights: The weights file that it was loaded from, so that a library can remember it.
        notice: What a user must know of it; empty for nothing.
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
        self.notice = unserved_notice(self.name) or ""
        self.weights = weights
        self._backbone = self.backbone = backbone
        self._head = self.head = None if head is None else head.eval().to(backbone.device)
        self.id = _encoder_id(backbone, self._head)
        self._texts: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @property
    def dim(self) -> int:
        """Length of every vector."""
        return self._backbone.dim

    @property
    def frame_spec(self) -> FrameSpec:
        """How frames must be cut and scaled before they come in."""
        return self._backbone.frame_spec

    @property
    def order_aware(self) -> bool:
        """True with a temporal head; without one a clip is the mean of its frames."""
        return self._head is not None

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, height, width, 3) uint8 RGB as `frame_spec` says -> (n, dim) float32 unit rows."""
        out = np.zeros((len(pixels), self.dim), np.float32)
        for first in range(0, len(pixels), FRAMES_PER_BATCH):
            batch = pixels[first : first + FRAMES_PER_BATCH]
            out[first : first + len(batch)] = self._backbone.image_features(batch).cpu().numpy()
        return out

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
        if any(last <= first for first, last in spans):
            raise ValueError(f"a span of frames holds at least one: {list(spans)}")
        out = np.zeros((len(spans), self.dim), np.float32)
        by_length = sorted(range(len(spans)), key=lambda i: spans[i][1] - spans[i][0])
        for start in range(0, len(by_length), CLIPS_PER_BATCH):
            rows = by_length[start : start + CLIPS_PER_BATCH]
            out[rows] = self._encode_batch(vectors, times_s, [spans[i] for i in rows])
        return out

    def _encode_batch(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        length = max(last - first for first, last in spans)
        frames = torch.zeros(len(spans), length, self.dim)
        times = torch.zeros(len(spans), length)
        mask = torch.zeros(len(spans), length, dtype=torch.bool)
        for row, (first, last) in enumerate(spans):
            frames[row, : last - first] = torch.from_numpy(np.asarray(vectors[first:last]))
            times[row, : last - first] = torch.from_numpy(times_s[first:last] - times_s[first])
            mask[row, : last - first] = True
        device = self._backbone.device
        with torch.inference_mode():
            rows = clip_vectors(frames.to(device), times.to(device), mask.to(device), self._head)
        return np.asarray(rows.cpu().numpy(), dtype=np.float32)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (n, dim) float32 unit rows; the last few hundred are remembered."""
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
            if missing:
                rows = self._backbone.text_features(missing).cpu().numpy().astype(np.float32)
                self._texts.update(zip(missing, rows, strict=True))
            found = [self._texts[text] for text in texts]
            for text in texts:
                self._texts.move_to_end(text)
            while len(self._texts) > QUERIES_KEPT:
                self._texts.popitem(last=False)
        return np.stack(found) if found else np.zeros((0, self.dim), np.float32)


def load_head(folder: Path) -> TemporalHead | None:
    """The temporal head kept in a folder; None where there is none, or none that is served."""
    record = read_record(folder)
    if record is None or not record.served:
        return None
    head = TemporalHead(TemporalConfig.from_dict(record.head))
    head.load_state_dict(load_file(folder / HEAD_WEIGHTS))
    return head


def load_encoder(
    name: str | None = None, *, weights: Path | None = None, device: str = "auto"
) -> SpatiotemporalEncoder:
    """Load an encoder by name.

    Args:
        name: `toon`, an open_clip `NAME[/PRETRAINED]`, a model folder, or the folder of a head
            that was trained with a backbone elsewhere; the default backbone where None.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    alone = read_head_alone(Path(name)) if name else None
    if name and alone is not None:
        return _load_around_head(Path(name).resolve(), alone, weights=weights, device=device)
    backbone = load_backbone(
        name or DEFAULT_BACKBONE, weights=weights, device=choose_device(device)
    )
    folder = parse_name(name, weights=weights).model if name else ""
    head = None
    if weights is None and folder.startswith("local-dir:"):
        head = load_head(Path(folder.removeprefix("local-dir:")))
    kept = None if weights is None else weights.absolute()
    return SpatiotemporalEncoder(backbone, head, weights=kept)


def read_head_alone(folder: Path) -> HeadRecord | None:
    """The record of a head whose backbone lies elsewhere; None for any other folder."""
    if (folder / BACKBONE_CONFIG).is_file():
        return None
    return read_record(folder)


def _load_around_head(
    folder: Path, record: HeadRecord, *, weights: Path | None, device: str
) -> SpatiotemporalEncoder:
    wanted = record.backbone
    if wanted is None:
        raise ReelwiseError(
            f"{folder} holds a temporal head and not the backbone that belongs to it",
            fix=f"copy {BACKBONE_CONFIG} and the weights beside it, or train the head again",
        )
    if weights is None and wanted.weights is not None:
        weights = Path(wanted.weights)
    backbone = load_backbone(wanted.name, weights=weights, device=choose_device(device))
    _check_fingerprint(folder, wanted, backbone)
    kept = None if weights is None else weights.absolute()
    return SpatiotemporalEncoder(backbone, load_head(folder), weights=kept, name=str(folder))


def _check_fingerprint(folder: Path, wanted: BackboneRecord, backbone: Backbone) -> None:
    if backbone.fingerprint != wanted.fingerprint:
        raise ReelwiseError(
            f"the head in {folder} was trained with other weights of {wanted.name} "
            f"({wanted.fingerprint[:12]}, here {backbone.fingerprint[:12]})",
            fix=f"give those weights: --encoder {folder} --weights FILE; or train it again",
        )


@dataclass(frozen=True)
class EncoderListing:
    """One line of `reelwise encoders`."""

    name: str
    """As `--encoder` takes it."""
    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the encoder sees it."""
    parameters_millions: float | None
    """Weights of both towers; None where open_clip must ask a hub for a part of the model."""
    present: bool
    """True where the weights are on this machine."""


def list_encoders() -> list[EncoderListing]:
    """The embedded encoder first, then every open_clip architecture with its published weights."""
    sizes = json.loads(SIZES_FILE.read_text(encoding="utf-8"))
    rows = [_toon_listing()] if (TOON_FOLDER / "open_clip_config.json").is_file() else []
    for row in list_pretrained():
        millions = sizes.get(row.name.partition("/")[0])
        rows.append(EncoderListing(row.name, row.dim, row.image_px, millions, row.present))
    return rows


def _toon_listing() -> EncoderListing:
    config = json.loads((TOON_FOLDER / "open_clip_config.json").read_text(encoding="utf-8"))
    model = config["model_cfg"]
    size_bytes = sum(file.stat().st_size for file in TOON_FOLDER.glob("*.safetensors"))
    millions = round(size_bytes / 2 / 1e6, 1)  # two bytes a weight
    return EncoderListing(
        "toon", model["embed_dim"], model["vision_cfg"]["image_size"], millions, True
    )


def _encoder_id(backbone: Backbone, head: TemporalHead | None) -> str:
    digest = hashlib.sha256(backbone.fingerprint.encode())
    if head is not None:
        digest.update(json.dumps(head.config.as_dict(), sort_keys=True).encode())
        for key, value in sorted(head.state_dict().items()):
            digest.update(key.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    word = "".join(c if c.isalnum() else "-" for c in Path(backbone.name).name.lower()).strip("-")
    return f"{word[:40]}-{digest.hexdigest()[:12]}"
