"""What the other rooms see of an encoder: frames, clips and texts to unit vectors of one space.

It imports no torch. Kinds of encoders are found by name in `embeddings.opening.choice`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec, Pixels

Vectors = NDArray[np.float32]
"""(n, dim) unit rows."""
Times = NDArray[np.float64]
"""(n,) presentation times in seconds, rising within a video."""
Spans = Sequence[tuple[int, int]]
"""Pairs [first, last) of row numbers, none empty, each within one video."""


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

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """(n, height, width, 3) uint8 RGB as `frame_spec` says -> (n, dim) unit rows."""

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """Clip vectors of one or more videos from the vectors of their frames.

        Args:
            vectors: Of the frames, video after video in order of time.
            times_s: Of the frames.
            spans: The clips.

        Returns:
            A unit row for each span.
        """

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) unit rows."""


class LoadedEncoder(Encoder, Protocol):
    """An encoder as it was loaded by its name."""

    weights: Path | None
    """The weights file that the user gave, so that a library can remember it."""
    notice: str
    """A sentence for the user where its temporal head is not used; else empty."""

    @property
    def probed(self) -> Vectors:
        """(1, dim): the row of `embeddings.probe_frame`, in single precision throughout."""


class TextEncoder(Protocol):
    """The part of an encoder that knows words."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) unit rows."""


class FrameEncoder(Protocol):
    """The part of an encoder that sees."""

    most_frames: int
    """Of more frames at once, loading the model costs less than it saves."""

    def encode(self, pixels: Pixels) -> Vectors:
        """See `Encoder.encode_frames`."""


class NeedsModel(Exception):
    """A part of an encoder cannot be had without loading the whole; says why."""


class EncoderFiles(Protocol):
    """What a name says of an encoder before it is loaded; one class for each kind of encoder."""

    @property
    def key(self) -> str:
        """The same for the same encoder, wherever a command is started."""

    @property
    def head(self) -> Path | None:
        """Folder of the temporal head that is used; None for mean pooling."""

    @property
    def software(self) -> tuple[str, ...]:
        """Packages whose code shapes its vectors."""

    @property
    def text_ways(self) -> tuple[str, ...]:
        """Ways in which its texts may be encoded without loading it, for `open_texts`."""

    @property
    def frame_ways(self) -> tuple[str, ...]:
        """The same of frames, for `open_frames`."""

    def check(self) -> bool:
        """Whether its weights are on this machine; False where they have to be downloaded.

        Raises:
            ReelwiseError: They are missing and no download can be tried, or a file is wrong.
        """

    def files(self) -> list[Path] | None:
        """Every file that it is loaded from; None where they are not known."""

    def open_texts(self, way: str) -> TextEncoder:
        """Its texts without the rest. The caller compares the rows.

        Raises:
            NeedsModel: That cannot be.
        """

    def open_frames(self, way: str) -> FrameEncoder:
        """Its frames without the rest; see `open_texts`."""
