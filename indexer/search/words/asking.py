"""Asking lines: by their words, and by what they mean where the sentence encoder is here."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from data.lines import Channel
from embeddings.words.codes import is_code
from embeddings.words.sentences import SentenceEncoder, shared_sentences
from indexer.search.words.asked import quoted_phrases
from indexer.search.words.found import FoundWords
from indexer.search.words.meaning import Meanings, with_meanings
from indexer.search.words.rarity import ask
from indexer.search.words.word_index import WordIndex
from indexer.search.words.words import FETCHED, find_words
from indexer.store.meaning.passages import MEANT_CHANNELS

LINES_PER_HIT = 2
"""Lines that are looked at for each hit that is wanted: some belong to one moment."""

OpenSentences = Callable[[Path | None], SentenceEncoder]
"""Opens the sentence encoder of a folder; for None the one that comes as a package."""


NOT_READ = {
    Channel.SPEECH: "speech is not transcribed here: reelwise index FOLDER --speech auto",
    Channel.SCREEN: "text on the screen is not read here: reelwise index FOLDER --screen-text auto",
}
"""What is told where one of these was asked for by name and the library does not read it."""


def not_read(asked: AbstractSet[Channel], read: AbstractSet[Channel]) -> list[str]:
    """What cannot be found, whatever the words: channels asked for that the library never read."""
    return [told for channel, told in NOT_READ.items() if channel in asked - read]


@dataclass(frozen=True)
class LinesAsked:
    """The lines of a view, and what encodes a query for them."""

    words: WordIndex
    """The lines by their words."""
    meanings: Meanings | None
    """The lines by what they mean; None where that is not known of any."""
    sentence_folder: Path | None = None
    """The folder of the sentence encoder; None for the package."""
    open_sentences: OpenSentences = shared_sentences
    """Opens it when it is first needed."""

    def find(
        self,
        text: str,
        channels: AbstractSet[Channel],
        videos: AbstractSet[int] | None,
        *,
        k: int = 10,
    ) -> tuple[list[FoundWords], tuple[str, ...]]:
        """The lines that are about a text, the best first, and what went wrong.

        Args:
            text: The query. What stands in quotation marks has to be there word by word, so then
                no line counts for what it means.
            channels: Only lines of these.
            videos: Only lines of these videos; None takes all.
            k: Hits that are wanted: so many lines at least are looked at.
        """
        fetched = max(FETCHED, LINES_PER_HIT * k)
        asked = ask(text, self.words)
        found = find_words(asked, self.words, channels=channels, videos=videos, fetched=fetched)
        if self.meanings is None or not channels & MEANT_CHANNELS or quoted_phrases(text):
            return found, ()
        try:
            sentences = self._sentences(self.meanings)
            vector = sentences.encode([text])[0]
        except ReelwiseError as error:
            return found, (f"what lines mean is not searched: {error.problem}; {error.fix}",)

        def says_something(line: str) -> bool:
            return not is_code(line, sentences.knows)

        meant = self.meanings.find(vector, channels, videos, says_something=says_something)
        return with_meanings(found, meant), ()

    def _sentences(self, meanings: Meanings) -> SentenceEncoder:
        """The sentence encoder by which the lines were encoded.

        Raises:
            ReelwiseError: It is not here.
        """
        sentences = self.open_sentences(self.sentence_folder)
        if sentences.id != meanings.model_id:
            raise ReelwiseError(
                "the sentence encoder that is here is not the one that encoded the lines",
                fix="run reelwise index with the library's folders: they are encoded again",
            )
        return sentences
