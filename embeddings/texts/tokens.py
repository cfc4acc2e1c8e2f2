"""CLIP's byte-pair tokens (Radford et al., 2021), as open_clip's `SimpleTokenizer` gives them.

Importing open_clip for its tokenizer costs a process 5 s of processor time.
"""

import gzip
import html
from itertools import pairwise
from pathlib import Path

import regex

MERGES_READ = 49152 - 256 - 2
"""Merges that are read of a file at most; the published one holds more than CLIP uses."""
START, END = "<start_of_text>", "<end_of_text>"
_WORDS = regex.compile(
    rf"{START}|{END}|'s|'t|'re|'ve|'m|'ll|'d|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+",
    regex.IGNORECASE,
)


class BytePairTokenizer:
    """Texts to token numbers.

    Args:
        merges: The byte-pair file: a gzipped list of merges below a line of its version.
        context_length: Most tokens of a text; longer ones are cut, their last token is the end.
    """

    def __init__(self, merges: Path, context_length: int) -> None:
        lines = gzip.decompress(merges.read_bytes()).decode().split("\n")
        pairs = [tuple(line.split()) for line in lines[1 : MERGES_READ + 1]]
        self._bytes = _printable_bytes()
        symbols = list(self._bytes.values())
        vocabulary = [*symbols, *(f"{symbol}</w>" for symbol in symbols), *map("".join, pairs)]
        self._numbers = {word: n for n, word in enumerate([*vocabulary, START, END])}
        self._ranks = {pair: n for n, pair in enumerate(pairs)}
        self._context_length = context_length

    def tokens(self, text: str) -> list[int]:
        """The numbers of a text's tokens between those of start and end."""
        clean = html.unescape(html.unescape(_mended(text))).strip()
        numbers = [self._numbers[START]]
        for word in _WORDS.findall(" ".join(clean.split()).lower()):
            numbers += [self._numbers[part] for part in self._parts(word)]
        numbers.append(self._numbers[END])
        if len(numbers) > self._context_length:
            numbers = [*numbers[: self._context_length - 1], self._numbers[END]]
        return numbers

    def _parts(self, word: str) -> list[str]:
        """A word in byte pairs: the merge that comes first in the file is made first."""
        if word in (START, END):
            return [word]
        symbols = [self._bytes[byte] for byte in word.encode()]
        parts = [*symbols[:-1], symbols[-1] + "</w>"]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, MERGES_READ))
            if best not in self._ranks:
                break
            parts = _merged(parts, best)
        return parts


def _mended(text: str) -> str:
    """A text without the traces of wrong decoding; there are none in plain ASCII."""
    if text.isascii() and text.isprintable() and "&" not in text:
        return text
    import ftfy  # 0.1 s of processor time

    return ftfy.fix_text(text)


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """The parts with every occurrence of a pair joined, from left to right."""
    out: list[str] = []
    at = 0
    while at < len(parts):
        joined = tuple(parts[at : at + 2]) == pair
        out.append("".join(pair) if joined else parts[at])
        at += 2 if joined else 1
    return out


def _printable_bytes() -> dict[int, str]:
    """A printable character for every byte, in the order of CLIP's vocabulary."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = {byte: chr(byte) for byte in printable}
    characters.update((byte, chr(256 + n)) for n, byte in enumerate(others))
    return characters
