"""The pass that turns what lines say into sentence vectors, which the next publication takes up.

It needs no video: it reads stored lines, encodes the texts that no vector is stored for, and stores
the vectors every few seconds. So it goes on where it was stopped, and another sentence encoder
does only this again, beside the old vectors, which are searched until the new ones are complete.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data.catalogue import Catalogue
from embeddings.choice import caption_sentences
from embeddings.layers import Floats
from embeddings.starter.labels import caption_texts
from embeddings.words.sentences import SentenceEncoder
from indexer.build.interrupt import Interrupt
from indexer.build.progress import Meter
from indexer.build.recording.parts import PartBuffer
from indexer.store.generations import meant_in_current
from indexer.store.lines import Numbers, lines_of_parts
from indexer.store.meaning.meaning_index import meant_readings, texts_of
from indexer.store.meaning.passages import digests_of
from indexer.store.meaning.sentence_store import MOST_PARTS, SentenceStore

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
        live = meant_readings(catalogue.readings.parts())
        lacking = np.setdiff1d(live, meant_in_current(catalogue.home, model_id))
        if len(lacking):
            self._encode_all(self._missing(lacking), stop, meter, on_stored)
            self._tidy()
        is_other = catalogue.sentence_model != model_id
        if is_other or catalogue.sentence_folder != self._folder:  # the folder may have moved
            catalogue.set_sentence_model(model_id, self._folder)
        return is_other or bool(len(lacking))

    def _missing(self, wanted: Numbers) -> list[str]:
        """The texts of some readings that no vector is stored for, each once."""
        self._store_captions()
        known = self._store.read()
        texts = dict.fromkeys(self._texts(wanted))
        here = known.rows(digests_of(list(texts)))[1]
        return [text for text, is_known in zip(texts, here, strict=True) if not is_known]

    def _texts(self, wanted: Numbers) -> Iterator[str]:
        for part in self._catalogue.readings.parts():
            for reading in lines_of_parts(self._catalogue.home, [part], wanted)[0]:
                for some in texts_of(reading):
                    yield from some

    def _store_captions(self) -> None:
        """What scores are compared with: captions that have nothing to do with most libraries."""
        digests = digests_of(caption_texts())
        if not self._store.read().rows(digests)[1].all():
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

    def _tidy(self) -> None:
        """Join the parts, and remove vectors of texts that no line says any more.

        All lines are read for it, so it waits until there are many parts.
        """
        if len(self._store.parts()) <= MOST_PARTS:
            return
        live = meant_readings(self._catalogue.readings.parts())
        texts = [*self._texts(live), *caption_texts()]
        self._store.tidy(np.unique(digests_of(texts)))


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
