"""What `device` does for the index of a library, on GPUs that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from data.arrays import Floats, Ids
from data.errors import ReelwiseError
from embeddings.backbone.computing.early_checks import count_gpus
from indexer.store.gpu import opening
from indexer.store.gpu.opening import GpuUse
from tests.indexer.store.gpu.fake_gpu import FakeGpu, opener
from ui.library.documents import gpu_document
from ui.library.library import Library


class Trainer:
    """Trains no worse than a fake has to, and counts."""

    def __init__(self) -> None:
        self.n_trained = self.n_filled = 0

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats:
        self.n_trained += 1
        return sample[:n]

    def nearest(self, rows: Floats, centres: Floats) -> Ids:
        self.n_filled += len(rows)
        return np.asarray(np.argmax(rows @ centres.T, axis=1), np.int64)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    made = FakeGpu()
    for module in ("ui.library.opened", "indexer.store.gpu.opening"):
        monkeypatch.setattr(f"{module}.check_device", lambda _: None)
    monkeypatch.setattr(opening, "count_gpus", lambda: 1)
    monkeypatch.setattr(opening, "_open_gpus", opener(made))
    return made


def hits(library: Library) -> list[tuple[int, float]]:
    return [(hit.video_id, round(hit.score, 4)) for hit in library.search("a red car").hits]


def test_a_library_is_searched_on_the_gpu_that_was_asked_for(home: Path, gpu: FakeGpu) -> None:
    with Library(home, device="cpu") as library:
        on_cpu = hits(library)
    assert (gpu.n_opened, gpu.batches) == (0, [])
    with Library(home, device="cuda") as library:
        assert gpu_document(library.copies)["clips"] == 0
        assert hits(library) == on_cpu
        assert gpu.batches
        n_clips = library.searcher.view.n_clips
        assert gpu_document(library.copies)["clips"] == n_clips > 0
        asked = len(gpu.batches)
        assert library.similar("1").hits
        assert len(gpu.batches) > asked
    with Library(home, device="cuda") as library:
        library.gpu_use = GpuUse(memory_bytes=10)
        assert hits(library) == on_cpu
        line = f"{n_clips:,} clips do not fit into the memory of the GPUs; searching without"
        assert gpu_document(library.copies)["warnings"] == [line]
        assert line in library.search("a red car").warnings
    with Library(home) as library:
        assert hits(library) == on_cpu
        assert gpu.n_opened == 2, "so small a library is left to the CPU"


def test_an_index_is_built_on_the_gpu_that_was_asked_for(
    home: Path, tmp_path: Path, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, trainer = tmp_path / "home", Trainer()
    shutil.copytree(home, own)
    monkeypatch.setattr(opening, "_open_cells", lambda: trainer)
    with Library(own, device="cuda") as library:
        library.catalogue.set_index(kind="ivf_fp16", target_recall=0.9)
        clips = library.rebuild().generation.manifest.clips
        assert (trainer.n_trained, trainer.n_filled) == (1, clips)
    with Library(own, device="cpu") as library:
        library.rebuild()
    assert trainer.n_trained == 1


@pytest.mark.skipif(count_gpus() > 0, reason="there is a GPU")
def test_without_a_gpu_cuda_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="no CUDA GPU can be used here") as caught:
        Library(tmp_path, device="cuda")
    assert "--device cpu" in caught.value.fix
