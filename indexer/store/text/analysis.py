"""From text to the terms of the index of words: stems, exact words, and runs without spaces.

Four fields, each with its own terms:

    stem    words, stemmed in the language of their line, then without accents and case
    exact   words as they are written, without case
    inner   letters of scripts that set no spaces (Chinese, Japanese, Thai, ...; Korean as well),
            alone and in pairs; nothing is folded, or all of them would be lost
    run     for text read from pictures only: all letters and digits without any space, in threes,
            since readers lose spaces in capitals ("PLATFORM9CLOSED")
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import regex
from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

_SPACELESS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Bopomofo}"
)
_WORD = regex.compile(
    rf"(?V1)[[\p{{L}}\p{{N}}\p{{M}}]--[{_SPACELESS}]]+(?:['’][[\p{{L}}]--[{_SPACELESS}]]+)*"  # noqa: RUF001
)
_INNER = regex.compile(rf"(?V1)[[{_SPACELESS}]&&[\p{{L}}\p{{N}}\p{{M}}]]+")
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z]+)*")
_LETTER = regex.compile(r"[\p{L}\p{N}\p{M}]")

GRAM = 3
"""Letters of one term of the field `run`."""

_STEMMERS = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish",
    "fr": "french", "de": "german", "el": "greek", "hu": "hungarian", "it": "italian",
    "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_WITHOUT_STOPWORDS = frozenset(("arabic", "greek", "romanian", "tamil", "turkish"))
_CHANGE_BEGINNINGS = frozenset(("ar", "ta"))
"""Languages whose stems may begin with another letter than their word."""
DEFAULT_LANGUAGE = "en"
"""Whose stems are taken where a line's language is not known, or has no stemmer."""


class Word(NamedTuple):
    """A word or run of a text, with its place."""

    text: str
    """As it is written."""
    start: int
    """Place of its first character."""
    is_inner: bool = False
    """Of a script without spaces: any part of it may be a word."""

    @property
    def end(self) -> int:
        """Place after its last character."""
        return self.start + len(self.text)


def words_in(text: str) -> list[Word]:
    """The words of a text, by place."""
    if text.isascii():  # ten times as fast
        return [Word(match[0], match.start()) for match in _PLAIN.finditer(text)]
    found = [Word(match[0], match.start()) for match in _WORD.finditer(text)]
    found += [Word(match[0], match.start(), is_inner=True) for match in _INNER.finditer(text)]
    return sorted(found, key=lambda word: word.start)


@lru_cache(maxsize=200_000)
def exact(word: str) -> str:
    """A word without case, in one Unicode form."""
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")  # noqa: RUF001


@lru_cache(maxsize=200_000)
def folded(word: str) -> str:
    """A word without case and accents."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))


def known_language(language: str) -> str:
    """The language whose stemmer a line gets."""
    return language if language in _STEMMERS else DEFAULT_LANGUAGE


@lru_cache(maxsize=200_000)
def stem(word: str, language: str = "") -> str:
    """The stem of a word, without accents; other forms of the word have the same.

    A stem that is a function word itself is none: German rules make `und` of `under`.
    """
    plain = exact(word).split("'")[0] if "'" in exact(word) else exact(word)
    known = known_language(language)
    stems = _stemmer(_STEMMERS[known]).analyze(plain)
    if not stems or is_function_word(stems[0], frozenset((known,))):
        return folded(plain)
    return folded(stems[0])


def may_begin(word: str, language: str, initials: frozenset[str]) -> bool:
    """Whether the stem of a word may begin with one of some letters; a tenth of stemming it.

    Stemmers take endings away, but for those of `_CHANGE_BEGINNINGS`.
    """
    return language in _CHANGE_BEGINNINGS or folded(word[:1])[:1] in initials


@cache
def _stemmer(name: str) -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer(name)).build()


@lru_cache(maxsize=20_000)
def is_function_word(word: str, languages: frozenset[str]) -> bool:
    """Whether a word says nothing by itself in one of some languages (`the`, `und`, `de`)."""
    names = {_STEMMERS[known_language(language)] for language in languages}
    usual = names - _WITHOUT_STOPWORDS
    return any(not _stopwords(name).analyze(exact(word)) for name in usual)


@cache
def _stopwords(name: str) -> TextAnalyzer:
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stopword(name)).build()


def inner_terms(run: str) -> list[str]:
    """The pairs of letters of a run in a row, for a phrase; a single letter is itself."""
    if len(run) == 1:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def without_spaces(text: str) -> str:
    """All letters and digits of a text in a row, without case and accents."""
    return folded("".join(_LETTER.findall(text)))


def run_terms(run: str) -> list[str]:
    """The threes of letters of a run, for a phrase; none where it is shorter."""
    return [run[at : at + GRAM] for at in range(len(run) - GRAM + 1)]


@dataclass(frozen=True)
class Fields:
    """The terms of one line, each field with single spaces between them."""

    stem: str
    exact: str
    inner: str
    run: str


_APART = "\x01"
"""Between two runs, so that no phrase reaches over both."""


def fields_of(text: str, language: str, *, is_read: bool) -> Fields:
    """The terms of a line; `is_read` from a picture, so that spaces may be missing."""
    words = words_in(text)
    spaced = [word.text for word in words if not word.is_inner]
    inner = [_inner_of(word.text) for word in words if word.is_inner]
    return Fields(
        stem=" ".join(stem(word, language) for word in spaced),
        exact=" ".join(exact(word) for word in spaced),
        inner=f" {_APART} ".join(inner),
        run=" ".join(run_terms(without_spaces(text))) if is_read else "",
    )


def _inner_of(run: str) -> str:
    """Pairs at each place, then single letters apart from them."""
    pairs = inner_terms(run) if len(run) > 1 else []
    return " ".join([*pairs, _APART, *dict.fromkeys(run)])


def stems_in(word: str, languages: Iterable[str]) -> list[str]:
    """The different stems that a word may have in lines of some languages."""
    return list(dict.fromkeys(stem(word, language) for language in (*languages, "")))


def is_phrase_of(phrase: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words of a phrase stand in a row among others."""
    n = len(phrase)
    return any(list(words[at : at + n]) == list(phrase) for at in range(len(words) - n + 1))
