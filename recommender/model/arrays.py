"""Fitted sources as arrays, and back: one line for each class of sources that can be stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from recommender.events.videos import VideoTable
from recommender.sources.base import Source
from recommender.sources.ease import CoWatched
from recommender.sources.ials import Factors
from recommender.sources.item_links import Arrays
from recommender.sources.moved import MovedSource
from recommender.sources.next_item import NextItem


class Storable(Protocol):
    """A fitted source that can be stored."""

    def to_arrays(self) -> Arrays:
        """All that it knows."""


@dataclass(frozen=True)
class Kind:
    """How one class of sources is stored."""

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


def _sequence(arrays: Arrays, n_items: int) -> Source:
    from recommender.sources.sequence.model import (
        SequenceModel,  # torch is loaded only where it is asked
    )

    return SequenceModel.from_arrays(dict(arrays))


def _adapter(arrays: Arrays, fitted_ids: NDArray[np.int64], videos: VideoTable) -> Source:
    """Fitted for vectors, not for rows: videos that have come since are known to it."""
    from recommender.sources.adapter import Adapter

    return Adapter.from_arrays(arrays, videos)


KINDS: dict[str, Kind] = {
    "CoWatched": Kind("item-item weights", _by_rows(CoWatched.from_arrays)),
    "NextItem": Kind("item-item weights", _by_rows(NextItem.from_arrays)),
    "Factors": Kind("one vector per item", _by_rows(Factors.from_arrays)),
    "Adapter": Kind("one map of content vectors", _adapter),
    "SequenceModel": Kind("one vector per item, a network over them", _by_rows(_sequence)),
}
"""Every class that can be stored, by its name."""


def kind_of(source: Source) -> Kind:
    """How a source is stored.

    Raises:
        TypeError: There is no way.
    """
    try:
        return KINDS[type(source).__name__]
    except KeyError:
        raise TypeError(
            f"a source must be of a class in KINDS to be stored, got {source!r}"
        ) from None


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
        kind_of(source)
        found.kinds[name] = type(source).__name__
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
