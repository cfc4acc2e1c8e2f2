"""The videos of a library on disk as a table."""

from __future__ import annotations

import numpy as np

from data.catalogue.catalogue import Catalogue
from indexer.search.view import open_view
from recommender.events.videos import VideoTable


def read_video_table(catalogue: Catalogue) -> VideoTable:
    """All videos embedded by the library's encoder; an empty table before the first indexing.

    Raises:
        ReelwiseError: The library's vectors cannot be read.
    """
    encoder_id = catalogue.encoder
    if encoder_id is None:
        return VideoTable(np.zeros(0, np.int64), np.zeros((0, 0), np.float32))
    view = open_view(catalogue.home, catalogue, encoder_id)
    ids, matrix = view.video_matrix
    videos = [view.videos[int(one)] for one in ids]
    return VideoTable(
        ids=ids,
        matrix=matrix,
        titles=[video.title for video in videos],
        paths=[video.path for video in videos],
        added_at=[video.added_at for video in videos],
        durations_s=[video.duration_s for video in videos],
    )
