"""GPUs are tried out for the doctor."""

from __future__ import annotations

import pytest

from data.errors import ReelwiseError
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.trial import try_gpus, try_graph
from tests.indexer.store.gpu.fake_gpu import FakeGpu, opener


def test_each_gpu_is_searched_and_its_free_memory_told() -> None:
    two = FakeGpu(), FakeGpu("GPU 1 (fake)", total_bytes=8_000_000_000)
    told = try_gpus(opener(*two))
    assert told == ["GPU 0 (fake), 107.4 GB free", "GPU 1 (fake), 8.0 GB free"]
    assert [each.used_bytes for each in two] == [0, 0]


def test_one_that_fails_finds_other_rows_or_cannot_be_used_is_told() -> None:
    for gpu, problem in (
        (FakeGpu(refuses_to_open=True), "a GPU failed: RuntimeError: CUDA error: no device"),
        (FakeGpu(spoil=lambda rows: rows + 1), "other rows than the CPU"),
        (FakeGpu(most_bytes=10), "no memory left"),
    ):
        with pytest.raises(ReelwiseError, match=problem) as caught:
            try_gpus(opener(gpu))
        assert "--device cpu" in caught.value.fix
    with pytest.raises(ReelwiseError, match="neither torch nor FAISS"):
        try_gpus(opener())


def test_a_graph_is_tried_and_its_gpu_told() -> None:
    gpu = FakeGpu()
    assert try_graph(opener(gpu)) == "GPU 0 (fake)"
    assert (gpu.kinds, gpu.used_bytes) == ([CopyKind.CAGRA], 0)
    for bad, problem in (
        (FakeGpu(builds_graphs=False), "cuvs cannot build a graph"),
        (FakeGpu(spoil=lambda rows: rows + 1), "other rows than the CPU"),
    ):
        with pytest.raises(ReelwiseError, match=problem):
            try_graph(opener(bad))
    with pytest.raises(ReelwiseError, match="neither torch nor FAISS"):
        try_graph(opener())
