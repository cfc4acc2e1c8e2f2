"""An encoder that is loaded when many frames come, and not before: most commands show it few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from data.errors import ReelwiseError
from data.home import Home
from data.video.types import Pixels
from embeddings.encoder import (
    EncoderFiles,
    FrameEncoder,
    LoadedEncoder,
    NeedsModel,
    Spans,
    Times,
    Vectors,
)
from embeddings.opening.choice import default_encoder, files_of, load_encoder
from embeddings.opening.identity import Identity, keep_identity, recall_identity
from embeddings.plain.one_thread import one_thread
from embeddings.probe import frame_way, text_way
from embeddings.temporal.plain import PlainHead, encode_clips, open_head
from embeddings.temporal.pooling import mean_clips
from embeddings.temporal.record import unserved_notice
from embeddings.texts.cache import TextCache

Part = TypeVar("Part")


class DeferredEncoder:
    """An `Encoder` of which its identity is known.

    Texts and a few frames are encoded alone where its files offer that, clips with the head alone,
    in numpy; the model is loaded for the rest. Threads may share it.

    Args:
        identity: What is known.
        load: Loads the model.
        files: Open what encodes texts and frames alone.
    """

    def __init__(
        self, identity: Identity, load: Callable[[], LoadedEncoder], files: EncoderFiles
    ) -> None:
        self.id = identity.id
        self.name = identity.name
        self.dim = identity.dim
        self.frame_spec = identity.frame_spec
        self.weights = Path(identity.weights) if identity.weights else None
        self.notice = unserved_notice(self.name) or ""
        self._identity = identity
        self._load = load
        self._of_texts = _Alone(files.open_texts, identity.text_way)
        self._of_frames = _Alone(files.open_frames, identity.frame_way)
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
        """Load what many frames need, so that an error comes before the first of them.

        Raises:
            ReelwiseError: See `model`.
        """
        _ = self.model

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """See `Encoder`."""
        if self._model is None:
            alone = self._of_frames.opened()
            if alone is not None and len(pixels) <= alone.most_frames:
                return _one_by_one(alone, pixels)
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
        with one_thread():
            return encode_clips(self._head, vectors, times_s, spans)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) float32 unit rows; the last ones are cached."""
        return self._texts.encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        alone = self._of_texts.opened()
        if alone is None:
            return self.model.encode_texts(texts)
        with one_thread():
            return alone.encode(texts)


def _one_by_one(alone: FrameEncoder, pixels: Pixels) -> Vectors:
    """The rows of a few frames; whoever waits for the only thread waits for one frame."""
    rows = []
    for place in range(len(pixels)):
        with one_thread():
            rows.append(alone.encode(pixels[place : place + 1]))
    return np.concatenate(rows) if rows else alone.encode(pixels)


class _Alone(Generic[Part]):
    """A part of an encoder that is opened at its first use, for all threads together.

    Args:
        open_way: Opens it in a way.
        way: The one that is known to be right; None for none.
    """

    def __init__(self, open_way: Callable[[str], Part], way: str | None) -> None:
        self._open, self._way = open_way, way
        self._part: Part | None = None
        self._opening = Lock()

    def opened(self) -> Part | None:
        """The part; None where the model is needed."""
        with self._opening:
            if self._part is None and self._way is not None:
                try:
                    self._part = self._open(self._way)
                except NeedsModel:
                    self._way = None
            return self._part


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
        return DeferredEncoder(identity, load, files)
    model = load()
    identity = _identity_of(model, files)
    keep_identity(home, files, identity)
    encoder = DeferredEncoder(identity, lambda: model, files)
    encoder.prepare()
    return encoder


def _identity_of(model: LoadedEncoder, files: EncoderFiles) -> Identity:
    way_of_frames, needs_model = frame_way(model, files)
    return Identity(
        id=model.id,
        name=model.name,
        dim=model.dim,
        frame_spec=model.frame_spec,
        weights=str(model.weights) if model.weights else None,
        head=str(files.head) if files.head else None,
        text_way=text_way(model, files),
        frame_way=way_of_frames,
        needs_model=needs_model,
    )
