"""Values of options and arguments that are refused before they are used: empty ones, odd numbers.

An empty `--exclude` fits no file, an empty `--home` is the folder that one happens to be in, an
empty `--encoder` is the default one: each is a slip (a variable of a script that is not set) whose
answer would be another than was meant. A number is one as `data.numbers` reads it: `-k 1_0` and
`--min-relevance nan` are slips as well.
"""

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand

from data.numbers import number_of, whole_number_of

LONGEST_VALUE = 100_000
"""Characters of a value: no name, path, question or pattern is longer."""


class CheckedCommand(TyperCommand):
    """A command that refuses values which are empty, blank, no text, or no number where one is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Check the values as they were typed, then read them.

        Raises:
            typer.BadParameter: A value says nothing, holds a NUL, is longer than any is, or is no
                number where the parameter is one.
        """
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        parameters: list[Any] = self.get_params(ctx)
        for parameter in parameters:
            for value in _texts(given.get(parameter.name or "")):
                problem = _problem(value) or _no_number(value, parameter.bare_type())
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


def _no_number(value: str, kind: str) -> str | None:
    """Why a value is none for a parameter of this type, as Typer names it."""
    if kind == "int" and whole_number_of(value.strip()) is None:
        return f"{value!r} is no whole number, such as 10"
    if kind == "float" and number_of(value.strip()) is None:
        return f"{value!r} is no finite number, such as 1.5"
    return None
