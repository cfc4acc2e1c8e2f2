"""The stored vectors of the videos of a set: their clips, their means, and parts of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats, Ids, Mask
from data.catalogue import Catalogue
from data.text_sets.didemo import N_SEGMENTS, SEGMENT_S
from data.text_sets.text_set import SetVideo, Times
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import Half, VectorStore, VideoVectors
from indexer.texts.known import KnownVideos
from indexer.texts.moments import candidates

FRAME_SHARE = 0.5
"""Weight of the frames of a part beside its clips, as `indexer.search.inside` has it."""

PARTS = candidates(N_SEGMENTS)
"""The parts that DiDeMo tells apart."""
_NOTHING = np.zeros((0, 1), np.float32)


@dataclass(frozen=True)
class SetVectors:
    """Videos with vectors, in the order of the set."""

    places: Ids
    """(v,) place of each in the set."""
    rows: Ids
    """(s,) for each video of the set its row here; -1 where it has no vectors."""
    clips: Floats
    """(m, d) unit rows: the clips of the first video, then those of the next."""
    firsts: Ids
    """(v,) row of each video's first clip."""
    means: Floats
    """(v, d) unit rows: the mean of the clips of each."""
    parts: dict[int, Floats]
    """By row of a video that parts were wanted of, (21, d): its `PARTS`."""

    def __len__(self) -> int:
        return len(self.places)

    def best_clips(self, texts: Floats) -> Floats:
        """(q, v) score of the clip of each video that is nearest to each of some texts (q, d)."""
        return np.maximum.reduceat(texts @ self.clips.T, self.firsts, axis=1)

    def whole(self, texts: Floats) -> Floats:
        """(q, v) cosines of texts (q, d) with the means."""
        return np.asarray(texts @ self.means.T, np.float32)


def set_vectors(
    catalogue: Catalogue,
    videos: Sequence[SetVideo],
    known: KnownVideos,
    wanted: Collection[int],
) -> SetVectors:
    """Read the vectors of a set.

    Args:
        catalogue: The library.
        videos: Those of the set.
        known: Which of them the library has.
        wanted: Places of videos to give the vectors of parts of.
    """
    encoder_id = catalogue.encoder
    assert encoder_id is not None
    store = VectorStore(catalogue.home, encoder_id)
    by_id: dict[int, list[int]] = {}
    for place, video_id in enumerate(known.ids):
        if video_id is not None:
            by_id.setdefault(video_id, []).append(place)
    clips: dict[int, Floats] = {}
    parts: dict[int, Floats] = {}
    for video in read_videos(catalogue, store, list(by_id), on_damage=lambda _: None):
        for place in by_id[video.video_id] if len(video.clips) else ():
            clips[place] = video.clips[clips_before(video, videos[place].end_s)].astype(np.float32)
            if place in wanted:
                parts[place] = np.stack([part_vector(video, each) for each in PARTS])
    places = sorted(clips)
    counts = [len(clips[place]) for place in places]
    rows = np.full(len(videos), -1, np.int64)
    rows[places] = np.arange(len(places))
    means = [_unit_mean(clips[place]) for place in places]
    return SetVectors(
        np.array(places, np.int64),
        rows,
        np.concatenate([clips[place] for place in places] or [_NOTHING]),
        np.cumsum([0, *counts[:-1]]).astype(np.int64),
        np.stack(means) if means else _NOTHING,
        {int(rows[place]): each for place, each in parts.items()},
    )


def clips_before(video: VideoVectors, end_s: float | None) -> Mask:
    """(m,) the clips whose middle lies before an end; the first one at least."""
    middles_s = video.clip_spans.mean(axis=1)
    kept = np.full(len(middles_s), True) if end_s is None else middles_s < end_s
    return np.asarray(kept if kept.any() else middles_s == middles_s.min(), np.bool_)


def part_vector(video: VideoVectors, part: Times) -> Floats:
    """(d,) the mean of a part's frames beside the mean of its clips, as search weighs them."""
    start_s, end_s = part[0] * SEGMENT_S, (part[1] + 1) * SEGMENT_S
    middle_s = (start_s + end_s) / 2
    middles_s = video.clip_spans.mean(axis=1)
    inside = (middles_s >= start_s) & (middles_s < end_s)
    if not inside.any():
        starts_s, ends_s = video.clip_spans.T
        overlaps_s = np.minimum(ends_s, end_s) - np.maximum(starts_s, start_s)
        inside = np.arange(len(middles_s)) == overlaps_s.argmax()
    times_s = video.frame_times_s
    seen = (times_s >= start_s) & (times_s < end_s)
    if not seen.any():
        seen = np.arange(len(times_s)) == np.abs(times_s - middle_s).argmin()
    of_clips, of_frames = _unit_mean(video.clips[inside]), _unit_mean(video.frames[seen])
    return np.asarray((1 - FRAME_SHARE) * of_clips + FRAME_SHARE * of_frames, np.float32)


def _unit_mean(rows: Floats | Half) -> Floats:
    mean = rows.astype(np.float32).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
