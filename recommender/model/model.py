"""The model: fitted sources, and the weights by which they are blended into one list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.model.blend import HISTORY_LENGTHS, BlendWeights, weights_from
from recommender.sources.base import Source
from recommender.sources.ease import DENSE_LIMIT
from recommender.sources.registry import (
    BY_NAME,
    CONTENT,
    NEW,
    POPULARITY,
    RECENT_EASE,
    RECENT_POPULARITY,
    FitData,
    default_settings,
)

DEFAULT_WEIGHTS = weights_from(
    [
        {RECENT_POPULARITY: 0.45, POPULARITY: 0.35, NEW: 0.1},
        {CONTENT: 0.75, RECENT_EASE: 1.0, RECENT_POPULARITY: 0.2},
        {CONTENT: 0.75, RECENT_EASE: 1.0, RECENT_POPULARITY: 0.1},
        {CONTENT: 0.75, RECENT_EASE: 1.0, RECENT_POPULARITY: 0.1},
    ]
)
"""Weights before anything is known of a library."""


@dataclass(frozen=True)
class Settings:
    """What a model is fitted with."""

    weights: BlendWeights = DEFAULT_WEIGHTS
    of_sources: Mapping[str, float] = field(default_factory=default_settings)
    """The settings of the sources, by name; see `recommender.sources.registry`."""
    dense_limit: int = DENSE_LIMIT
    """Most videos or people, whichever are fewer, of which a dense matrix is inverted."""


def fit_sources(
    log: EventLog,
    videos: VideoTable,
    settings: Settings,
    *,
    fitted: Mapping[str, Source] | None = None,
    names: Sequence[str] | None = None,
    cache: dict[str, Any] | None = None,
) -> dict[str, Source]:
    """The sources of a model by name, fitted on the events, or as they are in `fitted`.

    `names` None takes those with a weight. A `cache` is kept between fits on the same events, for
    what does not depend on their settings.
    """
    data = FitData(
        log, videos, settings.of_sources, settings.dense_limit, {} if cache is None else cache
    )
    ready = {} if fitted is None else fitted
    wanted = settings.weights.used if names is None else names
    return {name: ready[name] if name in ready else BY_NAME[name].fit(data) for name in wanted}


def saved_names(weights: BlendWeights) -> list[str]:
    """Sources with a weight that a saved model holds; the others follow the events at once."""
    return [name for name in weights.used if BY_NAME[name].load is not None]


def settings_as_json(settings: Settings) -> dict[str, Any]:
    """Settings as `settings_from_json` reads them."""
    weights = settings.weights
    return {
        "weights": {"names": list(weights.names), "table": weights.table.tolist()},
        "of_sources": dict(settings.of_sources),
        "dense_limit": settings.dense_limit,
    }


def settings_from_json(values: Mapping[str, Any]) -> Settings:
    """Settings of a saved model.

    Raises:
        ValueError: A source or a setting is not known.
        KeyError: A value is missing.
    """
    names, table = tuple(values["weights"]["names"]), np.asarray(values["weights"]["table"], float)
    if table.shape != (len(HISTORY_LENGTHS), len(names)):
        raise ValueError(f"weights must be {len(HISTORY_LENGTHS)} rows, got {table.shape}")
    unknown = {*names} - {*BY_NAME} or {*values["of_sources"]} ^ {*default_settings()}
    if unknown:
        raise ValueError(f"sources and settings must be known, got {sorted(unknown)}")
    return Settings(BlendWeights(names, table), values["of_sources"], values["dense_limit"])
