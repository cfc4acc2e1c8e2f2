"""The videos that can be recommended: ids, vectors, titles, files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.errors import DamagedFile
from indexer.copies.groups import NO_COPIES, Copies, live_copies
from indexer.search.view import open_view

CENTRE_PRIOR = 20
"""Shrinkage of the mean vector, in videos: centring must not make two videos opposite."""


RowLinks = Mapping[int, NDArray[np.int64]]
"""Rows that are linked to a row; rows without any are left out."""


@dataclass(frozen=True, eq=False)
class VideoTable:
    """Videos as columns; row numbers are internal, ids are permanent."""

    ids: NDArray[np.int64]
    """(n,) permanent video ids, each once."""
    matrix: NDArray[np.float32]
    """(n, d) one vector per video, of any length; zero rows where no vector is known."""
    titles: Sequence[str] = ()
    """n titles; empty takes the ids."""
    paths: Sequence[Path | None] = ()
    """n files; empty means unknown."""
    added_at: Sequence[datetime] = ()
    """n times at which the library first saw them; empty means all at once."""
    durations_s: Sequence[float] = ()
    """n lengths, 0 where unknown; empty means all unknown."""
    covering: RowLinks = field(default_factory=dict)
    """By row, the rows of its copies, of its parts, and of what it is a part of."""
    inside: RowLinks = field(default_factory=dict)
    """By row, the rows of its copies and of its parts: who has seen it has seen these."""

    def __post_init__(self) -> None:
        """Check that the columns agree.

        Raises:
            ValueError: A column has another length, an id is doubled, or a vector is not finite.
        """
        n = len(self.ids)
        if self.matrix.ndim != 2 or len(self.matrix) != n:
            raise ValueError(f"matrix must be ({n}, d) to match {n} ids, got {self.matrix.shape}")
        for name in ("titles", "paths", "added_at", "durations_s"):
            size = len(getattr(self, name))
            if size not in (0, n):
                raise ValueError(f"{name} must be empty or have {n} entries, got {size}")
        if len(np.unique(self.ids)) != n:
            raise ValueError(f"ids must each occur once, got {n} with doubles")
        if not np.isfinite(self.matrix).all():
            raise ValueError("matrix must be finite, got NaN or infinity")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Id to row number."""
        return {int(video_id): row for row, video_id in enumerate(self.ids)}

    def all_inside(self, rows: Iterable[int]) -> list[NDArray[np.int64]]:
        """For those of some rows that have copies or parts, the rows of these."""
        if not self.inside:
            return []
        return [self.inside[row] for row in map(int, rows) if row in self.inside]

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(n,) videos that have a vector."""
        return np.asarray(np.any(self.matrix != 0.0, axis=1))

    @cached_property
    def has_vectors(self) -> bool:
        """At least one video has a vector."""
        return bool(self.known.any())

    @cached_property
    def centred(self) -> NDArray[np.float32]:
        """(n, d) float32 unit rows without the direction that all share; a zero row stays zero.

        Any two images have a cosine of about 0.6 in CLIP space, so raw cosines hardly tell similar
        from dissimilar videos.
        """
        unit = _unit(self.matrix)
        known = np.any(unit != 0.0, axis=1)
        n = max(int(known.sum()), 1)
        common = unit.sum(axis=0, dtype=np.float64) / n * (n / (n + CENTRE_PRIOR))
        return _unit(np.where(known[:, None], unit - common.astype(np.float32), np.float32(0.0)))

    @cached_property
    def added_at_s(self) -> NDArray[np.float64]:
        """(n,) Unix seconds; zeros when the times are unknown."""
        if not self.added_at:
            return np.zeros(len(self))
        return np.asarray([at.timestamp() for at in self.added_at], dtype=np.float64)

    @cached_property
    def lengths_s(self) -> NDArray[np.float64]:
        """(n,) lengths, 0 where unknown."""
        if not len(self.durations_s):
            return np.zeros(len(self))
        return np.nan_to_num(np.asarray(self.durations_s, dtype=np.float64))

    @cached_property
    def folders(self) -> NDArray[np.int64]:
        """(n,) a number for the folder that each video lies in; -1 where unknown."""
        if not self.paths:
            return np.full(len(self), -1)
        number: dict[Path, int] = {}
        parents = [None if path is None else path.parent for path in self.paths]
        found = [-1 if one is None else number.setdefault(one, len(number)) for one in parents]
        return np.asarray(found, dtype=np.int64)

    @cached_property
    def folder_sizes(self) -> NDArray[np.int64]:
        """Number of videos in each folder, by the folder's number."""
        return np.bincount(self.folders[self.folders >= 0])

    def title(self, row: int) -> str:
        """The title of a row; its id where no titles are known."""
        return self.titles[row] if self.titles else str(self.ids[row])

    def path(self, row: int) -> Path | None:
        """The file of a row, where known."""
        return self.paths[row] if self.paths else None


def read_video_table(catalogue: Catalogue) -> VideoTable:
    """All videos embedded by the library's encoder; an empty table before the first indexing.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """
    encoder_id = catalogue.encoder
    if encoder_id is None:
        return VideoTable(np.zeros(0, np.int64), np.zeros((0, 0), np.float32))
    view = open_view(catalogue.home, catalogue, encoder_id)
    ids, matrix = view.video_matrix
    # A video may have come or gone since the view was opened.
    known = view.videos.columns()
    ids, rows, places = np.intersect1d(ids, known.ids, assume_unique=True, return_indices=True)
    copies = _copies(catalogue, encoder_id)
    return VideoTable(
        covering=_links(ids, copies.covering),
        inside=_links(ids, copies.inside),
        ids=ids,
        matrix=matrix if len(rows) == len(matrix) else matrix[rows],
        titles=[known.titles[place] for place in places],
        paths=[known.paths[place] for place in places],
        added_at=[known.added_at[place] for place in places],
        durations_s=[known.durations_s[place] for place in places],
    )


def _copies(catalogue: Catalogue, encoder_id: str) -> Copies:
    """What live videos share; nothing where the file of it is damaged, as `status` says."""
    try:
        return live_copies(catalogue, encoder_id)
    except DamagedFile:
        return NO_COPIES


def _links(ids: NDArray[np.int64], linked: Mapping[int, frozenset[int]]) -> RowLinks:
    """Links between videos as links between rows; `ids` ascend."""
    rows: dict[int, NDArray[np.int64]] = {}
    for video_id, others in linked.items():
        places = np.flatnonzero(np.isin(ids, [video_id, *others]))
        mine = places[ids[places] == video_id]
        if len(mine) and len(places) > 1:
            rows[int(mine[0])] = places[ids[places] != video_id]
    return rows


def without_vectors(n_items: int) -> VideoTable:
    """Videos of which only the events are known."""
    return VideoTable(np.arange(n_items), np.zeros((n_items, 1), np.float32))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    # Where centring left only rounding noise there is no direction to blow up to length 1.
    return np.asarray(np.where(norms > 1e-6, rows / np.maximum(norms, 1e-6), 0.0), np.float32)
