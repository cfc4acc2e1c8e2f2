"""What a head says of itself: the JSON file beside its tensors, read without loading these."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import DamagedFile
from data.home import Home
from data.labels.vocabulary import Word
from data.sealed import unseal

FORMAT = "reelwise head 1"
"""Written into every head."""
JSON_FILE = "head.json"
"""Its file."""


def json_of(folder: Path) -> dict[str, Any]:
    """The values of a head, whose seal is verified.

    Raises:
        DamagedFile: Its bytes are not those that were written.
    """
    try:
        values = unseal((folder / JSON_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise damaged_head(folder, str(error)) from error
    if values.get("format") != FORMAT:
        raise damaged_head(folder, f"its format is {values.get('format')!r}, not {FORMAT!r}")
    return values


def damaged_head(folder: Path, why: str) -> DamagedFile:
    """The error of a head that is not as it was written."""
    return DamagedFile(
        f"the head {folder} is not as it was written: {why}",
        fix=f"reelwise heads remove {folder.name}, then fit it again",
    )


def vocabulary_of(values: Mapping[str, Any]) -> tuple[Word, ...]:
    """None in what versions before wrote."""
    return tuple(
        Word(**{**each, "also": tuple(each["also"]), "german": tuple(each["german"])})
        for each in values.get("vocabulary", ())
    )


def stored_words(home: Home, name: str) -> tuple[Word, ...]:
    """The vocabulary of a head, none of its tensors; empty where it has none.

    Raises:
        DamagedFile: Its bytes are not those that were written.
    """
    folder = home.head(name)
    return vocabulary_of(json_of(folder)) if (folder / JSON_FILE).is_file() else ()
