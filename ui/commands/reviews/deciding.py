"""`reelwise review allow`, `block`, `relabel`, `unsure`, `undo` and `appeal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.reviews.options import (
    ByOption,
    CaseArgument,
    OwnByOption,
    OwnWhyOption,
    WhyOption,
    who,
)
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from pathlib import Path

    from data.review.records import Case
    from ui.library.library import Library as Opened


def allow(
    number: CaseArgument,
    by: ByOption,
    why: WhyOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Decide that a case may be shown."""
    return _decide(home, number, "allow", by, why)


def block(
    number: CaseArgument,
    by: ByOption,
    why: WhyOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Decide that a case is not shown any more: not found, recommended, pictured or played."""
    return _decide(home, number, "block", by, why)


def relabel(
    number: CaseArgument,
    by: ByOption,
    why: WhyOption,
    to: Annotated[str, typer.Option("--to", metavar="RULE", help="The rule that it is a case of.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Decide that a case is one of another rule, under which it waits from now on."""
    return _decide(home, number, "relabel", by, why, to)


def unsure(
    number: CaseArgument,
    by: ByOption,
    why: WhyOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Leave a case to somebody else; what its rule does holds meanwhile."""
    return _decide(home, number, "unsure", by, why)


def undo(
    number: CaseArgument,
    by: OwnByOption = None,
    why: OwnWhyOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Take back what was decided last; once more takes back what was before."""
    with Library(home) as library:
        return _answer(library, library.reviews.undo(number, by=who(by), why=why))


def appeal(
    number: CaseArgument,
    why: WhyOption,
    by: OwnByOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Put a decision before somebody again; it holds until then."""
    with Library(home) as library:
        return _answer(library, library.reviews.appeal(number, by=who(by), why=why))


def _decide(
    home: Path | None, number: int, verb: str, by: str, why: str, to: str | None = None
) -> Answer:
    from data.review.deciding import Decision

    with Library(home) as library:
        decision = Decision(verb, by, why, label=to)
        return _answer(library, library.reviews.decide(number, decision))


def _answer(library: Opened, case: Case) -> Answer:
    document = library.reviews.documents([case])[0]
    told = "appealed, " if case.appealed else ""
    effect = {"none": "shown", "withheld": "not shown", "blurred": "shown blurred"}
    text = f"case {case.id} ({case.label}): {told}{case.state}, {effect[document['effect']]}"
    return Answer(document, text)
