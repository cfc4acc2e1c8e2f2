"""Explanations of one library, and the same as documents."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from indexer.search.examples.frames import AS_INDEXED, Reading
from ui.library.documents import Document

if TYPE_CHECKING:
    from data.home import Home
    from embeddings.explain.explainer import Explainer
    from indexer.explanation.asked import Asked
    from indexer.explanation.explain import Explained
    from indexer.explanation.pictures import LookedInto
    from indexer.search.query import Query
    from indexer.search.searcher import Searcher


class Explanations:
    """Answers "why this?"; threads may share it.

    Args:
        home: The library.
        searcher: Its searcher.
    """

    def __init__(self, home: Home, searcher: Searcher) -> None:
        self.searcher = searcher
        """Whose answers are explained."""
        self._home = home
        self._explainer: Explainer | None = None
        self._opening = threading.Lock()

    def why(self, asked: Asked, reading: Reading = AS_INDEXED) -> Explained:
        """Which seconds spoke: stored vectors are compared, nothing is decoded.

        Raises:
            ReelwiseError: As `indexer.explanation.explain.explain`.
        """
        from indexer.explanation.explain import explain

        return explain(self.searcher, self._home, asked, reading)

    def look(
        self,
        explained: Explained,
        places: Sequence[int],
        reading: Reading = AS_INDEXED,
        *,
        pictures: bool = True,
    ) -> LookedInto:
        """Which part of some frames spoke: they are decoded, and the encoder is loaded.

        Args:
            explained: The stretch.
            places: Numbers of its frames.
            reading: How long may be decoded, and for whom.
            pictures: Also give the frames as they are shown.

        Raises:
            ReelwiseError: The file is gone, a frame cannot be decoded, or the encoder not loaded.
        """
        from embeddings.explain.opening import occlusion_of, open_explainer
        from indexer.explanation.pictures import Looking, look_into

        encoder = self.searcher.encoder
        with self._opening:
            if self._explainer is None:
                self._explainer = open_explainer(encoder)
        looking = Looking(self._explainer, occlusion_of(encoder), encoder.frame_spec)
        return look_into(explained, looking, places, reading, pictures=pictures)


def question_document(question: Query) -> Document:
    """What was asked, without what was not."""
    return {name: value for name, value in question.as_dict().items() if value}


def explanation_document(
    explained: Explained, question: Document, encoder: str, looked: LookedInto | None
) -> Document:
    """An explanation for programs."""
    explanation = explained.explanation
    document: Document = {
        "video_id": str(explanation.video.id),
        "path": str(explanation.video.path),
        "start_s": round(explanation.start_s, 3),
        "end_s": round(explanation.end_s, 3),
        "question": question | ({"label": explanation.label} if explanation.label else {}),
        "encoder": encoder,
        "unit": explanation.unit,
        **seconds_document(explained),
    }
    if looked is not None:
        document |= {"method": looked.method, "maps": maps_document(explained, looked)}
    return document | {"warnings": list(explanation.warnings)}


def seconds_document(explained: Explained) -> Document:
    """The scores of frames and clips, and the best seconds."""
    explanation = explained.explanation
    return {
        "frames": [
            {"time_s": round(float(time_s), 3), "score": round(float(score), 5)}
            for time_s, score in zip(explanation.times_s, explanation.scores, strict=True)
        ],
        "best": [
            {
                "start_s": round(each.start_s, 3),
                "end_s": round(each.end_s, 3),
                "peak_s": round(each.peak_s, 3),
                "score": round(each.score, 5),
            }
            for each in explanation.best
        ],
        "clips": [
            {
                "start_s": round(each.start_s, 3),
                "end_s": round(each.end_s, 3),
                "score": round(each.score, 5),
                "of_frames": round(each.of_frames, 5),
                "of_order": round(each.of_order, 5),
            }
            for each in explanation.clips
        ],
    }


def maps_document(explained: Explained, looked: LookedInto) -> list[Document]:
    """The map of each frame that was looked into, row by row."""
    explanation = explained.explanation
    return [
        {
            "time_s": round(float(explanation.times_s[place]), 3),
            "score": round(float(explanation.scores[place]), 5),
            "cells": [[round(float(cell), 6) for cell in row] for row in cells],
        }
        for place, cells in zip(looked.places, looked.maps, strict=True)
    ]
