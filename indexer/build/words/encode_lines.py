"""The pass that turns what lines say into sentence vectors, which the next publication takes up.

It needs no video: it reads stored lines, encodes the texts that no vector is stored for, and stores
the vectors every few seconds. So it goes on where it was stopped, and another sentence encoder
does only this again, beside the old vectors, which are searched until the new ones are complete.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data.catalogue import Catalogue, LiveReadings
from data.errors import ReelwiseError
from embeddings.opening.choice import caption_sentences
from embeddings.plain.layers import Floats
from embeddings.starter.labels import caption_texts
from embeddings.words.sentences import SentenceEncoder
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.parts import PartBuffer
from indexer.store.generations import usable_generation
from indexer.store.lines import Numbers, iter_lines
from indexer.store.meaning.meaning_index import published_meanings
from indexer.store.meaning.passages import digests_of, meant_readings, texts_of_reading
from indexer.store.meaning.sentence_store import SentenceStore

FLUSH_TEXTS = 2_000
"""Texts of one part at most."""


class LineEncoder:
    """Encodes the lines of a library; the caller holds the writer lock.

    Args:
        catalogue: The library.
        sentences: The sentence encoder.
        folder: Its folder; None for the one that comes as a package.
    """

    def __init__(
        self, catalogue: Catalogue, sentences: SentenceEncoder, folder: Path | None = None
    ) -> None:
        self._catalogue = catalogue
        self._sentences = sentences
        self._folder = folder
        self._store = SentenceStore(catalogue.home, sentences.id)

    def encode(self, stop: Interrupt, meter: Meter, on_stored: Callable[[], None]) -> bool:
        """Encode what is not encoded yet; gives whether there is something to publish.

        `on_stored` is called after each flush; may publish.
        """
        catalogue, model_id = self._catalogue, self._sentences.id
        if catalogue.sentence_model is None:
            catalogue.set_sentence_model(model_id, self._folder)
        readings = catalogue.live_readings()
        lacking = np.setdiff1d(meant_readings(readings), self._published())
        if len(lacking):
            self._encode_all(self._missing(readings, lacking), stop, meter, on_stored)
            self._tidy(readings)
        is_other = catalogue.sentence_model != model_id
        if is_other or catalogue.sentence_folder != self._folder:  # the folder may have moved
            catalogue.set_sentence_model(model_id, self._folder)
        return is_other or bool(len(lacking))

    def _published(self) -> Numbers:
        """The readings of which the index in use knows what they mean."""
        try:
            manifest, _ = usable_generation(self._catalogue.home)
        except ReelwiseError:
            manifest = None
        return published_meanings(self._catalogue, manifest, self._sentences.id)

    def _missing(self, readings: LiveReadings, wanted: Numbers) -> list[str]:
        """The texts of some readings that no vector is stored for, each once."""
        self._store_captions()
        texts = list(dict.fromkeys(self._texts(readings, wanted)))
        here = self._store.read().has(digests_of(texts))
        return [text for text, is_known in zip(texts, here, strict=True) if not is_known]

    def _texts(self, readings: LiveReadings, wanted: Numbers) -> Iterator[str]:
        parts = self._catalogue.readings.live_parts(readings.names_of(wanted))
        for reading in iter_lines(self._catalogue.home, parts, wanted, []):
            for some in texts_of_reading(reading):
                yield from some

    def _store_captions(self) -> None:
        """What scores are compared with: captions that have nothing to do with most libraries."""
        digests = digests_of(caption_texts())
        if not self._store.read().has(digests).all():
            self._store.write(digests, caption_sentences(self._sentences))

    def _encode_all(
        self, texts: list[str], stop: Interrupt, meter: Meter, on_stored: Callable[[], None]
    ) -> None:
        meter.begin_pass("encoding lines", len(texts), sum(map(len, texts)))
        buffer = _TextBuffer(self._store)
        try:
            for text in texts:
                buffer.add(text, self._sentences.encode([text])[0])
                meter.now.files_done += 1
                meter.now.bytes_done += len(text)
                meter.report()
                if buffer.is_due:
                    with stop.shielded():
                        buffer.flush()
                    on_stored()
        finally:  # Ctrl-C: what was encoded is kept
            with stop.shielded():
                buffer.flush()

    def _tidy(self, readings: LiveReadings) -> None:
        """Join small parts, and remove vectors of texts that no line says any more.

        All lines are read for the latter, so it waits until half of the texts are of no use: a line
        has two at most.
        """
        self._store.merge()
        live = meant_readings(readings)
        n_lines = int(readings.n_lines[np.isin(readings.numbers, live)].sum())
        n_used = 2 * n_lines + len(caption_texts())
        if self._store.read().n_stored > 2 * n_used:
            self._store.sweep(digests_of([*self._texts(readings, live), *caption_texts()]))


class _TextBuffer(PartBuffer):
    """Encoded texts that wait to be stored."""

    def __init__(self, store: SentenceStore) -> None:
        super().__init__()
        self._store = store
        self._texts: list[str] = []
        self._rows: list[Floats] = []

    @property
    def is_empty(self) -> bool:
        """Whether no text waits."""
        return not self._texts

    @property
    def is_full(self) -> bool:
        """Whether the texts make a part."""
        return len(self._texts) >= FLUSH_TEXTS

    def add(self, text: str, vector: Floats) -> None:
        """Keep a text and its vector for the next flush."""
        self.begin()
        self._texts.append(text)
        self._rows.append(vector)

    def flush(self) -> None:
        """Make them durable."""
        if self._texts:
            self._store.write(digests_of(self._texts), np.stack(self._rows))
        self._texts, self._rows = [], []
