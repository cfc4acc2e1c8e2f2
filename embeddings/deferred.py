"""An encoder that is loaded when frames come, and not before: most commands show it none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from data.errors import ReelwiseError
from data.home import Home
from data.video.types import Pixels
from embeddings.choice import default_encoder, files_of, load_encoder
from embeddings.encoder import EncoderFiles, LoadedEncoder, Spans, TextEncoder, Times, Vectors
from embeddings.identity import Identity, keep_identity, recall_identity
from embeddings.temporal.plain import PlainHead, encode_clips, open_head
from embeddings.temporal.pooling import mean_clips
from embeddings.temporal.record import unserved_notice
from embeddings.texts.cache import TextCache

SAME_VECTOR = 1e-4
"""Largest difference of a coordinate between texts encoded alone and by the model."""
PROBE = "two dogs, a red car & 3 people"


class DeferredEncoder:
    """An `Encoder` of which its identity is known.

    Texts are encoded alone where its files offer that, clips with the head alone, in numpy;
    the model is loaded for the first frames. Threads may share it.

    Args:
        identity: What is known.
        load: Loads the model.
        open_texts: Opens what encodes texts alone; it gives None where the model is needed.
    """

    def __init__(
        self,
        identity: Identity,
        load: Callable[[], LoadedEncoder],
        open_texts: Callable[[str], TextEncoder | None],
    ) -> None:
        self.id = identity.id
        self.name = identity.name
        self.dim = identity.dim
        self.frame_spec = identity.frame_spec
        self.weights = Path(identity.weights) if identity.weights else None
        self.notice = unserved_notice(self.name) or ""
        self._identity = identity
        self._load = load
        self._open_texts = open_texts
        self._alone: TextEncoder | None = None
        self._head: PlainHead | None = None
        self._model: LoadedEncoder | None = None
        self._texts = TextCache(self._encode, self.dim)
        self._loading = Lock()

    @property
    def model(self) -> LoadedEncoder:
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

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """See `Encoder`."""
        return self.model.encode_frames(pixels)

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """See `Encoder`."""
        if self._model is not None:
            return self._model.encode_clips(vectors, times_s, spans)
        if self._identity.head is None:
            return mean_clips(vectors, spans)
        with self._loading:
            if self._head is None:
                self._head = open_head(Path(self._identity.head))
        if self._head is None:  # it is no longer served
            return self.model.encode_clips(vectors, times_s, spans)
        return encode_clips(self._head, vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) float32 unit rows; the last ones are cached."""
        return self._texts.encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if self._alone is None and self._identity.text_way is not None:
            self._alone = self._open_texts(self._identity.text_way)
        return self._alone.encode(texts) if self._alone else self.model.encode_texts(texts)


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
    name = name or default_encoder(weights)
    files = files_of(name, weights)
    files.check()

    def load() -> LoadedEncoder:
        return load_encoder(name, weights=weights, device=device)

    identity = recall_identity(home, files)
    if identity is not None:
        return DeferredEncoder(identity, load, files.open_texts)
    model = load()
    identity = _identity_of(model, files)
    keep_identity(home, files, identity)
    encoder = DeferredEncoder(identity, lambda: model, files.open_texts)
    encoder.prepare()
    return encoder


def _identity_of(model: LoadedEncoder, files: EncoderFiles) -> Identity:
    return Identity(
        id=model.id,
        name=model.name,
        dim=model.dim,
        frame_spec=model.frame_spec,
        weights=str(model.weights) if model.weights else None,
        head=str(files.head) if files.head else None,
        text_way=_text_way(model, files),
    )


def _text_way(model: LoadedEncoder, files: EncoderFiles) -> str | None:
    """The way of encoding texts alone that gives what the model gives, if any."""
    for way in files.text_ways:
        alone = files.open_texts(way)
        if alone is None:
            continue
        row, wanted = alone.encode([PROBE]), model.encode_texts([PROBE])
        if row.shape == wanted.shape and np.abs(row - wanted).max() < SAME_VECTOR:
            return way
    return None
