"""Stored colours, and what a search found among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.home import Home
from indexer.search.result import SearchResult
from tests.fakes import ColourEncoder, random_units
from tests.indexer.made import store


def colour(*words: str) -> NDArray[np.float32]:
    return ColourEncoder().encode_texts(words)


def stretches(result: SearchResult) -> list[tuple[str, float, float]]:
    return [(hit.path.name, hit.start_s, hit.end_s) for hit in result.hits]


def names(result: SearchResult) -> list[str]:
    return [hit.path.name for hit in result.hits]


def random_library(home: Home, n_videos: int, seed: int, *, published: bool = True) -> None:
    rng = np.random.default_rng(seed)
    clips = {
        f"{seed}-{i:05d}.mp4": random_units(rng, int(rng.integers(1, 8)), 32)
        for i in range(n_videos)
    }
    store(home, clips, encoder_id="random-1", published=published)
