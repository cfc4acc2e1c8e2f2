"""Options that several commands of moderation share."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

CaseArgument = Annotated[int, typer.Argument(metavar="CASE", min=1, help="Number of a case.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
OwnByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who you are.  [default: your name on this machine]"),
]
WhyOption = Annotated[
    str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept in the log.")
]
OwnWhyOption = Annotated[
    str, typer.Option("--why", metavar="TEXT", help="The reason.  [default: none]")
]
RuleOption = Annotated[
    str | None, typer.Option("--rule", metavar="NAME", help="Only cases of this rule.")
]
WorstOption = Annotated[
    bool, typer.Option("--worst", help="First those of which the rule is most sure.")
]


def who(by: str | None) -> str:
    """The name that was given, else that of the user of this machine."""
    return by if by is not None else getpass.getuser()
