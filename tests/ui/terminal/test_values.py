"""Values that say nothing: refused by every option and argument of every command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ui.cli import build_app, run
from ui.terminal.answer import EXIT_WRONG_USAGE
from ui.terminal.values import LONGEST_VALUE


def leaves(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that is no group, with its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
    for word, each in (inner or {}).items():
        yield from leaves(each, (*name, word))


APP = typer.main.get_command(build_app())


def values() -> Iterator[tuple[str, list[str]]]:
    """Words of a command with one parameter, whose value is still to be added."""
    for name, command in leaves(APP):
        before: list[str] = []
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                yield f"{' '.join(name)} {parameter.name}", [*name, "--", *before]
                before.append("1")
            elif not parameter.is_flag:
                option = parameter.opts[-1]
                yield f"{' '.join(name)} {option}", [*name, option]


ALL = dict(values())


def test_the_walk_meets_the_options_of_every_command() -> None:
    assert {"index --exclude", "search --under", "history add user", "compress --out"} <= set(ALL)
    assert len(ALL) > 120


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "it is empty"),
        ("\t \n", "it is empty"),
        ("a\0b", "it holds a NUL"),
        ("x" * (LONGEST_VALUE + 1), "characters; at most"),
    ],
)
def test_a_value_that_says_nothing_is_refused_for_every_parameter(
    value: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWISE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, args in ALL.items():
        with pytest.raises(typer.BadParameter) as refused:
            APP([*args, value], prog_name="reelwise", standalone_mode=False)
        assert problem in refused.value.format_message(), name
    assert list(tmp_path.iterdir()) == []


def numbers(kind: str) -> list[list[str]]:
    """The words before the value of every parameter of this type."""
    return [
        ALL[f"{' '.join(name)} {parameter.opts[-1]}"]
        for name, command in leaves(APP)
        for parameter in command.params
        if parameter.bare_type() == kind
    ]


@pytest.mark.parametrize(
    ("kind", "values", "problem"),
    [
        ("int", ("1_0", "\u0661", "1.5", "ten", "0x10"), "is no whole number"),
        ("float", ("1_0.5", "1_0", "\u0661", "inf", "nan", "1e999", "half"), "is no finite number"),
    ],
)
def test_what_only_python_reads_as_a_number_is_none_for_every_parameter(
    kind: str,
    values: tuple[str, ...],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REELWISE_HOME", str(tmp_path / "home"))
    assert len(numbers(kind)) >= 15
    for args in numbers(kind):
        for value in values:
            with pytest.raises(typer.BadParameter) as refused:
                APP([*args, value], prog_name="reelwise", standalone_mode=False)
            assert problem in refused.value.format_message(), args


def test_an_empty_value_is_wrong_usage_that_names_its_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = str(tmp_path / "home")
    assert run(["index", str(tmp_path), "--exclude", "", "--home", home]) == EXIT_WRONG_USAGE
    assert "Invalid value for '--exclude': it is empty" in capsys.readouterr().err
    assert run(["search", "a dog", "-k", "3", "--under=", "--home", home]) == EXIT_WRONG_USAGE
    assert "Invalid value for '--under': it is empty" in capsys.readouterr().err
