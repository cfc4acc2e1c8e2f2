"""The benchmark of GPUs, on one that is none: what it measures, not how fast that is."""

from __future__ import annotations

import pytest
import torch

from benchmarks.made.clustered import Clusters
from benchmarks.scale import gpu
from data.errors import ReelwiseError
from embeddings.backbone.computing.early_checks import count_gpus
from indexer.store.gpu.devices.torch_cells import TorchCells
from tests.indexer.store.gpu.fake_gpu import FakeDevice, FakeGpu


def test_each_kind_of_copy_and_training_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "ASKED", 2)
    monkeypatch.setattr(gpu, "BATCHES", (1, 4))
    device = FakeDevice(FakeGpu())
    trainer = TorchCells(torch.device("cpu"))
    copies = {"exact": lambda index: device.copy_rows(index, 0, len(index))}
    figures = gpu.measured(Clusters(2_000, dim=32), device, copies, trainer)
    assert (figures["gpu"], figures["clips"], figures["dim"]) == ("GPU 0 (fake)", 2_000, 32)
    assert set(figures["training"]) == {"centres_s", "nearest_s"}
    assert figures["exact"]["recall_at_10"] > 0.99
    assert {"gpu_ms_in_1", "all_ms_in_1", "gpu_ms_in_4", "all_ms_in_4"} < set(figures["exact"])
    assert device.gpu.used_bytes == 0


@pytest.mark.skipif(count_gpus() > 0, reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    with pytest.raises(ReelwiseError, match="no CUDA GPU"):
        gpu.run("small")
