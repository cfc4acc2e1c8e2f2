"""How far the meanings of lines have come, and what is wrong with them."""

from dataclasses import dataclass

import numpy as np

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from embeddings.words.sentences import check_sentences
from indexer.store.lines import Numbers
from indexer.store.meaning.passages import MEANT_CHANNELS


@dataclass(frozen=True)
class MeaningState:
    """What can be found by its meaning."""

    model: str | None
    """The sentence encoder that serves; None where nothing was encoded yet."""
    lines: int
    """Lines that can be found so."""
    pending: int
    """Lines that are to be encoded."""
    off: str | None
    """Why no line is encoded, for a person; None where the encoder is here."""

    @property
    def warning(self) -> str | None:
        """What is wrong, for a person; None where nothing is."""
        if self.model is None or self.lines + self.pending == 0:
            return None
        if self.off is not None:
            return f"what lines mean is not searched: {self.off}"
        if self.lines == 0:
            return (
                f"none of {self.pending:,} lines can be found by what it means; run reelwise index "
                "with the library's folders"
            )
        return None


def meaning_state(catalogue: Catalogue, published: Numbers) -> MeaningState:
    """Tell how far the meanings of a library have come.

    Args:
        catalogue: The library.
        published: (r,) readings in the index of meanings that is used, ascending.
    """
    readings = catalogue.live_readings()
    meant = readings.in_channels(MEANT_CHANNELS)
    n_lines = readings.n_lines[meant]
    here = np.isin(readings.numbers[meant], published)
    off = None
    try:
        check_sentences(catalogue.sentence_folder)
    except ReelwiseError as error:
        off = f"{error.problem}; {error.fix}"
    lines, pending = int(n_lines[here].sum()), int(n_lines[~here].sum())
    return MeaningState(catalogue.sentence_model, lines, pending, off)
