"""When a run publishes an index generation, and which encoder's vectors are served."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from data.catalogue import MAX_ATTEMPTS, Catalogue
from data.errors import ReelwiseError
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.store.generations import Generation, open_generation
from indexer.store.parts import lost_parts
from indexer.store.published import note_nothing
from indexer.store.publishing import is_merge_due, publish
from indexer.store.segments.building import building_of, suits
from indexer.store.segments.merging import MERGED_AT_ONCE

if TYPE_CHECKING:
    from embeddings.encoder import Encoder
    from indexer.store.rows.row_index import CellTrainer

PUBLISH_EVERY_S = 300.0
"""A long run publishes what it has at most this often; searches find unpublished clips as well."""


class Publisher:
    """Publishes the vectors of one encoder during and after a run; `trainer` is on a GPU."""

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        stop: Interrupt,
        meter: Meter,
        trainer: CellTrainer | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._encoder = encoder
        self._stop = stop
        self._meter = meter
        self._trainer = trainer
        self._published_s = time.monotonic()
        self._took_s = 0.0
        self.unreadable: set[int] = set()
        """Videos whose vector part is missing or cut, or was damaged where it had to be read."""

    def serve_if_first(self) -> None:
        """Serve this encoder where the library has none yet."""
        if self._catalogue.encoder is None:
            note_nothing(self._catalogue.home)
            self._serve()

    def publish_if_due(self) -> None:
        """Publish now and then during a long run."""
        waited_s = time.monotonic() - self._published_s
        # Publishing costs more as the library grows; it may take a twentieth of the time at most.
        if waited_s >= max(PUBLISH_EVERY_S, 20 * self._took_s) and self._is_served():
            with self._stop.shielded():
                self._publish()

    def finish(self, *, changed: bool) -> bool:
        """Publish what is stored; serve a new encoder once it has all that the old one had.

        Gives False while an older encoder is still served.
        """
        if not (self._is_served() or self._has_all()):
            return False
        generation = self._up_to_date()
        if changed or not self._is_served() or generation is None:
            with self._stop.shielded():
                generation = self._publish()
        # Merging takes minutes in a large library, and may be cut short: all is published already.
        while is_merge_due(generation, self._catalogue):
            before, generation = generation, self._publish(merged_at_once=None)
            if generation.has_segments_of(before):
                break  # what it takes to merge them is damaged
        if not self._is_served():
            self._serve()
        return True

    def _publish(self, merged_at_once: int | None = MERGED_AT_ONCE) -> Generation:
        began_s = time.monotonic()
        before = self._meter.now.phase
        self._meter.enter("publishing")
        generation = publish(
            self._catalogue.home,
            self._catalogue,
            self._encoder.id,
            building=building_of(self._catalogue, self._trainer),
            merged_at_once=merged_at_once,
        )
        lost = lost_parts(self._catalogue, self._encoder.id)
        embeddings = self._catalogue.embeddings
        self.unreadable |= generation.unreadable
        self.unreadable |= embeddings.videos_in(self._encoder.id, lost)
        for engine_id, videos in generation.unreadable_lines.items():
            self._catalogue.readings.forget(engine_id, videos)  # the next run reads them again
        self._meter.enter(before)
        self._published_s = time.monotonic()
        self._took_s = self._published_s - began_s
        return generation

    def _serve(self) -> None:
        weights = getattr(self._encoder, "weights", None)
        self._catalogue.set_encoder(self._encoder.id, self._encoder.name, weights)

    def _is_served(self) -> bool:
        return self._catalogue.encoder == self._encoder.id

    def _has_all(self) -> bool:
        served = {video.id for video in self._catalogue.videos(self._catalogue.encoder)}
        missing = {
            each.video_id
            for each in self._catalogue.embeddings.missing(self._encoder.id, retry_failed=True)
            if each.attempts < MAX_ATTEMPTS
        }
        return not served & missing

    def _up_to_date(self) -> Generation | None:
        """The published generation, where a publication would change nothing."""
        try:
            generation = open_generation(self._catalogue.home)
        except ReelwiseError:
            return None  # the vectors are the truth: a publication makes it anew
        if generation is None or generation.warning is not None:
            return None
        if generation.encoder_id != self._encoder.id:
            return None
        building = building_of(self._catalogue, self._trainer)
        suited = all(suits(each, building) for each in generation.segments)
        return generation if suited and generation.is_up_to_date(self._catalogue) else None
