"""What `--device` means for searching and building."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data.arrays import Floats, Ids
from data.errors import ReelwiseError
from embeddings.backbone.computing import early_checks
from indexer.store.gpu import opening
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.opening import GpuTrainer, GpuUse, cuvs_version, open_copies, open_trainer
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import CellRows
from tests.indexer.store.rows.index_contract import clustered, same

ROOT = Path(__file__).resolve().parents[4]


def gpus(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    for module in (early_checks, opening):
        monkeypatch.setattr(module, "count_gpus", lambda: n)


def test_the_cpu_searches_where_it_shall_or_where_there_is_no_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpus(monkeypatch, 0)
    for device in ("auto", "cpu"):
        assert open_copies(device) is None
        assert open_trainer(device) is None
    for opened in (open_copies, open_trainer):
        with pytest.raises(ReelwiseError, match="no CUDA GPU") as caught:
            opened("cuda")
        assert "--device cpu" in caught.value.fix
    gpus(monkeypatch, 2)
    assert open_copies("cpu") is None
    assert open_trainer("cpu") is None


def test_auto_waits_until_it_pays_and_cuda_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 1)
    auto, cuda = open_copies("auto"), open_copies("cuda", GpuUse(memory_bytes=5))
    assert auto is not None
    assert cuda is not None
    assert auto.options.after_questions > 0
    assert auto.options.least_clips > cuda.options.least_clips
    assert auto.options.cells_from is None, "FAISS may end the process"
    assert cuda.options.is_asked_for
    assert not auto.options.is_asked_for
    assert (cuda.options.after_questions, cuda.options.memory_bytes) == (0, 5)


def test_a_kind_that_is_named_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 1)
    monkeypatch.setattr(opening, "cuvs_version", lambda: "26.10.0")
    for name in CopyKind:
        copies = open_copies("cuda", GpuUse(kind=name))
        assert copies is not None
        assert (copies.options.kind, copies.options.has_cuvs) == (name, True)
    copies = open_copies("cuda", GpuUse(kind="auto"))
    assert copies is not None
    assert copies.options.kind is None
    with pytest.raises(ReelwiseError, match="no kind 'rabitq' of copies") as caught:
        GpuUse(kind="rabitq")
    assert "ivf_pq" in caught.value.fix
    monkeypatch.setattr(opening, "cuvs_version", lambda: None)
    with pytest.raises(ReelwiseError, match="needs the package cuvs") as caught:
        GpuUse(kind="cagra")
    assert "reelwise[gpu]" in caught.value.fix


def test_cuvs_is_told_by_its_version_and_not_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if "cuvs" not in each])
    if importlib.util.find_spec("cuvs") is None:
        assert cuvs_version() is None
    (tmp_path / "cuvs").mkdir()
    (tmp_path / "cuvs" / "__init__.py").write_text("raise OSError('libcuda.so.1')", "utf-8")
    about = tmp_path / "cuvs_cu13-26.10.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: cuvs-cu13\nVersion: 26.10.0\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cuvs_version() == "26.10.0"


def test_no_torch_is_loaded_before_a_gpu_is_used() -> None:
    code = (
        "import sys; from indexer.store.gpu import opening, copies;"
        "opening.count_gpus = lambda: 1; opening.check_device = lambda _: None;"
        "opening.open_copies('auto'); opening.open_trainer('cuda');"
        "print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


class Failing:
    """Trains as FAISS does for a while."""

    def __init__(self, *, good: int) -> None:
        self.good = good

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats:
        self._fail_at_last()
        return sample[:n]

    def nearest(self, rows: Floats, centres: Floats) -> Ids:
        self._fail_at_last()
        return np.asarray(np.argmax(rows @ centres.T, axis=1), np.int64)

    def _fail_at_last(self) -> None:
        if self.good == 0:
            raise RuntimeError("CUDA error: out of memory")
        self.good -= 1


@pytest.mark.parametrize("good", [0, 1, 2])
def test_a_gpu_that_fails_while_an_index_is_built_leaves_the_rest_to_the_cpu(
    good: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.store.rows.half_matrix.BLOCK", 1_000)
    matrix = HalfMatrix.of(clustered(3_000))
    with caplog.at_level(logging.WARNING):
        index = CellRows.build(matrix, GpuTrainer(lambda: Failing(good=good), least_rows=0))
    assert [each.getMessage() for each in caplog.records] == [
        "the GPU failed (RuntimeError: CUDA error: out of memory); building on the CPU"
    ]
    whole = CellRows.build(matrix, GpuTrainer(lambda: Failing(good=100), least_rows=0))
    expected = CellRows.build(matrix) if good == 0 else whole
    queries = matrix.rows(slice(40))
    assert same(index.search(queries, 10), expected.search(queries, 10))


def test_a_small_sample_is_left_to_the_cpu() -> None:
    trainer = GpuTrainer(lambda: Failing(good=100), least_rows=4_000)
    matrix = HalfMatrix.of(clustered(3_000))
    queries = matrix.rows(slice(40))
    built = CellRows.build(matrix, trainer)
    assert same(built.search(queries, 10), CellRows.build(matrix).search(queries, 10))
