"""Hits as far as an encoder understands words, and can judge videos by them."""

from __future__ import annotations

from dataclasses import replace

from data.toons.names import is_toon
from embeddings.vocabulary import knows_only_toons, understood
from indexer.search.query import Query
from indexer.search.relevance.calibrate import CONFIDENT_RELEVANCE
from indexer.search.result import Hit, SearchResult


def as_understood(
    encoder: str, query: Query, result: SearchResult, min_relevance: float
) -> SearchResult:
    """The result with the words that mean nothing here; a hit counts for the share of others.

    Nothing is a match for those alone, nor is a video that the encoder cannot judge by words.

    Args:
        encoder: Name of the encoder.
        query: What was asked.
        result: What the picture found.
        min_relevance: Hits of less are left out.
    """
    words = understood(encoder, query.words)
    result = replace(result, not_understood=words.unknown)
    if query.like is not None or query.image is not None:
        return result
    hits = [
        replace(hit, relevance=hit.relevance * words.weight if _can_judge(encoder, hit) else 0.0)
        for hit in result.hits
    ]
    confident = result.confident and hits[0].relevance >= CONFIDENT_RELEVANCE
    return replace(
        result,
        hits=[hit for hit in hits if hit.relevance >= min_relevance],
        confident=confident,
    )


def _can_judge(encoder: str, hit: Hit) -> bool:
    """False for what is no cartoon where the encoder knows nothing else."""
    return is_toon(hit.path) or not knows_only_toons(encoder)
