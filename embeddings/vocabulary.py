"""Which words of a query an encoder with a small vocabulary of its own has ever seen.

An encoder that learned from a few hundred words answers every other word too, with a vector that
means nothing. Its byte-pair file tells them apart: each word of its captions is a single token.
"""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache

from data.catalogue import Catalogue, LiveVideos
from data.labels.vocabulary import Vocabulary, Word, everyday
from embeddings.backbone.folders import BPE_FILE, folder_of

FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the and or of in on at to from by with is are was be it its this that there then "
        "first into as for up off",
    )
)
"""English words that say nothing about a picture alone; known to every encoder."""

NOT_UNDERSTOOD_SHARE, UNDERSTOOD_SHARE = 0.3, 0.6
"""A query of which so few words are known is not understood, one of which so many are known is;
between them the rest may be the point."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


@dataclass(frozen=True)
class Understood:
    """The words of a query, told apart."""

    known: tuple[str, ...]
    """Words that mean something to the encoder, without function words."""
    unknown: tuple[str, ...]
    """Words that it has never seen, as they were typed."""

    @property
    def weight(self) -> float:
        """How much an answer counts, 0 to 1: by the share of the words that mean something."""
        share = len(self.known) / max(len(self.known) + len(self.unknown), 1)
        above = (share - NOT_UNDERSTOOD_SHARE) / (UNDERSTOOD_SHARE - NOT_UNDERSTOOD_SHARE)
        return min(max(above, 0.0), 1.0)


def understood(encoder_name: str, text: str) -> Understood:
    """Tell apart the words of a text; to an encoder with an open vocabulary all are known."""
    words = tuple(dict.fromkeys(_WORD.findall(text)))
    content = tuple(word for word in words if word.lower() not in FUNCTION_WORDS)
    vocabulary = vocabulary_of(encoder_name)
    if vocabulary is None:
        return Understood(words, ())
    known = tuple(word for word in content if word.lower() in vocabulary)
    return Understood(known, tuple(word for word in content if word not in known))


def toons_only_notice(encoder_name: str, n_videos: int, n_others: int) -> str | None:
    """What to know where an encoder that has seen only our cartoons serves other videos.

    An encoder with a vocabulary of its own learned from cartoons alone. Other videos get vectors
    too, and every query finds the nearest of them: by chance.

    Args:
        encoder_name: The encoder.
        n_videos: The videos that it serves.
        n_others: Those of them that are none of our cartoons.
    """
    if not n_others or not knows_only_toons(encoder_name):
        return None
    return (
        f"{encoder_name} knows only the cartoons that reelwise draws, and {n_others:,} of "
        f"{n_videos:,} videos are none: words find them by chance. Embed them with an encoder "
        "for real videos: reelwise index FOLDER --encoder NAME (names: reelwise encoders)"
    )


def notice_of_library(catalogue: Catalogue, encoder_name: str, encoder_id: str) -> str | None:
    """`toons_only_notice` for the videos that an encoder embedded."""
    if not knows_only_toons(encoder_name):
        return None
    videos = LiveVideos(catalogue, encoder_id)
    return toons_only_notice(encoder_name, len(videos), videos.n_not_toons)


def knows_only_toons(encoder_name: str) -> bool:
    """Whether an encoder learned from our cartoons alone: then its vocabulary is its own."""
    return vocabulary_of(encoder_name) is not None


@lru_cache(maxsize=8)
def vocabulary_of(encoder_name: str) -> frozenset[str] | None:
    """The words that a model folder's byte-pair file holds whole; None where it has no file."""
    folder = folder_of(encoder_name)
    file = folder / BPE_FILE if folder else None
    if file is None or not file.is_file():
        return None
    merges = gzip.decompress(file.read_bytes()).decode().splitlines()[1:]
    symbols = ("".join(line.split()) for line in merges)
    return frozenset(symbol.removesuffix("</w>") for symbol in symbols if symbol.endswith("</w>"))


def words_to_tag(encoder_name: str) -> Vocabulary:
    """The words by which the clips of a library are tagged, where a person names no others.

    An encoder that learned from our cartoons alone knows what their captions say.
    """
    return toon_words() if knows_only_toons(encoder_name) else everyday()


def toon_words() -> Vocabulary:
    """What is drawn in our cartoons, where, and how it moves."""
    from data.toons.actors import MOTIONS
    from data.toons.captions import KIND_WORDS, PLACE_WORDS, motion_words
    from data.toons.places import PLACES
    from data.toons.shapes import KINDS

    words = []
    for kind in KINDS:
        tag, *also = KIND_WORDS.get(kind, (kind,))
        words.append(Word(tag, f"a {tag}", "thing", tuple(also)))
    words += [Word(place, PLACE_WORDS[place][0], "place") for place in PLACES]
    said = [motion_words("", motion) for motion in MOTIONS]
    words += [Word(doing, does, "action") for does, doing in said]
    return Vocabulary("toon", tuple(words))


def toon_captions(n: int = 300) -> list[str]:
    """Captions of cartoons: texts that have nothing to do with most of them."""
    import numpy as np

    from data.toons.scenes import random_scene

    rng = np.random.default_rng(0)
    return [random_scene(rng, held_out=False).caption(rng) for _ in range(n)]
