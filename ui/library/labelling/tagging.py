"""Automatic tags of a library: giving them, and telling them as documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from data.labels.vocabulary import EVERYDAY, TAGS, everyday, read_vocabulary
from ui.library.documents import Document

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from data.catalogue.tagged import TagCount
    from data.labels.trouble import RowTrouble
    from data.labels.vocabulary import Vocabulary, Word
    from embeddings.encoder import Encoder
    from indexer.heads.head import Head
    from indexer.search.keywords import Keyword

Told = Callable[[str], None]
"""Is told what is being done."""


@dataclass(frozen=True)
class TaggedLibrary:
    """What was tagged."""

    head: Head
    """The head that gives the tags."""
    clips: int
    """Clips that were looked at just now; those of before keep what they have."""
    tags: list[TagCount]
    """How often each tag was given, the most frequent first."""
    videos: int
    """Live videos that have a tag."""
    of_videos: int
    """All live videos."""
    troubles: tuple[RowTrouble, ...] = field(default=())
    """Lines of the vocabulary that are no words, or none that the encoder knows."""
    doubled: int = 0
    """Lines whose tag an earlier line has."""


def tag_library(
    catalogue: Catalogue, encoder: Encoder, words: Vocabulary | None, told: Told
) -> TaggedLibrary:
    """Tag all clips of a library; new ones are tagged by the next `index`.

    Args:
        catalogue: The library.
        encoder: Its encoder.
        words: From `read_words`.
        told: Is told what is being done.

    Raises:
        ReelwiseError: Nothing is indexed, or the encoder knows no word.
    """
    from indexer.heads.predicting import bring_up_to_date
    from indexer.heads.tagging import make_tagger

    tagger = make_tagger(catalogue, encoder, words, told)
    predicted = bring_up_to_date(catalogue, told)
    known = catalogue.predictions.heads()[TAGS]
    return TaggedLibrary(
        tagger.head,
        predicted.clips.get(TAGS, 0),
        catalogue.tagged.counts(known),
        catalogue.tagged.count_videos(known),
        catalogue.number_and_length_s()[0],
        tagger.troubles,
        tagger.doubled,
    )


def read_words(given: str | Path | None) -> Vocabulary | None:
    """The words of a file, or those called `everyday`; None for None: what was used last.

    Raises:
        ReelwiseError: The file has no word.
    """
    if given is None:
        return None
    return everyday() if str(given) == EVERYDAY else read_vocabulary(Path(given).expanduser())


def tagged_document(tagged: TaggedLibrary) -> Document:
    """What was tagged, as JSON gives it."""
    labels = tagged.head.record.labels
    return {
        "vocabulary": labels["file"],
        "words": len(tagged.head.classes),
        "encoder_id": tagged.head.encoder_id,
        "clips": tagged.clips,
        "videos": tagged.videos,
        "of_videos": tagged.of_videos,
        "tags": [
            {"tag": each.tag, "videos": each.videos, "clips": each.clips} for each in tagged.tags
        ],
        "failed": len(tagged.troubles),
        "troubles": [{"line": each.line, "reason": each.reason} for each in tagged.troubles],
        "doubled": tagged.doubled,
    }


def keyword_document(keyword: Keyword) -> Document:
    """A key word with its evidence, as JSON gives it."""
    return {
        "text": keyword.text,
        "channel": str(keyword.channel),
        "score": round(keyword.score, 4),
        "start_s": round(keyword.start_s, 3),
        "end_s": round(keyword.end_s, 3),
        "line": keyword.line or None,
        "times": keyword.times,
    }


def tag_document(each: TagCount, word: Word) -> Document:
    """An automatic tag with its kind and its name in German, as JSON gives it."""
    return {
        "tag": each.tag,
        "videos": each.videos,
        "clips": each.clips,
        "kind": word.kind,
        "german": word.german[0] if word.german else None,
    }


def german_names(catalogue: Catalogue) -> dict[str, str]:
    """What tags are called in German, where that is known."""
    from indexer.heads.described import stored_words

    return {word.tag: word.german[0] for word in stored_words(catalogue.home, TAGS) if word.german}


def automatic_tags(catalogue: Catalogue) -> list[tuple[TagCount, Word]]:
    """How often each automatic tag was given, with what is known of its word; none before that."""
    from data.labels.vocabulary import Word
    from indexer.heads.described import stored_words

    head = catalogue.predictions.heads().get(TAGS)
    if head is None or head.encoder_id != catalogue.encoder:
        return []
    words = {word.tag: word for word in stored_words(catalogue.home, TAGS)}
    return [(each, words.get(each.tag, Word(each.tag))) for each in catalogue.tagged.counts(head)]
