"""Key words of a video: its tags and the words of its lines, each with the place that shows it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from data.catalogue import Catalogue
from data.labels.vocabulary import TAGS
from data.lines import Channel, Line
from indexer.search.words.word_index import WordIndex
from indexer.store.lines import lines_of_video
from indexer.store.text.analysis import (
    exact,
    is_function_word,
    known_language,
    stem,
    words_in,
)

MOST_TAGS = 8
"""Tags of a video that are given at most."""
MOST_WORDS = 8
"""The same of words of its lines."""
SPOKEN = frozenset((Channel.SPEECH, Channel.SUBTITLE, Channel.SCREEN))
"""Channels whose words are told; titles and folders say of themselves what they say."""
SHORTEST = 3
"""Letters of a word that says something."""

SMALL_WORDS = frozenset(
    re.findall(
        r"\S+",
        "about above after again all also always any anyone anything are around away back "
        "because been before being below between both but came can can't come could did "
        "didn't does doesn't doing don't done down each else even ever every from further get "
        "getting give goes going gone got had has have having her here hers him his how i'd "
        "i'll i'm i've into isn't it'll it's its just know let let's like little long made "
        "make many may maybe mean might more most much must near never next not nothing now "
        "off okay once one only onto other our out over own perhaps please put quite rather "
        "really right said same say see seem she should since some something still such sure "
        "take tell than that's their them then there there's these they they're thing things "
        "think those though three through till too toward two under until upon use used using "
        "very want was wasn't way we'll we're we've well went were what when where which "
        "while who whole whom why will within without won't would yeah yes yet you you'll "
        "you're you've your yours ",
    )
)
"""English words that say little by themselves, beside those that the index of words knows."""


@dataclass(frozen=True)
class Keyword:
    """A word for a video, with its evidence: the moment or the line that shows it best."""

    text: str
    """The tag, or the word as it is written most often."""
    channel: Channel
    """`tag` where it was seen in the picture, else the channel of the line."""
    score: float
    """Probability of a tag, 0 to 1; weight of a word, 1 for the weightiest."""
    start_s: float
    """Start of the moment, or of the line."""
    end_s: float
    """End of it."""
    line: str = ""
    """The line; empty for a tag."""
    times: int = 1
    """How often the word is said and written; 1 for a tag."""


@dataclass
class _Said:
    """A word of the lines of one video."""

    line: Line
    times: int = 0
    spellings: Counter[str] = field(default_factory=Counter)


def tags_of(catalogue: Catalogue, video_ids: Iterable[int]) -> dict[int, list[Keyword]]:
    """The automatic tags of some videos, the strongest first; those without any are left out."""
    head = catalogue.predictions.heads().get(TAGS)
    if head is None or head.encoder_id != catalogue.encoder:
        return {}
    return {
        video: [
            Keyword(each.tag, Channel.TAG, each.score, each.start_s, each.end_s)
            for each in tags[:MOST_TAGS]
        ]
        for video, tags in catalogue.tagged.of(head, video_ids).items()
    }


def key_words_of(catalogue: Catalogue, words: WordIndex, video_id: int) -> list[Keyword]:
    """The words of a video's lines that tell it from the library, the weightiest first.

    A word weighs (1 + ln n) * ln((N + 1) / (m + 1)), where n is how often the video says it, N the
    number of lines in the library and m those that hold it (Salton & Buckley, 1988).
    """
    said = _said(lines_of_video(catalogue, video_id))
    weights = {key: _weight(each.times, key, words) for key, each in said.items()}
    best = sorted(weights, key=lambda key: (-weights[key], said[key].line.start_s))[:MOST_WORDS]
    most = weights[best[0]] if best else 1.0
    return [_keyword(said[key], weights[key] / most) for key in best if weights[key] > 0]


def _said(lines: Sequence[Line]) -> Mapping[str, _Said]:
    said: dict[str, _Said] = {}
    for line in lines:
        if line.channel not in SPOKEN:
            continue
        language = known_language(line.language)
        for word in words_in(line.text):
            if _says_nothing(word.text, language, is_inner=word.is_inner):
                continue
            each = said.setdefault(stem(word.text, language), _Said(line))
            each.times += 1
            each.spellings[word.text] += 1
    return said


def _says_nothing(word: str, language: str, *, is_inner: bool) -> bool:
    if is_inner:
        return True  # where one word ends and the next begins is not known
    if (
        len(word) < SHORTEST
        or exact(word) in SMALL_WORDS
        or any(letter.isdigit() for letter in word)
    ):
        return True
    return is_function_word(exact(word), frozenset((language, "en")))


def _weight(times: int, key: str, words: WordIndex) -> float:
    holding = sum(index.n_with("stem", key) for index in words.indexes)
    return (1 + math.log(times)) * math.log((words.n_lines + 1) / (holding + 1))


def _keyword(said: _Said, score: float) -> Keyword:
    line, text = said.line, said.spellings.most_common(1)[0][0]
    return Keyword(text, line.channel, score, line.start_s, line.end_s, line.text, said.times)
