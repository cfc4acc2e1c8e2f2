"""Check an index against the catalogue and against the stored vectors."""

from collections.abc import Iterator

import numpy as np

from data.catalogue import Catalogue, ClipTable
from indexer.store.generations import Generation
from indexer.store.stored_videos import read_clips_of
from indexer.store.vectors import VectorStore

_SAMPLE = 32
_VECTOR_SLACK = 1e-3


def index_problems(catalogue: Catalogue, generation: Generation, *, deep: bool) -> Iterator[str]:
    """Compare what an index says of the clips that count in it with the catalogue.

    Args:
        catalogue: The library's catalogue.
        generation: The index.
        deep: Also compare a sample of its vectors with those that are stored.

    Yields:
        What is wrong, one line each.
    """
    clips = _indexed(catalogue, generation)
    if len(np.unique(clips.ids)) != len(clips):
        yield "the index holds clips twice"
        return
    table = catalogue.clip_table(generation.encoder_id)
    places = np.searchsorted(table.ids, clips.ids)
    known = table.ids[np.minimum(places, len(table) - 1)] == clips.ids if len(table) else ()
    places, known = places[known], np.asarray(known, np.bool_)
    same = np.ones(len(places), np.bool_)
    for name in ("video_ids", "starts_s", "ends_s"):
        same &= getattr(clips, name)[known] == getattr(table, name)[places]
    other = int(np.count_nonzero(~same)) + int(np.count_nonzero(~known))
    if other:
        yield f"the index knows the numbers of {other} clips for other stretches of video"
    wrong = _wrong_vectors(catalogue, generation) if deep else 0
    if wrong:
        yield f"{wrong} of {_SAMPLE} sampled videos have other vectors in the index than stored"


def _indexed(catalogue: Catalogue, generation: Generation) -> ClipTable:
    """The clips that count in an index, by id."""
    live = generation.live(catalogue)
    rows = [
        (each.columns, np.flatnonzero(each.columns.of_rows(videos)))
        for each, videos in zip(generation.segments, live.videos, strict=True)
    ]
    ids = np.concatenate([np.zeros(0, np.int64), *(of.clip_ids[mine] for of, mine in rows)])
    spans = np.concatenate([np.zeros((0, 2)), *(of.spans[mine] for of, mine in rows)])
    owners = np.concatenate(
        [np.zeros(0, np.int64), *(of.video_ids[of.places_of_rows(mine)] for of, mine in rows)]
    )
    order = np.argsort(ids)
    return ClipTable(ids[order], owners[order], spans[order, 0], spans[order, 1])


def _wrong_vectors(catalogue: Catalogue, generation: Generation) -> int:
    """Count the videos of a sample whose clips in the index differ from those stored."""
    store = VectorStore(catalogue.home, generation.encoder_id)
    live = generation.live(catalogue)
    wrong, rng = 0, np.random.default_rng(0)
    for segment, videos in zip(generation.segments, live.videos, strict=True):
        places = rng.permutation(np.flatnonzero(videos))[:_SAMPLE]
        indexed = {each.video_id: each for each in segment.videos(places)}
        read = read_clips_of(catalogue, store, indexed, on_damage=lambda _: None)
        for stored in read:  # damaged parts are reported by `_check_vectors`
            mine = indexed[stored.video_id]
            wrong += not (
                np.array_equal(mine.ids, stored.ids)
                and np.allclose(
                    mine.vectors.astype(np.float32),
                    stored.vectors.astype(np.float32),
                    atol=_VECTOR_SLACK,
                )
            )
    return wrong
