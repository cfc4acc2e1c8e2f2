"""What a command returns: one document for programs, the same facts as text for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.printable import printable
from ui.library.documents import Document
from ui.terminal.text import count

if TYPE_CHECKING:
    from embeddings.training.captions import Trouble

EXIT_DONE = 0
EXIT_KNOWN_ERROR = 1
EXIT_WRONG_USAGE = 2
EXIT_SOME_FILES_FAILED = 3
EXIT_STOPPED_BY_CTRL_C = 130

TROUBLES_SHOWN = 5
"""Unusable lines and videos that are listed one by one."""


@dataclass(frozen=True)
class Answer:
    """The outcome of one command; the command line writes it, so commands never print results."""

    document: Mapping[str, object]
    """What `--json` prints."""
    text: str
    """What a person reads on stdout, without a final newline; may be empty."""
    exit_code: int = EXIT_DONE
    """0 done, 3 done but some files failed, 130 stopped by Ctrl-C, 1 checked with problems."""
    notice: str = ""
    """What a person reads on stderr: the two lines of an error, a warning."""
    is_data: bool = False
    """The text is a table for programs: every character stays, except on a terminal."""


def refusal(problem: str, fix: str, *, exit_code: int = EXIT_KNOWN_ERROR) -> Answer:
    """The answer of a command that failed: the problem and what to do."""
    return Answer(
        document={"error": problem, "fix": fix},
        text="",
        exit_code=exit_code,
        notice=f"error: {printable(problem)}\n  fix: {printable(fix)}",
    )


def troubles_document(troubles: Sequence[Trouble]) -> Document:
    """Lines and videos that could not be used: `failed`, their number, and `troubles`."""
    rows = [dataclasses.asdict(trouble) for trouble in troubles]
    return {"failed": len(rows), "troubles": rows}


def troubles_notice(troubles: Sequence[Trouble]) -> str:
    """The first of them with their reasons, and how many more; empty where there are none."""
    if not troubles:
        return ""
    lines = [f"  {trouble.where}: {trouble.reason}" for trouble in troubles[:TROUBLES_SHOWN]]
    more = len(troubles) - TROUBLES_SHOWN
    lines += [f"  and {more:,} more; --json lists them all"] if more > 0 else []
    first = f"{count(len(troubles), 'line or video', 'lines or videos')} could not be used"
    return "\n".join([f"{first}, or only in part:", *lines])
