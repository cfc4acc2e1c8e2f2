"""Cut videos into other clips from their stored frames: nothing is decoded, no picture is encoded.

Each video keeps its old clips until its new ones are committed with their part, so it can be found
at any time. What is left after a kill is what still has another rule in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.catalogue import Catalogue, Part
from data.video.clips.borders import SampledVideo
from data.video.clips.rule import ClipRule
from data.video.types import Ending
from indexer.build.cutting import Encoded, cut_videos
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.record import FlushBuffer
from indexer.store.vectors import DamagedPart, VectorStore, VideoVectors

if TYPE_CHECKING:
    from embeddings.encoder import Encoder


@dataclass
class Recut:
    """What became of the videos that had other clips."""

    videos: int = 0
    """Videos with new clips."""
    clips: int = 0
    """Their clips."""
    without_keyframes: list[int] = field(default_factory=list)
    """Videos that keep their old clips: their key frames, which the rule needs, are not stored."""
    unreadable: list[int] = field(default_factory=list)
    """Videos that keep their old clips: their stored vectors are damaged."""


def recut(
    catalogue: Catalogue,
    encoder: Encoder,
    stop: Interrupt,
    meter: Meter,
    on_stored: Callable[[], None] = lambda: None,
) -> Recut:
    """Give every live video whose clips were cut by another rule than the library's new ones.

    The caller holds the writer lock. `on_stored` is called after each flush; may publish.
    """
    rule = catalogue.clip_rule
    others = catalogue.embeddings.cut_otherwise(encoder.id, rule.text)
    done = Recut()
    if not others:
        return done
    store = VectorStore(catalogue.home, encoder.id)
    buffer = FlushBuffer(catalogue, store)
    meter.begin_pass("cutting clips", len(others), len(others))

    def flush() -> None:
        with stop.shielded():
            stored = [each for each in buffer.flush() if each.ending.state != "failed"]
        done.videos += len(stored)
        done.clips += sum(len(each.vectors.clips) for each in stored)

    try:
        for videos in _by_part(catalogue, store, others, done):
            able = _that_can_be(videos, rule, done)
            for embedded in cut_videos(able, encoder, rule) if able else ():
                buffer.add(embedded)
            meter.now.files_done += len(videos)
            meter.now.bytes_done += len(videos)
            meter.report()
            if buffer.is_due:
                flush()
                on_stored()
    finally:  # Ctrl-C: what was cut is kept
        flush()
    return done


def _by_part(
    catalogue: Catalogue, store: VectorStore, others: dict[int, Ending], done: Recut
) -> Iterator[list[Encoded]]:
    """The stored frames of some videos, part by part."""
    by_part: dict[str, tuple[Part, set[int]]] = {}
    for video_id, part in catalogue.embeddings.part_of(store.encoder_id, others).items():
        by_part.setdefault(part.name, (part, set()))[1].add(video_id)
    for part, wanted in by_part.values():
        try:
            rows = store.read_with_origins(part.name, part.sha256)
        except DamagedPart:
            done.unreadable += sorted(wanted)
            continue
        yield [
            _encoded(row, origin.ending if origin is not None else others[row.video_id])
            for row, origin in rows
            if row.video_id in wanted
        ]


def _encoded(stored: VideoVectors, ending: Ending) -> Encoded:
    footage = SampledVideo(
        times_s=stored.frame_times_s,
        frames=stored.frames,
        end_s=float(stored.clip_spans[:, 1].max()),
        cuts_s=stored.cuts_s,
        keyframes_s=stored.keyframes_s,
    )
    frames = stored.frames.astype(np.float32)
    return Encoded(stored.video_id, ending, footage, frames, stored.small_frames)


def _that_can_be(videos: list[Encoded], rule: ClipRule, done: Recut) -> list[Encoded]:
    """The videos that the rule can cut."""
    if not rule.needs_keyframes:
        return videos
    unknown = [each.video_id for each in videos if each.footage.keyframes_s is None]
    done.without_keyframes += unknown
    return [each for each in videos if each.video_id not in unknown]
