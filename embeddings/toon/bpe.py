"""A small byte-pair vocabulary learnt from captions, in the file format that open_clip reads.

A full CLIP vocabulary would fill the embedded model: 49,408 rows for a few hundred words.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from data.durable import write_atomic

Pair = tuple[str, str]


def learn_merges(texts: Iterable[str], *, most: int) -> list[Pair]:
    """Byte-pair merges, most frequent first (Sennrich et al., ACL 2016, algorithm 1).

    Args:
        texts: The corpus; letters a-z count, anything else parts words.
        most: Stop after this many merges.

    Returns:
        Pairs of symbols; the last symbol of a word ends in `</w>`, as open_clip writes it.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(re.findall("[a-z]+", text.lower()))
    words = {w: [*w[:-1], w[-1] + "</w>"] for w in counts}
    merges: list[Pair] = []
    while len(merges) < most:
        pairs: Counter[Pair] = Counter()
        for word, symbols in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {word: _merge(symbols, best) for word, symbols in words.items()}
    return merges


def _merge(symbols: list[str], pair: Pair) -> list[str]:
    out: list[str] = []
    for symbol in symbols:
        if out and (out[-1], symbol) == pair:
            out[-1] += symbol
        else:
            out.append(symbol)
    return out


def vocabulary_size(merges: list[Pair]) -> int:
    """Rows of the token table: 256 bytes, 256 bytes that end a word, the merges, two marks."""
    return 512 + len(merges) + 2


def save_merges(path: Path, merges: list[Pair]) -> None:
    """Write the gzip file that open_clip's `SimpleTokenizer` reads; the same bytes each time."""
    lines = ["#version: reelwise", *(" ".join(pair) for pair in merges)]
    write_atomic(path, gzip.compress("\n".join(lines).encode(), mtime=0))
