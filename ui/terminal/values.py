"""No value of an option or argument is empty: one that says nothing is refused before it is used.

An empty `--exclude` fits no file, an empty `--home` is the folder that one happens to be in, an
empty `--encoder` is the default one: each is a slip (a variable of a script that is not set) whose
answer would be another than was meant.
"""

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand

LONGEST_VALUE = 100_000
"""Characters of a value: no name, path, question or pattern is longer."""


class CheckedCommand(TyperCommand):
    """A command that refuses values which are empty, blank, or no text."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Check the values as they were typed, then read them.

        Raises:
            typer.BadParameter: A value says nothing, holds a NUL, or is longer than any is.
        """
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        parameters: list[Any] = self.get_params(ctx)
        for parameter in parameters:
            for value in _texts(given.get(parameter.name or "")):
                problem = _problem(value)
                if problem is not None:
                    hint = parameter.get_error_hint()
                    raise typer.BadParameter(problem, ctx=ctx, param_hint=hint)
        return super().parse_args(ctx, args)


def _texts(raw: object) -> Iterable[str]:
    """The typed texts of a parameter: one, several of a repeatable one, or none."""
    if isinstance(raw, str):
        return [raw]
    return [each for each in raw if isinstance(each, str)] if isinstance(raw, list | tuple) else []


def _problem(value: str) -> str | None:
    if not value.strip():
        return "it is empty; leave it out, or give a value"
    if "\0" in value:
        return "it holds a NUL, which no name, path or text has"
    if len(value) > LONGEST_VALUE:
        return f"it has {len(value):,} characters; at most {LONGEST_VALUE:,} are read"
    return None
