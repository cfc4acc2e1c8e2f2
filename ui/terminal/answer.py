"""What a command gives back: one document for programs, the same facts as text for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Document = dict[str, Any]

EXIT_DONE = 0
EXIT_KNOWN_ERROR = 1
EXIT_WRONG_USAGE = 2
EXIT_SOME_FILES_FAILED = 3
EXIT_STOPPED_BY_CTRL_C = 130


@dataclass(frozen=True)
class Answer:
    """The outcome of one command; the command line writes it, so commands never print results."""

    document: Document
    """What `--json` prints."""
    text: str
    """What a person reads on stdout, without a final newline; may be empty."""
    exit_code: int = EXIT_DONE
    """0 done, 3 done but some files failed, 130 stopped by Ctrl-C, 1 checked and found wrong."""
    notice: str = ""
    """What a person reads on stderr beside it: the two lines of an error, a warning."""


def refusal(problem: str, fix: str, *, exit_code: int = EXIT_KNOWN_ERROR) -> Answer:
    """The answer to a command that could not be done: what was found and what to do."""
    return Answer(
        document={"error": problem, "fix": fix},
        text="",
        exit_code=exit_code,
        notice=f"error: {problem}\n  fix: {fix}",
    )


def as_json(document: Document) -> str:
    """The document as JSON text; paths and times become strings, NaN becomes null."""
    return json.dumps(_plain(document), ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    """Only what JSON knows: numpy scalars, paths and times are turned into it here, once."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
