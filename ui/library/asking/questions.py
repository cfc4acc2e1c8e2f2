"""Questions of the command line as documents, and results back from the documents of answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.library.documents import Document

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from indexer.search.query import Filters, Query
    from indexer.search.result import Match, SearchResult, VideoCopy


def search_question(query: Query, filters: Filters, *, k: int, merge: bool) -> Document:
    """A search, with its files by absolute path."""
    return {
        "text": query.text,
        "like": None if query.like is None else _absolute(str(query.like)),
        "image": None if query.image is None else str(query.image.expanduser().absolute()),
        "without": query.without,
        "then": list(query.then),
        "within_s": query.within_s,
        "under": None if filters.under is None else str(filters.under),
        "min_duration_s": filters.min_duration_s,
        "max_duration_s": filters.max_duration_s,
        "after": filters.after and filters.after.isoformat(),
        "before": filters.before and filters.before.isoformat(),
        "codec": filters.codec,
        "min_resolution_px": filters.min_resolution_px,
        "tags": list(filters.tags),
        "where": list(filters.where),
        "all_copies": filters.all_copies,
        "min_relevance": filters.min_relevance,
        "in": sorted(map(str, query.channels)),
        "k": k,
        "merge": merge,
    }


def similar_question(catalogue: Catalogue, video: str, *, k: int) -> Document:
    """A question for similar moments, with the video by its id.

    Raises:
        ReelwiseError: No indexed video is called so, or several are.
    """
    from indexer.search.spans import parse_span

    name, span = parse_span(video)
    number = catalogue.video(name).id
    return {"similar": number, "span": None if span is None else list(span), "k": k}


def similar_asked(question: Document) -> str:
    """The reference of a `similar_question`."""
    span, number = question["span"], int(question["similar"])
    return str(number) if span is None else f"{number}@{span[0]!r}-{span[1]!r}"


def search_asked(question: Document) -> tuple[Query, Filters]:
    """The query and the filters of a `search_question`."""
    from indexer.search.query import Filters, Query, channels_named

    query = Query(
        question["text"],
        question["like"],
        _path(question["image"]),
        question["without"],
        channels_named(",".join(question["in"]) if "in" in question else None),
        tuple(question.get("then", ())),
        question.get("within_s"),
    )
    filters = Filters(
        under=_path(question["under"]),
        min_duration_s=question["min_duration_s"],
        max_duration_s=question["max_duration_s"],
        after=_instant(question.get("after")),
        before=_instant(question.get("before")),
        codec=question.get("codec"),
        min_resolution_px=question.get("min_resolution_px"),
        tags=tuple(question.get("tags", ())),
        where=tuple(question.get("where", ())),
        min_relevance=float(question["min_relevance"]),
        all_copies=bool(question.get("all_copies", False)),
    )
    return query, filters


def result_of(document: Document, *, took_ms: float) -> SearchResult:
    """The result that a document of a search was made from; `took_ms` as the caller waited."""
    from indexer.search.result import Hit, SearchResult, Step

    hits = [
        Hit(
            rank=hit["rank"],
            video_id=int(hit["video_id"]),
            path=Path(hit["path"]),
            title=hit["title"],
            start_s=hit["start_s"],
            end_s=hit["end_s"],
            score=hit["score"],
            relevance=hit["relevance"],
            why=hit["why"],
            matched=tuple(_match_of(match) for match in hit.get("matched", [])),
            steps=tuple(Step(**step) for step in hit.get("steps", [])),
            copies=tuple(_copy_of(copy) for copy in hit.get("copies", {}).get("videos", [])),
        )
        for hit in document["hits"]
    ]
    return SearchResult(
        hits=hits,
        took_ms=took_ms,
        confident=document["confident"],
        generation=document["generation"],
        encoder=document["encoder"],
        not_understood=tuple(document["not_understood"]),
        warnings=tuple(document["warnings"]),
    )


def _copy_of(document: Document) -> VideoCopy:
    from indexer.search.result import VideoCopy

    return VideoCopy(int(document["video_id"]), Path(document["path"]))


def _match_of(document: Document) -> Match:
    from data.lines import Channel
    from indexer.search.result import Match

    marks = tuple((int(start), int(end)) for start, end in document["marks"])
    return Match(**{**document, "channel": Channel(document["channel"]), "marks": marks})


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _path(text: Any) -> Path | None:
    return None if text is None else Path(text)


def _absolute(like: str) -> str:
    """A reference to a file, perhaps with a part of it, from any working folder."""
    from indexer.search.spans import parse_span

    name, span = parse_span(like)
    path = Path(name).expanduser().absolute()
    return str(path) if span is None else f"{path}@{span.start_s!r}-{span.end_s!r}"
