"""Vocabularies: the words by which clips may be tagged. One of everyday words comes with it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table
from data.labels.trouble import RowTrouble
from data.regular import open_regular

TAGS = "tags"
"""Name of the head that tags clips: `--where tags=dog`."""
EVERYDAY = "everyday"
"""Name of the vocabulary of everyday words that comes with the program."""
EVERYDAY_FILE = Path(__file__).parent / "everyday.tsv"
"""Tag, kind, what a picture of it shows, other English words, German words; written by hand."""
HEADER = "tag,prompt,kind"
"""The header line of a table of words; the last two may be left out."""
MOST_WORDS = 5000
"""Words of a vocabulary: each is compared with every clip."""
MOST_CHARS = 100
"""Longest tag, as that of a person's own tags."""
MOST_PROMPT_CHARS = 500
"""Longest description."""
MOST_BYTES = 4 << 20
"""Largest file that is read."""


def how_to_fit(head: str) -> str:
    """The command that makes a head anew."""
    return "reelwise tag" if head == TAGS else f"reelwise train head {head} --labels FILE"


@dataclass(frozen=True)
class Word:
    """One word of a vocabulary."""

    tag: str
    """As it is shown."""
    prompt: str = ""
    """What a picture of it shows, in a sentence; empty where the word says it all."""
    kind: str = ""
    """What sort of thing it is: animal, place, action, ...; or empty."""
    also: tuple[str, ...] = ()
    """Other words by which it is found."""
    german: tuple[str, ...] = ()
    """German words by which it is found; the first is its name in German."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of one file, or of the program."""

    name: str
    """Name of the file, or of a vocabulary of the program."""
    words: tuple[Word, ...]
    """In the order of the file, each tag once."""
    troubles: tuple[RowTrouble, ...] = field(default=())
    """Lines that are no words, and why."""
    doubled: int = 0
    """Lines whose tag an earlier line has."""

    @property
    def sha256(self) -> str:
        """Fingerprint of its words."""
        rows = [[w.tag, w.prompt, w.kind, w.also, w.german] for w in self.words]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@cache
def everyday() -> Vocabulary:
    """Everyday animals, things, places and actions."""
    rows = [line.split("\t") for line in EVERYDAY_FILE.read_text(encoding="utf-8").splitlines()]
    words = (
        Word(tag, prompt, kind, _parts(also), _parts(german))
        for tag, kind, prompt, also, german in rows
    )
    return Vocabulary(EVERYDAY, tuple(words))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a person's words: one a line, or CSV in UTF-8 with the columns `tag[,prompt][,kind]`.

    Lines that are no words are told and left out; empty ones, and those that begin with #, are
    passed over.

    Raises:
        ReelwiseError: The file cannot be read, or holds no word, or too many.
    """
    lines = _text(path).splitlines()
    first = next((line for line in lines if line.strip()), "")
    header = [cell.strip().strip('"').lower() for cell in first.split(",")]
    if "tag" in header:
        rows = read_table(path, ["tag"], header=HEADER).rows
    else:
        rows = [TableRow(n, {"tag": line.strip()}) for n, line in enumerate(lines, 1)]
        rows = [row for row in rows if row["tag"] and not row["tag"].startswith("#")]
    vocabulary = _vocabulary(path, rows)
    if not vocabulary.words:
        raise ReelwiseError(
            f"{path} has no word"
            + (f"; line {rows[0].line}: {vocabulary.troubles[0].reason}" if rows else ""),
            fix=f"write one word a line, or a table below the line: {HEADER}",
        )
    if len(vocabulary.words) > MOST_WORDS:
        raise ReelwiseError(
            f"{path} has {len(vocabulary.words):,} words; at most {MOST_WORDS:,} are compared",
            fix="leave out those that matter least",
        )
    return vocabulary


def _text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error}", fix="give an existing file of words in UTF-8"
        ) from error
    if len(content) > MOST_BYTES:
        raise ReelwiseError(
            f"{path} has more than {MOST_BYTES >> 20} MiB", fix="give a file of words, one a line"
        )
    return text


def _vocabulary(path: Path, rows: Iterable[TableRow]) -> Vocabulary:
    words: dict[str, Word] = {}
    troubles, doubled = [], 0
    for row in rows:
        tag = " ".join(unicodedata.normalize("NFC", row["tag"]).split())
        why = _why_none(tag, row)
        if why:
            troubles.append(RowTrouble(row.line, why))
        elif tag.casefold() in words:
            doubled += 1
        else:
            words[tag.casefold()] = Word(tag, " ".join(row["prompt"].split()), row["kind"].lower())
    return Vocabulary(path.name, tuple(words.values()), tuple(troubles), doubled)


def _why_none(tag: str, row: TableRow) -> str:
    if not any(letter.isalnum() for letter in tag):
        return "there is no word in it"
    if len(tag) > MOST_CHARS or any(unicodedata.category(each) in ("Cc", "Cs") for each in tag):
        return f"a tag is a text of 1 to {MOST_CHARS} characters"
    if "," in tag:
        return f"a comma stands in it; tables begin with the line {HEADER}"
    if len(row["prompt"]) > MOST_PROMPT_CHARS:
        return f"its prompt has more than {MOST_PROMPT_CHARS} characters"
    return ""
