"""Which benchmarks are listed, and what they say where they cannot run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as entry
from data.errors import ReelwiseError

FOLDER = Path(entry.__file__).parent


def runs_by_size(module: Path) -> bool:
    """Whether a module keeps the contract of a benchmark: `run(size)`."""
    return any(
        isinstance(each, ast.FunctionDef)
        and each.name == "run"
        and [parameter.arg for parameter in each.args.args] == ["size"]
        for each in ast.parse(module.read_text(encoding="utf-8")).body
    )


def test_all_benchmarks_are_listed_with_the_folder_that_they_lie_in() -> None:
    modules = [module for module in sorted(FOLDER.glob("*/**/*.py")) if runs_by_size(module)]
    names = [module.parent if module.stem == "__init__" else module for module in modules]
    there = {str(name.relative_to(FOLDER).with_suffix("")) for name in names}
    listed = {f"{folder}/{name}" for folder, names in entry.BENCHMARKS.items() for name in names}
    assert listed == there


def test_a_benchmark_that_cannot_run_here_says_so_in_two_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(size: str) -> dict[str, object]:
        raise ReelwiseError(f"no {size} machine", fix="take another")

    monkeypatch.setattr("benchmarks.scale.gpu.run", run)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "gpu", "--size", "small"])
    with pytest.raises(SystemExit) as caught:
        entry.main()
    assert caught.value.code == "error: no small machine\n  fix: take another"
