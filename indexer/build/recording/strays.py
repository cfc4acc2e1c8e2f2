"""Vector parts that the catalogue does not know: their videos are taken in without decoding."""

from collections.abc import Iterable
from dataclasses import replace

from data.catalogue import Catalogue
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded
from indexer.store.parts import stray_parts
from indexer.store.vectors import DamagedPart, Origin, VectorStore, VideoVectors


def take_in(catalogue: Catalogue, store: VectorStore, video_ids: Iterable[int]) -> set[int]:
    """Record the vectors that stray parts hold of some videos that have none; gives those videos.

    Their clips get new numbers. A part of which nothing is missing any more is removed. The caller
    holds the writer lock.
    """
    names = stray_parts(catalogue, store)
    if not names:
        return set()
    wanted = {key: each for each, key in catalogue.files.content_keys(video_ids).items()}
    taken: set[int] = set()
    for name in names:
        try:
            read = store.read_stray(name)
        except DamagedPart:
            continue  # `verify` tells of it
        rows = [pair for pair in read if pair is not None]
        found = {wanted[origin.content_key]: (origin, row) for origin, row in rows
                 if origin.content_key in wanted}  # fmt: skip
        new = {each: pair for each, pair in found.items() if each not in taken}
        record_embedded(catalogue, store, [_embedded(each, *pair) for each, pair in new.items()])
        taken |= new.keys()
        if len(rows) == len(read):
            _remove_if_known(catalogue, store, name, {origin.content_key for origin, _ in rows})
    return taken


def _embedded(video_id: int, origin: Origin, row: VideoVectors) -> Embedded:
    return Embedded(replace(row, video_id=video_id), origin.ending)


def _remove_if_known(
    catalogue: Catalogue, store: VectorStore, name: str, content_keys: set[str]
) -> None:
    videos = catalogue.files.known_contents(content_keys)
    stored = catalogue.embeddings.part_of(store.encoder_id, videos.values())
    if len(videos) < len(content_keys) or len(stored) < len(videos):
        return
    # Announced first: only such files are ever removed.
    catalogue.embeddings.reserve(store.encoder_id, name, 0)
    store.path(name).unlink(missing_ok=True)
    catalogue.embeddings.retired([name])
