"""Copies by what opens real GPUs, where there is none."""

from __future__ import annotations

import pytest

from embeddings.backbone.computing.early_checks import count_gpus
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.cuda import open_gpus
from tests.indexer.store.gpu.copy_contract import VECTORS
from tests.indexer.store.gpu.fake_gpu import made_segment


@pytest.mark.skipif(count_gpus() > 0, reason="there is a GPU")
def test_without_a_gpu_none_is_found_and_that_is_said() -> None:
    assert open_gpus() == {}
    copies = GpuCopies(open_gpus, CopyOptions())
    copies.use([made_segment("a", VECTORS)])
    assert copies.warnings == ("neither torch nor FAISS can use the GPUs here; searching without",)
