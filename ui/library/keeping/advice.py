"""What a warning of the library advises, as something that a page does: not as a command.

Warnings and errors are written for whoever has a terminal: "...; run reelwise rebuild". On a page
an owner gets a button in place of the command, and a viewer the fact alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from data.printable import printable

Action = Literal[
    "rebuild", "reencode", "repair", "index", "speech", "screen_text", "encoder", "train"
]

_COMMANDS: tuple[tuple[str, Action], ...] = (
    (r"rebuild --reencode", "reencode"),
    (r"rebuild", "rebuild"),
    (r"verify --repair", "repair"),
    (r"index FOLDER --speech auto", "speech"),
    (r"index FOLDER --screen-text auto", "screen_text"),
    (r"index FOLDER --encoder NAME", "encoder"),
    (r"index(?![^;]* --)", "index"),
    (r"train recommender", "train"),
)
_CLAUSE = re.compile(r"(?:^|[;:,]\s*)(?:on the server: )?(?:run )?reelwise (?P<command>[a-z][^;]*)")


@dataclass(frozen=True)
class Advice:
    """A text for a page."""

    text: str
    """Without the command."""
    action: Action | None = None
    """What the page offers in its place; None where nothing was advised."""


def advice_of(text: str) -> Advice:
    """A warning without its commands, and the first thing among them that a page can do."""
    found = [*_CLAUSE.finditer(text)]
    actions = [action for each in found if (action := _action(each["command"])) is not None]
    for clause in reversed(found):
        text = text[: clause.start()] + text[clause.end() :]
    return Advice(printable(text.strip(" ;:,") if found else text), next(iter(actions), None))


def _action(command: str) -> Action | None:
    for pattern, action in _COMMANDS:
        if re.match(rf"{pattern}(?![\w-])", command):
            return action
    return None
