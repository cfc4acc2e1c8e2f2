"""What our code says to people: texts of its errors, refusals and warnings, read from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ui.pages.words.language import SERVER, words_of

ROOT = Path(__file__).parents[3]
REFUSALS = {"Refused", "wrong", "not_there", "problem", "NotMade", "LookedAtNew", "_Guess"}
"""What refuses, or tells, beside errors."""
FOR_US = {"ValueError", "AssertionError", "KeyError", "TypeError", "RuntimeError"}
"""Errors of who programs."""
TAKES = {"rest": ".*?", "field": r"\S+?", "count": r"(?:[\d.,]+|\{n?\})"}
"""What values of these names are."""
MOST_MARKS = 3
"""Characters between values that are only marks."""
PROGRAMS = re.compile(r"\b(GET|POST|PUT|DELETE) /|\breelwise [a-z]|--[a-z]|\w+=|ffmpeg |pip ")
"""In a fix: for who writes requests or commands. `shared/api.js` shows no page the first three."""


@dataclass(frozen=True)
class Said:
    """One text."""

    file: str
    """Where it is written, below the root."""
    text: str
    """What it says, each value in it as {}."""
    is_fix: bool
    """What to do about it."""


def texts_of(files: Iterator[Path] | list[Path]) -> Iterator[Said]:
    """All texts of errors, refusals and warnings of some files."""
    for file in files:
        name = str(file.relative_to(ROOT))
        for function in _scopes(ast.parse(file.read_text(encoding="utf-8"))):
            yield from _of_scope(name, function)


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What is in a scope itself, not in functions of it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _of_scope(file: str, scope: ast.AST) -> Iterator[Said]:
    values: dict[str, list[ast.expr]] = {}
    for node in _own(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
    for call in filter(_tells, _own(scope)):
        assert isinstance(call, ast.Call)
        texts, fixes = _told(call)
        for value in texts:
            yield from (Said(file, text, is_fix=False) for text in _read(value, values))
        for value in fixes:
            yield from (Said(file, text, is_fix=True) for text in _read(value, values))


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _tells(node: ast.AST) -> bool:
    """Whether it is a call that makes an error, a refusal or a warning for people."""
    if not isinstance(node, ast.Call) or _called(node) in FOR_US:
        return False
    return _called(node) in REFUSALS or _called(node).endswith(("Error", "Video", "File", "Lines"))


def _told(call: ast.Call) -> tuple[list[ast.expr], list[ast.expr]]:
    """What it says, and what it says to do."""
    if _called(call) == "problem":  # status, code, problem, fix
        return call.args[2:3], call.args[3:4]
    named = [each.value for each in call.keywords if each.arg in ("notice", "problem")]
    return [*call.args, *named], [each.value for each in call.keywords if each.arg == "fix"]


def _read(node: ast.expr, values: dict[str, list[ast.expr]]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        for value in values.get(node.id, ()):
            yield from _read(value, {})
    elif isinstance(node, ast.IfExp):
        yield from _read(node.body, values)
        yield from _read(node.orelse, values)
    elif (text := _text(node)) is not None and len(re.findall(r"\w{2,}", text)) > 1:
        yield text


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
    if isinstance(node, ast.BinOp):
        left, right = _text(node.left), _text(node.right)
        both = (left or "{}") + (right or "{}")
        return None if left is None and right is None else both
    return None


def sentences_of(file: Path) -> Iterator[Said]:
    """All texts of a file that are sentences: of a file that tells of nothing else."""
    for text in _whole(ast.parse(file.read_text(encoding="utf-8"))):
        if len(text.split()) > 3 and re.match(r"[a-z{]", text) and "\n" not in text:
            yield Said(str(file.relative_to(ROOT)), text, is_fix=False)


def _whole(node: ast.AST) -> Iterator[str]:
    """Texts that are no part of another one, and no docstring."""
    for child in ast.iter_child_nodes(node):
        text = _text(child) if isinstance(child, ast.expr) else None
        if text is not None and not isinstance(node, ast.Expr):
            yield text
        elif text is None:
            yield from _whole(child)


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """What `shared/words.js` makes of the sentences that have German words."""
    every = (str(v) for k, v in words_of("en").forms.items() if k.startswith(SERVER))
    # What has no words of its own (`{problem}: {path}`) makes nothing German.
    forms = [form for form in every if len(re.sub(r"\{\w+\}", "", form)) > MOST_MARKS]
    escaped = (
        re.sub(r"\\{(\w+)\\}", lambda name: TAKES.get(name[1], ".+?"), re.escape(form))
        for form in forms
    )
    return tuple(re.compile(f"{each}[.]?", re.DOTALL) for each in escaped)


def is_in_german(text: str) -> bool:
    """Whether a page in German says all of a text in German, as `inWords` finds it."""
    if any(each.fullmatch(text) for each in patterns()):
        return True
    parts = [part for line in text.split("\n") for part in line.split("; ")]
    return len(parts) > 1 and all(part == "{}" or is_in_german(part) for part in parts)
