"""Semantic video search and recommendation: the public Python API of reelwise.

from reelwise import Library

with Library("~/films") as library:
    library.index(["/videos"])
    for hit in library.search("a dog runs on the beach").hits:
        print(hit.path, hit.start_s, hit.end_s)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.library import Library

if TYPE_CHECKING:
    from data.history import Event
    from indexer.build.report import IndexReport
    from indexer.search.result import Hit, SearchResult
    from recommender.answer.items import Because, Item, Recommendations

__all__ = [
    "Because",
    "Event",
    "Hit",
    "IndexReport",
    "Item",
    "Library",
    "Recommendations",
    "ReelwiseError",
    "SearchResult",
]
__version__ = "0.1.0"

# Result types are imported when they are first used: their modules load numpy and SQLAlchemy.
_HOMES = {
    "Because": "recommender.answer.items",
    "Event": "data.history.events",
    "Hit": "indexer.search.hits.ranking",
    "IndexReport": "indexer.build.report",
    "Item": "recommender.answer.items",
    "Recommendations": "recommender.answer.items",
    "SearchResult": "indexer.search.searcher",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
