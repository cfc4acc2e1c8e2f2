"""Which videos of some segments count: those that the catalogue knows with the same vectors.

An id alone proves nothing: after an older catalogue came back it may have been given out twice. A
part is written once under a name that is never used again, so a video counts in the segment that
was made from the part in which its vectors lie now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Mask
from data.catalogue import Catalogue, ChangeMark, PartsOfVideos
from indexer.store.segments.segment import Segment


@dataclass(frozen=True)
class Live:
    """What counts of some segments, and what is in none of them."""

    videos: tuple[Mask, ...]
    """For each segment (v,): which of its videos count, by place."""
    missing: frozenset[int]
    """Live videos whose vectors lie in none of the segments."""

    @property
    def is_complete(self) -> bool:
        """Whether the segments hold all that is live."""
        return not self.missing

    def dead(self, segments: Sequence[Segment]) -> dict[str, list[int]]:
        """For each segment of a folder the ids of the videos that do not count, ascending."""
        pairs = zip(segments, self.videos, strict=True)
        found = {
            each.name or "": np.sort(each.columns.video_ids[~counts]).tolist()
            for each, counts in pairs
        }
        return {name: ids for name, ids in found.items() if ids}


def live_now(
    catalogue: Catalogue,
    encoder_id: str,
    segments: Sequence[Segment],
    *,
    dead: Mapping[str, Sequence[int]],
    missing: Sequence[int],
    mark: ChangeMark,
) -> Live:
    """Tell what counts of segments now, from what counted when the catalogue was at a mark.

    Only what changed since is looked up; where that is not known, every video is compared.

    Args:
        catalogue: The library.
        encoder_id: Whose vectors the segments hold.
        segments: Those of one publication.
        dead: By segment, the videos that did not count then.
        missing: Live videos that were in none of them then.
        mark: Where the catalogue was.
    """
    changed = catalogue.change_log.changed_since(mark, encoder_id)
    if changed is None:
        return every_live(catalogue, encoder_id, segments)
    masks = [np.ones(each.columns.n_videos, np.bool_) for each in segments]
    for segment, mask in zip(segments, masks, strict=True):
        mask[_places(segment, dead.get(segment.name or "", ()))] = False
    looked_up = changed | frozenset(missing)
    if not looked_up:
        return Live(tuple(masks), frozenset())
    for segment, mask in zip(segments, masks, strict=True):
        mask[_places(segment, looked_up)] = False
    return _matched(catalogue.live_parts(encoder_id, looked_up), segments, masks)


def every_live(catalogue: Catalogue, encoder_id: str, segments: Sequence[Segment]) -> Live:
    """Tell what counts of segments, by comparing every video."""
    masks = [np.zeros(each.columns.n_videos, np.bool_) for each in segments]
    return _matched(catalogue.live_parts(encoder_id), segments, masks)


def _matched(parts: PartsOfVideos, segments: Sequence[Segment], masks: Sequence[Mask]) -> Live:
    """Let each video count in the first segment that was made from its part."""
    elsewhere = np.ones(len(parts.video_ids), np.bool_)
    for segment, mask in zip(segments, masks, strict=True):
        places = segment.columns.places(parts.video_ids)
        known = np.array([segment.part_places.get(name, -1) for name in parts.names], np.int32)
        found = np.flatnonzero((places >= 0) & elsewhere)
        made_from = segment.columns.part_numbers[places[found]]
        here = found[made_from == known[parts.numbers[found]]]
        mask[places[here]] = True
        elsewhere[here] = False
    return Live(tuple(masks), frozenset(parts.video_ids[elsewhere].tolist()))


def _places(segment: Segment, video_ids: Sequence[int] | frozenset[int]) -> NDArray[np.intp]:
    """The places of those videos that a segment holds."""
    places = segment.columns.places(np.fromiter(video_ids, np.int64, len(video_ids)))
    return places[places >= 0]
