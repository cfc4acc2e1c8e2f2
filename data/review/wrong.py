"""What is wrong with a text that should be a policy, line by line, for who wrote it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from data.errors import ReelwiseError
from data.review.rules import EXAMPLE, Policy

MOST_TOLD = 20
"""Problems that are told of one text."""
_RULE = re.compile(r"^[ \t]*\[\[[ \t]*rules[ \t]*\]\]", re.MULTILINE)
_AT_LINE = re.compile(r"(?P<why>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_PARSERS = {
    "Invalid value": "a value is neither a number nor in quotes",
    "Unterminated string": "a quote is missing",
    "Expected '='": "= is missing",
    "Expected ']": "a bracket is missing",
    "Unclosed": "a bracket is missing",
    "Cannot": "something is there twice",
    "Duplicate": "something is there twice",
    "Expecting value": "a value is missing",
    "Expecting ','": "a comma is missing",
    "Expecting ':'": "a colon is missing",
    "Expecting property name": "a name in quotes is missing",
}
"""What errors of the parsers of TOML and JSON begin with, and what is wrong."""


def policy_of_text(text: str, name: str) -> Policy:
    """Read a policy from a text: JSON where its file ends with `.json`, else TOML.

    The files of classifiers are not looked at, see `pinned`.

    Raises:
        ReelwiseError: It is none; each problem is a line, with its line of the text where known.
    """
    is_json = name.lower().endswith(".json")
    try:
        values = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused([_unread(error, text)]) from error
    try:
        return Policy.model_validate(values, strict=False)
    except ValidationError as error:
        found = _problems(error, "" if is_json else text)
        more = len(found) - MOST_TOLD
        raise _refused([*found[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]) from error


def _refused(lines: Sequence[str]) -> ReelwiseError:
    fix = f"correct it; a rule has name, owner, {EXAMPLE}"
    return ReelwiseError("\n".join(dict.fromkeys(lines)), fix=fix)


def _unread(error: ValueError | RecursionError, text: str) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}: this is no JSON: {_why(error.msg)}"
    found = _AT_LINE.match(str(error))
    if found is None:
        return "this is no policy: it is nested too deep"
    line = found["line"] or str(text.rstrip().count("\n") + 1)
    return f"line {line}: this is no TOML: {_why(found['why'])}"


def _why(told: str) -> str:
    """What a parser says, for who does not write parsers."""
    begins = (begun for begun in _PARSERS if told.startswith(begun))
    return _PARSERS.get(next(begins, ""), "it cannot be read")


def _problems(error: ValidationError, text: str) -> list[str]:
    """By line; first those of none."""
    every = error.errors()
    # Where no rule is right, the list of those that are is said to be empty as well.
    are_rules = any(len(each["loc"]) > 1 for each in every)
    told = [_problem(each, text) for each in every if not (are_rules and each["loc"] == ("rules",))]
    return [line for _, line in sorted(told, key=lambda each: each[0])]


def _problem(error: Any, text: str) -> tuple[int, str]:
    place: tuple[int | str, ...] = error["loc"]
    told = _told(error, str(place[-1]) if place else "policy")
    # What is missing has no line: that of what it is missing in.
    line = _line(text, place[:-1] if error["type"] == "missing" else place)
    if line is not None:
        return line, f"line {line}: {told}"
    is_of_rule = len(place) > 1 and place[0] == "rules"
    return 0, f"rule {int(place[1]) + 1}: {told}" if is_of_rule else told


def _told(error: Any, field: str) -> str:
    kind, limits = str(error["type"]), error.get("ctx", {})
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    told = {
        "missing": f"{field} is missing",
        "extra_forbidden": f"a policy has no {field} here",
        "literal_error": f"{field} is one of {str(limits.get('expected')).replace(' or ', ', ')}",
        "string_type": f"{field} is no text",
        "string_too_short": f"{field} is empty",
        "too_short": f"{field} is empty",
        "string_too_long": f"{field} has more than {limits.get('max_length')} characters",
        "too_long": f"{field} has more than {limits.get('max_length')} entries",
        "string_pattern_mismatch": f"{field} may not be {str(error.get('input'))[:60]!r}",
    }
    if kind in told:
        return told[kind]
    for limit, text in (
        ("ge", f"{field} is at least {limits.get('ge')}"),
        ("gt", f"{field} is more than {limits.get('gt')}"),
        ("le", f"{field} is at most {limits.get('le')}"),
    ):
        if limit in limits:
            return text
    if kind.startswith(("float_", "int_", "finite_")):
        return f"{field} is no number"
    if kind.startswith(("list_", "tuple_")):
        return f"{field} is no list"
    is_table = kind.startswith(("dict_", "model_"))
    return f"{field} is no table" if is_table else f"{field} is no right value"


def _line(text: str, place: Sequence[int | str]) -> int | None:
    """The line of a place in a text of TOML: that of its name, or where its rule begins."""
    begins = [found.start() for found in _RULE.finditer(text)]
    start, end, is_of_rule = 0, begins[0] if begins else len(text), False
    if len(place) > 1 and place[0] == "rules":
        at = int(place[1])
        if at >= len(begins):
            return None
        is_of_rule, start = True, begins[at]
        end = begins[at + 1] if at + 1 < len(begins) else len(text)
    name = re.escape([str(each) for each in place if isinstance(each, str)][-1]) if place else "-"
    found = re.compile(rf"^[ \t]*\[?(?:rules\.)?{name}[ \t]*[=\]]", re.M).search(text, start, end)
    if found is None and not is_of_rule:
        return None
    return text.count("\n", 0, start if found is None else found.start()) + 1
