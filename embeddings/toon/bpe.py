"""A small byte-pair vocabulary learned from captions, in the file format that open_clip reads.

A full CLIP vocabulary would fill the embedded model: 49,408 rows for a few hundred words.
"""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from string import ascii_lowercase

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Split
from tokenizers.trainers import BpeTrainer

from data.durable import write_atomic

Pair = tuple[str, str]


def learn_merges(texts: Iterable[str], *, most: int) -> list[Pair]:
    """Byte-pair merges, most frequent first (Sennrich et al., ACL 2016, algorithm 1).

    Args:
        texts: The corpus; only the letters a-z count, anything else separates words.
        most: Maximum number of merges.

    Returns:
        Pairs of symbols; the last symbol of a word ends in `</w>`, as open_clip writes it.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Split(Regex("[^a-z]+"), "removed")
    ends = [f"{letter}</w>" for letter in ascii_lowercase]
    trainer = BpeTrainer(
        vocab_size=2 * len(ends) + most,
        special_tokens=ends,  # or ties between pairs would be decided by chance
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(first, second) for first, second in merges[:most]]


def vocabulary_size(merges: list[Pair]) -> int:
    """Rows of the token table: 256 bytes, 256 bytes that end a word, the merges, two marks."""
    return 512 + len(merges) + 2


def save_merges(path: Path, merges: list[Pair]) -> None:
    """Write the gzip file that open_clip's `SimpleTokenizer` reads; the same bytes each time."""
    lines = ["#version: reelwise", *(" ".join(pair) for pair in merges)]
    write_atomic(path, gzip.compress("\n".join(lines).encode(), mtime=0))
