"""The JSON documents that command line and web API share, as `cli.md` fixes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ReelwiseError
from ui.recommender_status import model_warning, recommender_document
from ui.terminal.answer import Document

if TYPE_CHECKING:
    from indexer.search.ranking import Hit
    from indexer.search.searcher import SearchResult
    from recommender.answer.items import Item, Recommendations
    from recommender.model.served import ServedModel
    from ui.library import Library

NOTHING_MATCHES = "nothing here matches well"


def search_document(query: Document, result: SearchResult) -> Document:
    """What `search --json` and `/api/search` answer."""
    return {
        "query": {name: value for name, value in query.items() if value is not None},
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


def recommend_document(
    user: str, result: Recommendations, model: ServedModel | None = None
) -> Document:
    """What `recommend --json` and `/api/recommend` answer."""
    return {
        **({} if model is None else {"model": model.name, "warning": model_warning(model.trouble)}),
        "user": user,
        "took_ms": round(result.took_ms, 2),
        "items": [_item(item, explored=result.explore > 0) for item in result.items],
    }


def _item(item: Item, *, explored: bool) -> Document:
    because = item.because
    chance = {"propensity": item.propensity} if explored else {}
    return {
        "rank": item.rank,
        "video_id": str(item.video_id),
        "path": None if item.path is None else str(item.path),
        "title": item.title,
        "score": item.score,
        "source": item.source,
        "because": None
        if because is None
        else {"video_id": str(because.video_id), "title": because.title},
        **chance,
    }


def status_document(library: Library, *, with_failures: bool) -> Document:
    """What `status --json` and `/api/status` answer."""
    catalogue = library.catalogue
    document: Document = {
        "home": str(library.home.root),
        **catalogue.counts(),
        "encoder": catalogue.encoder_name,
        "encoder_id": catalogue.encoder,
        "encoder_notice": _encoder_notice(catalogue.encoder_name),
        **_generation(library),
        "bytes": size_bytes_below(library.home.root),
        "roots": [str(root) for root in catalogue.roots()],
        "recommender": recommender_document(catalogue),
    }
    if with_failures:
        document["failures"] = [
            {
                "path": str(each.path),
                "state": str(each.state),
                "reason": each.reason,
                "attempts": each.attempts,
            }
            for each in catalogue.failures(catalogue.encoder)
        ]
    return document


def _encoder_notice(name: str | None) -> str | None:
    """What a person must know of the encoder: that its head is not used, or not to be read."""
    from embeddings.temporal.record import unserved_notice

    try:
        return unserved_notice(name)
    except ReelwiseError as error:
        return error.problem


def _generation(library: Library) -> Document:
    """The published generation by its manifest alone: status must not load an index."""
    from indexer.store.generations import read_current
    from indexer.store.manifest import read_manifest

    found: Document = dict.fromkeys(("generation", "index_kind", "recall_at_10", "warning"))
    name = read_current(library.home)
    if name is None:
        return found
    try:
        manifest = read_manifest(library.home.index / name)
    except ReelwiseError as error:
        return found | {"warning": f"{error.problem} (reelwise rebuild makes a new one)"}
    return found | {
        "generation": manifest.generation,
        "index_kind": manifest.index_kind,
        "recall_at_10": manifest.recall_at_10,
    }


def size_bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count as nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_size
        except OSError:
            continue
    return total


REASONS = {
    "interest": "like {title}, which you watched",
    "content": "looks like {title}, which you watched",
    "co-watch": "people who watched {title} also watched this",
    "co-watch ever": "people who watched {title} also watched this",
    "next": "often watched soon after {title}",
    "walk": "people who watched {title} also watched this",
    "factors": "fits what you watched, {title} above all",
    "adapted": "like {title}, to people who watch both",
    "unwatched": "like {title}, and not watched by anybody yet",
    "sequence": "follows from what you watched lately, {title} above all",
    "playing": "goes with {title}, which is playing",
    "popular": "watched a lot lately",
    "popular ever": "among what is watched most",
    "first": "many begin with it",
    "new": "new here, or watched by nobody yet",
    "rest": "nothing speaks for it or against it",
}
"""For each source of an item the sentence that a person reads."""


def reason_in_words(item: Document) -> str:
    """Why an item is recommended, as one sentence for a person."""
    because, source = item.get("because"), str(item["source"])
    title = because["title"] if isinstance(because, dict) else None
    sentence = REASONS.get(source, source if title is None else f"{source}: {{title}}")
    if "{title}" not in sentence:
        return sentence
    return source if title is None else sentence.replace("{title}", str(title))
