"""Reading the stored vectors of some videos, in whichever parts they lie."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from data.catalogue import Catalogue
from indexer.store.vectors import DamagedPart, VectorStore, VideoClips, VideoVectors


def read_videos(
    catalogue: Catalogue,
    store: VectorStore,
    video_ids: Sequence[int],
    *,
    on_damage: Callable[[DamagedPart], None] | None = None,
) -> Iterator[VideoVectors]:
    """Read the valid stored vectors of some videos, part by part; videos without any are left out.

    `on_damage` is told of each part that cannot be read, and the videos in it are left out.

    Raises:
        DamagedPart: A part is missing or damaged, and there is no `on_damage`.
    """
    by_part: dict[tuple[str, str], set[int]] = {}
    for video_id, part in catalogue.embeddings.part_of(store.encoder_id, video_ids).items():
        by_part.setdefault((part.name, part.sha256), set()).add(video_id)
    for (name, sha256), wanted in by_part.items():
        try:
            yield from store.read_part(name, sha256, wanted)
        except DamagedPart as error:
            if on_damage is None:
                raise
            on_damage(error)


def read_clips_of(
    catalogue: Catalogue,
    store: VectorStore,
    video_ids: Iterable[int],
    *,
    on_damage: Callable[[frozenset[int]], None],
) -> Iterator[VideoClips]:
    """Read the valid stored clips of some videos, part by part.

    `on_damage` is told of the videos whose part cannot be read.
    """
    by_part: dict[str, tuple[str, set[int]]] = {}
    for video_id, part in catalogue.embeddings.part_of(store.encoder_id, video_ids).items():
        by_part.setdefault(part.name, (part.sha256, set()))[1].add(video_id)
    for name, (sha256, wanted) in by_part.items():
        try:
            yield from store.read_clips(name, sha256, frozenset(wanted))
        except DamagedPart:
            on_damage(frozenset(wanted))


def clips_without_pictures(
    catalogue: Catalogue, store: VectorStore, video_ids: Iterable[int]
) -> dict[int, int]:
    """How many clips those of some videos have that were stored without small frames.

    Videos whose part cannot be read are left out.
    """
    by_part: dict[tuple[str, str], set[int]] = {}
    for video_id, part in catalogue.embeddings.part_of(store.encoder_id, video_ids).items():
        by_part.setdefault((part.name, part.sha256), set()).add(video_id)
    found: dict[int, int] = {}
    for (name, sha256), wanted in by_part.items():
        with suppress(DamagedPart):
            counts = store.read_pictureless(name, sha256)
            found |= {key: counts[key] for key in wanted & counts.keys()}
    return found
