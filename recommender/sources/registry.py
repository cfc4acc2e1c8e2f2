"""All sources of recommendations: a new one is a module of this folder and an entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.sources.base import LinkSource, SameForAll, Source, ValuesOf
from recommender.sources.content import Content, fit_content
from recommender.sources.ease import RIDGE, fit_ease
from recommender.sources.ials import UNSEEN, Ials, fit_ials
from recommender.sources.item_links import Arrays, ItemLinks
from recommender.sources.next_item import NEXT_RIDGE, NextItem, fit_next_item
from recommender.sources.popularity import CrowdCounts
from recommender.sources.rp3beta import BETA, fit_rp3beta

CONTENT, EASE, RECENT_EASE, NEXT_ITEM = "content", "ease", "recent ease", "next-item"
SASREC, RP3BETA, IALS = "sasrec", "rp3beta", "ials"
POPULARITY, RECENT_POPULARITY, NEW = "popularity", "recent popularity", "new"


@dataclass(frozen=True)
class SourceSetting:
    """A number that a source is fitted with."""

    name: str
    """Its name among the settings of all sources."""
    default: float
    """Used where none is chosen."""
    choices: tuple[float, ...]
    """Tried on held-out events, in order, so that quality rises and then falls along them."""
    needs_vectors: bool = False
    """It has no effect without content vectors."""


@dataclass(frozen=True, eq=False)
class FitData:
    """What sources are fitted on, and what several of them share."""

    log: EventLog
    videos: VideoTable
    settings: Mapping[str, float]
    """Every `SourceSetting` by name."""
    dense_limit: int
    """Most videos or people, whichever are fewer, of which a dense matrix is inverted."""
    cache: dict[str, Any] = field(default_factory=dict)
    """Parts of sources that were fitted before, with the settings they depend on."""

    @property
    def ease_links(self) -> ItemLinks:
        """The links of both forms of EASE: they take longest to fit."""
        ridge, share = self.settings["ridge"], self.settings["content_rows"]
        known = self.cache.get("ease")
        if known is None or known[0] != (ridge, share):
            content = np.sqrt(np.float32(share)) * self.videos.centred if share > 0 else None
            links = fit_ease(
                self.log.liked, ridge=ridge, content=content, dense_limit=self.dense_limit
            )
            self.cache["ease"] = known = (ridge, share), links
        shared: ItemLinks = known[1]
        return shared

    @cached_property
    def counts(self) -> CrowdCounts:
        """What all people did with each video."""
        return CrowdCounts(self.log, self.videos)


@dataclass(frozen=True)
class SourceKind:
    """One source: what it is called, fitted on and saved as, and what a person reads of it."""

    name: str
    """Its name in weights, saved models and JSON."""
    reason: str
    """Why an item is recommended; `{title}` is the video of the history that led to it."""
    fit: Callable[[FitData], Source]
    load: Callable[[Arrays, VideoTable], Source] | None = None
    """From a saved model; None: it follows the events of the library at once and is not saved."""
    live: Callable[[CrowdCounts], Source] | None = None
    """Over counts that follow the events, for those that are the same for everybody."""
    by_rows: bool = True
    """A loaded source is for the rows of the videos that it was fitted on."""
    keeps: str = ""
    """What its arrays hold, for a reader."""
    needs_vectors: bool = False
    """It scores nothing without content vectors."""
    from_crowd: bool = True
    """It tells what other people did, which counts less where there are few of them."""
    slow: bool = False
    """Takes minutes to fit."""
    settings: tuple[SourceSetting, ...] = ()
    """What it is fitted with, in the order in which they are chosen."""

    @property
    def personal(self) -> bool:
        """It depends on the history, so that a video of it is the reason."""
        return self.live is None


def _fit_sasrec(data: FitData) -> Source:
    from recommender.sources.sequence.fit import fit_sequence  # torch is loaded only to fit

    vectors = data.videos if data.videos.has_vectors else None
    return fit_sequence(data.log.histories, vectors, seed=0)


def _load_sasrec(arrays: Arrays, videos: VideoTable) -> Source:
    from recommender.sources.sequence.model import SequenceModel  # torch is loaded only if used

    return SequenceModel.from_arrays(arrays)


def _load_links(arrays: Arrays, videos: VideoTable) -> Source:
    return LinkSource.from_arrays(arrays)


def _same_for_all(
    name: str, reason: str, values: Callable[[CrowdCounts], ValuesOf], *, from_crowd: bool = True
) -> SourceKind:
    def live(counts: CrowdCounts) -> Source:
        return SameForAll(values(counts))

    return SourceKind(
        name, reason, lambda data: live(data.counts), live=live, from_crowd=from_crowd
    )


_TOGETHER = "people who watched {title} also watched this"
_LINKS = "item-item weights"
_HALF_LIVES = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)

SOURCES: tuple[SourceKind, ...] = (
    SourceKind(
        CONTENT,
        "similar to {title}, from your history",
        needs_vectors=True,
        fit=lambda data: fit_content(data.log.histories, data.videos.centred),
        load=lambda arrays, videos: Content.from_arrays(arrays, videos.centred),
        by_rows=False,
        keeps="one map of content vectors",
        from_crowd=False,
    ),
    SourceKind(
        EASE,
        _TOGETHER,
        fit=lambda data: LinkSource(data.ease_links),
        load=_load_links,
        keeps=_LINKS,
        settings=(
            SourceSetting("ridge", RIDGE, (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)),
            SourceSetting("content_rows", 0.0, (0.0, 1.0, 3.0, 10.0, 30.0), needs_vectors=True),
        ),
    ),
    SourceKind(
        RECENT_EASE,
        _TOGETHER,
        fit=lambda data: LinkSource(data.ease_links, data.settings["half_life_places"]),
        load=_load_links,
        keeps=_LINKS,
        settings=(SourceSetting("half_life_places", 10.0, _HALF_LIVES),),
    ),
    SourceKind(
        NEXT_ITEM,
        "often watched soon after {title}",
        fit=lambda data: fit_next_item(
            data.log.histories, ridge=data.settings["next_ridge"], dense_limit=data.dense_limit
        ),
        load=lambda arrays, videos: NextItem.from_arrays(arrays),
        keeps=_LINKS,
        settings=(SourceSetting("next_ridge", NEXT_RIDGE, (30.0, 100.0, 300.0, 1000.0)),),
    ),
    SourceKind(
        RP3BETA,
        _TOGETHER,
        fit=lambda data: LinkSource(fit_rp3beta(data.log.liked, beta=data.settings["beta"])),
        load=_load_links,
        keeps=_LINKS,
        settings=(SourceSetting("beta", BETA, (0.0, 0.2, 0.4, 0.6, 0.8)),),
    ),
    SourceKind(
        IALS,
        "fits your history, {title} above all",
        fit=lambda data: fit_ials(data.log.liked, unseen=data.settings["unseen"]),
        load=lambda arrays, videos: Ials.from_arrays(arrays),
        keeps="one vector per item",
        settings=(SourceSetting("unseen", UNSEEN, (0.01, 0.03, 0.1, 0.3, 1.0)),),
    ),
    SourceKind(
        SASREC,
        "follows from your latest videos, {title} above all",
        fit=_fit_sasrec,
        load=_load_sasrec,
        keeps="one vector per item, a network over them",
        slow=True,
    ),
    _same_for_all(
        POPULARITY, "among what is watched most", lambda counts: counts.liked.__getitem__
    ),
    _same_for_all(
        RECENT_POPULARITY, "watched a lot lately", lambda counts: counts.trend.__getitem__
    ),
    _same_for_all(
        NEW, "new here, or never watched", lambda counts: counts.newness, from_crowd=False
    ),
)
"""Every source."""

BY_NAME: Mapping[str, SourceKind] = {kind.name: kind for kind in SOURCES}
"""The same by name."""


def default_settings() -> dict[str, float]:
    """The settings of all sources where none are chosen."""
    return {one.name: one.default for kind in SOURCES for one in kind.settings}


def live_sources(counts: CrowdCounts) -> dict[str, Source]:
    """The sources that follow the events at once."""
    return {kind.name: kind.live(counts) for kind in SOURCES if kind.live is not None}
