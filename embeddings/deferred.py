"""An encoder that is loaded when frames come, and not before: most commands show it none."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.home import Home
from embeddings.backbone.folders import RECIPE_FILE, WEIGHTS_FILE
from embeddings.backbone.names import DEFAULT_BACKBONE, find_cached_weights, parse_name
from embeddings.choice import check_weights
from embeddings.identity import Identity, recall, remember
from embeddings.temporal.plain import PlainHead, encode_clips, open_head
from embeddings.temporal.record import read_record, unserved_notice
from embeddings.texts.opening import ACTIVATIONS, open_tower
from embeddings.texts.tower import Activation, TextTower

if TYPE_CHECKING:
    from embeddings.encoder import SpatiotemporalEncoder

TEXTS_KEPT = 512
SAME_VECTOR = 1e-4
"""Largest difference of a coordinate between the text tower with and without torch."""
PROBE = "two dogs, a red car & 3 people"


class DeferredEncoder:
    """An `Encoder` of which its identity is known.

    Texts are encoded in numpy where the tower is a plain one, clips with the head alone, in numpy
    too; the model is loaded for the first frames. Threads may share it.

    Args:
        identity: What is known.
        load: Loads the model.
        tower: Its text tower; None where the model is needed for texts too.
    """

    def __init__(
        self,
        identity: Identity,
        load: Callable[[], SpatiotemporalEncoder],
        tower: Callable[[], TextTower | None],
    ) -> None:
        self.id = identity.id
        self.name = identity.name
        self.dim = identity.dim
        self.frame_spec = identity.frame_spec
        self.weights = Path(identity.weights) if identity.weights else None
        self.notice = unserved_notice(self.name) or ""
        self._identity = identity
        self._load = load
        self._open_tower = tower
        self._tower: TextTower | None = None
        self._head: PlainHead | None = None
        self._model: SpatiotemporalEncoder | None = None
        self._texts: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()
        self._loading = Lock()

    @property
    def model(self) -> SpatiotemporalEncoder:
        """The whole encoder, loaded at the first use.

        Raises:
            ReelwiseError: It cannot be loaded, or it is another one than is known.
        """
        with self._loading:
            if self._model is None:
                model = self._load()
                if model.id != self.id:
                    raise ReelwiseError(
                        f"{self.name} is {model.id} now, it was {self.id} when it was loaded last",
                        fix="run the same command again",
                    )
                self._model = model
            return self._model

    def prepare(self) -> None:
        """Load what frames need, so that an error comes before the first of them.

        Raises:
            ReelwiseError: See `model`.
        """
        _ = self.model

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Encoder`."""
        return self.model.encode_frames(pixels)

    def encode_clips(
        self,
        vectors: NDArray[np.float32],
        times_s: NDArray[np.float64],
        spans: Sequence[tuple[int, int]],
    ) -> NDArray[np.float32]:
        """See `Encoder`."""
        if self._model is not None:
            return self._model.encode_clips(vectors, times_s, spans)
        if self._identity.head is None:
            return encode_clips(None, vectors, times_s, spans)
        with self._loading:
            if self._head is None:
                self._head = open_head(Path(self._identity.head))
        return encode_clips(self._head, vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N texts -> (n, dim) float32 unit rows; the last 512 are cached."""
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
            if missing:
                self._texts.update(zip(missing, self._encode(missing), strict=True))
            vectors = [self._texts[text] for text in texts]
            for text in texts:
                self._texts.move_to_end(text)
            while len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        return np.stack(vectors) if vectors else np.zeros((0, self.dim), np.float32)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._identity.activation is None:
            return self.model.encode_texts(texts)
        if self._tower is None:
            self._tower = self._open_tower()
        return self._tower.encode(texts) if self._tower else self.model.encode_texts(texts)


def open_encoder(
    home: Home, name: str | None = None, *, weights: Path | None = None, device: str = "auto"
) -> DeferredEncoder:
    """The encoder of a name, as `load_encoder` takes it; it is loaded now only where it is new.

    Args:
        home: The library that keeps what is known of it.
        name: Its name; None for the default one.
        weights: A file with the weights of that architecture.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ReelwiseError: It cannot be loaded here; the fix says what to do.
    """
    check_weights(name, weights)

    def load() -> SpatiotemporalEncoder:
        from embeddings.encoder import load_encoder

        return load_encoder(name, weights=weights, device=device)

    def tower(activation: str | None) -> TextTower | None:
        file = _plain_weights(name or DEFAULT_BACKBONE, weights)
        if file is None or activation is None:
            return None
        return open_tower(file[0], file[1], cast("Activation", activation))

    identity = recall(home, name, weights)
    if identity is not None:
        return DeferredEncoder(identity, load, partial(tower, identity.activation))
    model = load()
    folder = _head_folder(name or DEFAULT_BACKBONE) if model.head is not None else None
    identity = _identity_of(model, folder, tower)
    remember(home, name, weights, identity)
    encoder = DeferredEncoder(identity, lambda: model, partial(tower, identity.activation))
    _ = encoder.model
    return encoder


def _identity_of(
    model: SpatiotemporalEncoder,
    head: Path | None,
    tower: Callable[[str | None], TextTower | None],
) -> Identity:
    return Identity(
        id=model.id,
        name=model.name,
        dim=model.dim,
        frame_spec=model.frame_spec,
        weights=str(model.weights) if model.weights else None,
        head=None if head is None else str(head),
        activation=_activation(model, tower),
    )


def _head_folder(name: str) -> Path | None:
    """Where the temporal head of an encoder lies: alone, or beside its backbone."""
    record = read_record(Path(name))
    alone = record is not None and record.backbone is not None
    return Path(name).resolve() if alone else parse_name(name).folder


def _activation(
    model: SpatiotemporalEncoder, tower: Callable[[str | None], TextTower | None]
) -> Activation | None:
    """The activation with which the text tower in numpy gives what the model gives, if any."""
    for activation in ACTIVATIONS:
        plain = tower(activation)
        if plain is None:
            return None
        row, wanted = plain.encode([PROBE]), model.encode_texts([PROBE])
        if row.shape == wanted.shape and np.abs(row - wanted).max() < SAME_VECTOR:
            return activation
    return None


def _plain_weights(name: str, weights: Path | None) -> tuple[str, Path] | None:
    """Architecture and weights file of an open_clip model; None where it is made otherwise."""
    record = read_record(Path(name))
    if record is not None and record.backbone is not None:
        kept = record.backbone.weights
        return _plain_weights(record.backbone.name, weights or (Path(kept) if kept else None))
    parsed = parse_name(name, weights=weights)
    if parsed.folder is not None:
        if weights is not None or (parsed.folder / RECIPE_FILE).is_file():
            return None
        return parsed.model, parsed.folder / WEIGHTS_FILE
    file = weights or find_cached_weights(parsed.model, parsed.pretrained or "")
    return None if file is None else (parsed.model, file)
