"""Fitted sources as arrays, and back: one line for each kind of source that can be stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from recommender.co_watching import CoWatched
from recommender.factors import Factors
from recommender.item_links import Arrays
from recommender.moved_source import MovedSource
from recommender.next_item import NextItem
from recommender.sources import Source
from recommender.videos import VideoTable

LINKS = "item-item weights"
VECTORS = "one vector per item"


class Storable(Protocol):
    """A fitted source that can be stored."""

    def to_arrays(self) -> Arrays:
        """All that it knows."""


@dataclass(frozen=True)
class Kind:
    """How one kind of source is stored."""

    made_of: type
    """Its class."""
    holds: str
    """What its arrays hold, for a reader."""
    restore: Callable[[Arrays, NDArray[np.int64], VideoTable], Source]
    """Arrays, ids of the videos it was fitted for, and the videos now, to a source for these."""


def _by_rows(make: Callable[[Arrays, int], Source]) -> Callable[..., Source]:
    """Fitted for the rows of a table: they are matched with those of the table now."""

    def restore(arrays: Arrays, fitted_ids: NDArray[np.int64], videos: VideoTable) -> Source:
        source = make(arrays, len(fitted_ids))
        if np.array_equal(fitted_ids, videos.ids):
            return source
        return MovedSource(source, fitted_ids, videos.ids)

    return restore


KINDS: dict[str, Kind] = {
    "co-watched": Kind(CoWatched, LINKS, _by_rows(CoWatched.from_arrays)),
    "next item": Kind(NextItem, LINKS, _by_rows(NextItem.from_arrays)),
    "factors": Kind(Factors, VECTORS, _by_rows(Factors.from_arrays)),
}
"""Every kind that can be stored."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Fitted sources as arrays."""

    kinds: dict[str, str]
    """Kind of each source."""
    arrays: dict[str, NDArray[Any]]
    """`source/array`; what several sources share stands here once."""
    same: dict[str, str]
    """`source/array` of another source that is the very same array."""


def pack(sources: Mapping[str, Source]) -> Packed:
    """Sources as arrays.

    Raises:
        TypeError: There is no way to store one of them.
    """
    found = Packed({}, {}, {})
    first: dict[int, str] = {}
    for name, source in sources.items():
        kinds = [kind for kind, how in KINDS.items() if isinstance(source, how.made_of)]
        if not kinds:
            raise TypeError(f"a source must be of a kind in KINDS to be stored, got {source!r}")
        found.kinds[name] = kinds[0]
        for key, array in cast(Storable, source).to_arrays().items():
            path = f"{name}/{key}"
            if id(array) in first:
                found.same[path] = first[id(array)]
            else:
                found.arrays[path] = array
                first[id(array)] = path
    return found


def unpack(packed: Packed, fitted_ids: NDArray[np.int64], videos: VideoTable) -> dict[str, Source]:
    """Sources for the videos of now.

    Args:
        packed: What `pack` gave.
        fitted_ids: (m,) permanent ids of the videos that they were fitted for, in order.
        videos: What they will be asked about.

    Raises:
        KeyError: An array or a kind is not there.
    """
    whole = packed.arrays | {path: packed.arrays[at] for path, at in packed.same.items()}
    found = {}
    for name, kind in packed.kinds.items():
        own = {
            path.removeprefix(f"{name}/"): array
            for path, array in whole.items()
            if path.startswith(f"{name}/")
        }
        found[name] = KINDS[kind].restore(own, fitted_ids, videos)
    return found
