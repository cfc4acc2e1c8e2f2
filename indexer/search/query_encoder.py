"""From a query to vectors: words and files are encoded, what is indexed has stored vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from embeddings.opening.choice import unrelated_texts
from indexer.search.examples.example import Example, example_of_stored, load_example, load_image
from indexer.search.examples.frames import AS_INDEXED, Reading
from indexer.search.examples.known import KnownExamples
from indexer.search.query import Query
from indexer.search.query_vectors import (
    UNWANTED_WEIGHT,
    QueryPart,
    QueryVectors,
    mix,
    text_mean,
    vectors_of_example,
)
from indexer.search.relevance.unrelated import Unrelated
from indexer.search.spans import Span, parse_span
from indexer.search.view import View
from indexer.search.words.asked import without_quotes
from indexer.store.cache import VectorCache
from indexer.store.vectors import VideoVectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


def stored_vectors(
    cache: VectorCache, view: View, video_ids: Sequence[int]
) -> dict[int, VideoVectors]:
    """Give the stored vectors of some videos, of those clips that a view knows."""
    clips = view.clips(view.rows_of(video_ids))
    return cache.videos(
        {
            int(owner): np.sort(clips.ids[clips.video_ids == owner])
            for owner in np.unique(clips.video_ids)
        }
    )


class QueryEncoder:
    """Encodes the queries of one library; threads may share it.

    Args:
        encoder: The encoder that embedded it.
        catalogue: Its catalogue.
        cache: Its stored vectors.
    """

    def __init__(self, encoder: Encoder, catalogue: Catalogue, cache: VectorCache) -> None:
        self._encoder = encoder
        self._catalogue = catalogue
        self._cache = cache
        self._known = KnownExamples()
        self._unrelated: Unrelated | None = None

    def embed(self, query: Query, view: View, reading: Reading = AS_INDEXED) -> QueryVectors:
        """Turn a query into vectors; `view` holds known examples.

        Raises:
            ReelwiseError: The example or the picture cannot be read.
        """
        parts: list[QueryPart] = []
        example: Example | None = None
        if query.words:
            parts.append(self._text_part(without_quotes(query.words)))
        if query.like is not None:
            example = self._like(view, str(query.like), reading)
            parts.append(self._example_part(example, view))
        if query.image is not None:
            read = partial(load_image, query.image, self._encoder)
            example = self._known.get(query.image, (), read)
            parts.append(self._example_part(example, view))
        if query.without and query.without.strip():
            parts.append(self._text_part(query.without.strip(), UNWANTED_WEIGHT))
        if example is not None and len(parts) == 1:
            return vectors_of_example(example)
        if example is not None:
            return QueryVectors(mix(parts)[None], notice=example.notice)
        return QueryVectors(mix(parts)[None], unrelated=self._unrelated_in(view, parts))

    def indexed(self, video_id: int, span: Span | None, view: View, *, name: str) -> Example:
        """Give an indexed video, or a stretch of it, as an example; nothing is decoded.

        Raises:
            ReelwiseError: It is not embedded, its vectors cannot be used, or it has no frame in
                that stretch.
        """
        stored = stored_vectors(self._cache, view, [video_id]).get(video_id)
        if stored is None:
            if video_id in view.videos:
                raise ReelwiseError(
                    f"the stored vectors of {name} are missing or damaged",
                    fix="run reelwise verify --repair, then reelwise index with its folder",
                )
            raise ReelwiseError(
                f"{name} is not embedded with {self._encoder.name}",
                fix="reelwise index FOLDER, then try again",
            )
        return example_of_stored(stored, span, self._encoder, name=name)

    def _unrelated_in(self, view: View, parts: list[QueryPart]) -> Unrelated | None:
        """Unrelated texts for a view, for encoders of which some are known.

        They are asked as the query is: mixed with the same words for what is not wanted, which
        alone lift a clip that is far from those.
        """
        wanted, *unwanted = parts
        known = self._unrelated
        if known is None or known.clips is not view:
            texts = unrelated_texts(self._encoder.name)
            if texts is None:
                return None
            known = self._unrelated = Unrelated(texts, view)
        if not unwanted:
            return known
        return Unrelated(mix([replace(wanted, vector=known.texts), *unwanted]), view)

    def _text_part(self, words: str, weight: float = 1.0) -> QueryPart:
        vector = np.asarray(self._encoder.encode_texts([words])[0], dtype=np.float32)
        return QueryPart(weight, vector, partial(text_mean, self._encoder))

    def _example_part(self, example: Example, view: View) -> QueryPart:
        zero = np.zeros_like(example.whole)
        return QueryPart(1.0, example.whole, lambda: view.mean if view.n_clips else zero)

    def _like(self, view: View, ref: str, reading: Reading) -> Example:
        name, span = parse_span(ref)
        path = Path(name).expanduser()
        # Of an indexed video with the same bytes the vectors are stored already.
        video_id = self._catalogue.files.video_in(path)
        if video_id is not None and video_id in view.videos:
            stored = stored_vectors(self._cache, view, [video_id]).get(video_id)
            if stored is not None:
                return example_of_stored(stored, span, self._encoder, name=path.name)
        rule = self._catalogue.clip_rule
        read = partial(load_example, path, span, self._encoder, reading, rule)
        return self._known.get(path, (span, rule), read)
