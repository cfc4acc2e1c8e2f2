"""Lines and videos that could not be used, for programs and for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ui.terminal.answer import Document
from ui.terminal.text import count

if TYPE_CHECKING:
    from embeddings.training.captions import Trouble

TOLD = 5
"""Troubles that are told one by one."""


def troubles_document(troubles: Sequence[Trouble]) -> Document:
    """`failed`, their number, and `troubles`, all of them."""
    told = [dataclasses.asdict(trouble) for trouble in troubles]
    return {"failed": len(told), "troubles": told}


def troubles_notice(troubles: Sequence[Trouble]) -> str:
    """The first few with their reasons, and how many more; empty where there are none."""
    if not troubles:
        return ""
    told = [f"  {trouble.where}: {trouble.reason}" for trouble in troubles[:TOLD]]
    more = len(troubles) - TOLD
    told += [f"  and {more:,} more; --json lists them all"] if more > 0 else []
    first = f"{count(len(troubles), 'line or video', 'lines or videos')} could not be used"
    return "\n".join([f"{first}, or only in part:", *told])
