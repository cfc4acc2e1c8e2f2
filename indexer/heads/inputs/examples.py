"""Examples as arrays: what is known of each labelled stretch, or of each clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.arrays import Floats, Ids
from indexer.heads.inputs.volumes import Volumes


@dataclass(frozen=True)
class Examples:
    """Stretches with what a head may look at."""

    vectors: Floats
    """(n, d) unit rows: the mean of the clip vectors inside each."""
    frames: tuple[Floats, ...] | None = None
    """(t, d) frame vectors of each in order of time; None where they were not asked for."""
    changes: Floats | None = None
    """(n, 4 d) how each changes, see `changes`; None where they were not asked for."""
    volumes: Volumes | None = None
    """(n, 8, 16, 16) small pictures of each; None where they were not asked for."""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """n values of each further column as texts; empty where there is none."""
    texts: Mapping[str, Floats] = field(default_factory=dict)
    """(n, s) sentence vectors of each column of texts."""

    def __len__(self) -> int:
        return len(self.vectors)

    def some(self, places: Ids) -> "Examples":
        """Those at some places, in that order."""
        chosen = places.tolist()
        return Examples(
            self.vectors[places],
            None if self.frames is None else tuple(self.frames[i] for i in chosen),
            None if self.changes is None else self.changes[places],
            None if self.volumes is None else self.volumes[places],
            {name: [values[i] for i in chosen] for name, values in self.columns.items()},
            {name: rows[places] for name, rows in self.texts.items()},
        )


def padded(frames: Sequence[Floats], longest: int) -> tuple[Floats, Ids]:
    """Sequences as one array (n, longest, d), and the length of each (n,).

    Longer ones are thinned out evenly, from their first to their last frame.
    """
    dim = frames[0].shape[1] if frames else 0
    out = np.zeros((len(frames), longest, dim), np.float32)
    lengths = np.zeros(len(frames), np.int64)
    for place, rows in enumerate(frames):
        n = min(len(rows), longest)
        kept = np.linspace(0, len(rows) - 1, n).round().astype(np.intp)
        out[place, :n] = rows[kept]
        lengths[place] = n
    return out, lengths
