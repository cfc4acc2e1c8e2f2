"""The shape of a temporal head."""

from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

HeadKind = Literal["attention", "convolution", "gru"]
Pool = Literal["mean", "max", "attention"]

HEAD_KINDS: tuple[HeadKind, ...] = get_args(HeadKind)
KERNEL = 5
"""Width of a convolution, in frames."""


@dataclass(frozen=True)
class TemporalConfig:
    """Shape of a temporal head; stored beside its weights, as `dataclasses.asdict` gives it."""

    dim: int
    """Length of a frame feature and of the clip vector."""
    width: int = 256
    """Length of a token inside the head."""
    kind: HeadKind = "attention"
    """How information passes between frames."""
    layers: int = 2
    """Pre-LN blocks."""
    heads: int = 4
    """Attention heads of a block, where `kind` is attention."""
    mlp_ratio: float = 2.0
    """Hidden width of a block's MLP over `width`."""
    periods: int = 8
    """Sine/cosine pairs of the time code, periods from 0.5 s doubling upwards."""
    lags: tuple[int, ...] = (1, 4)
    """Motion is the difference to the frame this many frames before; short and long range."""
    windows: tuple[int, ...] = (1, 2, 4)
    """Numbers of equal parts of a clip's time, each of which is pooled; 1 is the whole clip."""
    pools: tuple[Pool, ...] = ("mean", "max", "attention")
    """How each window is pooled."""

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `asdict`, also after a round through JSON.

        Raises:
            ValueError: A field is unknown, missing or has an unknown value.
        """
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()
        }
        try:
            config = cls(**values)
        except TypeError as error:
            raise ValueError(f"not the shape of a temporal head: {fields}") from error
        if config.kind not in HEAD_KINDS or not set(config.pools) <= set(get_args(Pool)):
            raise ValueError(f"a temporal head of another version: {fields}")
        return config
