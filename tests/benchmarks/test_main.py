"""What the benchmarks say where they cannot run."""

from __future__ import annotations

import sys

import pytest

from benchmarks import __main__ as entry
from data.errors import ReelwiseError


def test_a_benchmark_that_cannot_run_here_says_so_in_two_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(size: str) -> dict[str, object]:
        raise ReelwiseError(f"no {size} machine", fix="take another")

    monkeypatch.setattr("benchmarks.gpu.run", run)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "gpu", "--size", "small"])
    with pytest.raises(SystemExit) as caught:
        entry.main()
    assert caught.value.code == "error: no small machine\n  fix: take another"
