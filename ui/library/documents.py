"""JSON documents shared by command line and web API, as `docs/cli.md` and `docs/api.md` give them.

They are made at the edge: commands and pages print from the results themselves.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.library.status import model_warning

if TYPE_CHECKING:
    from indexer.search.ranking import Hit
    from indexer.search.searcher import SearchResult
    from recommender.answer.items import Item, Recommendations
    from recommender.model.store import LoadedModel

Document = dict[str, Any]

NOTHING_MATCHES = "nothing here matches well"


def search_document(query: Document, result: SearchResult) -> Document:
    """The document of `search --json`, `similar --json`, `/api/search` and `/api/similar`."""
    return {
        "query": query,
        "encoder": result.encoder,
        "generation": result.generation,
        "took_ms": round(result.took_ms, 2),
        "confident": result.confident,
        "hits": [_hit(hit) for hit in result.hits],
    }


def _hit(hit: Hit) -> Document:
    return {
        "rank": hit.rank,
        "video_id": str(hit.video_id),
        "path": str(hit.path),
        "title": hit.title,
        "start_s": round(hit.start_s, 3),
        "end_s": round(hit.end_s, 3),
        "score": hit.score,
        "relevance": hit.relevance,
        "why": hit.why,
    }


def recommend_document(result: Recommendations, model: LoadedModel | None = None) -> Document:
    """The document of `recommend --json` and `/api/recommend`."""
    return {
        **({} if model is None else {"model": model.name, "warning": model_warning(model.trouble)}),
        "user": result.user,
        "took_ms": round(result.took_ms, 2),
        "items": [_item(item, explored=result.explore > 0) for item in result.items],
    }


def _item(item: Item, *, explored: bool) -> Document:
    because = item.because
    return {
        "rank": item.rank,
        "video_id": str(item.video_id),
        "path": None if item.path is None else str(item.path),
        "title": item.title,
        "score": item.score,
        "source": item.source,
        "because": because and {"video_id": str(because.video_id), "title": because.title},
        **({"propensity": item.propensity} if explored else {}),
    }


def reason_in_words(item: Item) -> str:
    """Why an item is recommended, as one sentence."""
    title = None if item.because is None else item.because.title
    sentence = reasons().get(
        item.source, item.source if title is None else f"{item.source}: {{title}}"
    )
    if "{title}" not in sentence:
        return sentence
    return item.source if title is None else sentence.replace("{title}", title)


def reasons() -> dict[str, str]:
    """For each source of an item the sentence that a person reads; {title} is the cause."""
    from recommender.answer.items import REST
    from recommender.answer.playing import PLAYING
    from recommender.sources.registry import SOURCES

    return {
        **{kind.name: kind.reason for kind in SOURCES},
        PLAYING: "goes with {title}, which is playing",
        REST: "nothing speaks for it or against it",
    }


def as_json(document: object) -> str:
    """A document as JSON text; paths and times become strings, NaN becomes null."""
    return json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    """The value in the types that JSON has, numpy's scalars included."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
