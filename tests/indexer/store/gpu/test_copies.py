"""Copies on GPUs that fail, are full or slow: the answer is that of the CPU, and it is said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from data.arrays import Floats, Ids
from indexer.store.gpu import copies as copies_module
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.device import Device, DeviceFull
from indexer.store.gpu.owner import Owner
from indexer.store.rows.kinds import BitRows, CellRows, FlatRows
from indexer.store.segments.segment import Segment
from tests.indexer.store.gpu.copy_contract import N_ROWS, QUERIES, VECTORS, CopyContract
from tests.indexer.store.gpu.fake_gpu import FakeGpu, made_segment, opener
from tests.indexer.store.gpu.test_owner import until

ROW_BYTES = 2 * 32 + 8


@pytest.fixture(autouse=True)
def _small_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies_module, "WORKING_BYTES", 0)
    monkeypatch.setattr(copies_module, "ROOM_SHARE", 1.0)


class TestCopiesOnEachGpu(CopyContract):
    kinds = (FlatRows, BitRows)

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        return opener(FakeGpu(), FakeGpu())


class TestPiecesOnThreeGpus(CopyContract):
    kinds = (CellRows,)

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        room = N_ROWS * ROW_BYTES // 2
        return opener(*(FakeGpu(total_bytes=size) for size in (room, room // 2, room)))


@pytest.fixture
def gpu() -> FakeGpu:
    return FakeGpu()


@pytest.fixture
def segment() -> Segment:
    return made_segment("a", VECTORS)


@pytest.fixture
def made(gpu: FakeGpu, segment: Segment) -> Iterator[GpuCopies]:
    copies = GpuCopies(opener(gpu), CopyOptions())
    copies.use([segment])
    gpu.batches.clear()
    yield copies
    gpu.gate.set()
    copies.close()
    assert gpu.strangers == 0


def is_right(found: tuple[Floats, Ids], segment: Segment) -> bool:
    """Whether an answer is that of the CPU."""
    scores, rows = segment.index.search(QUERIES, 5)
    return np.allclose(found[0], scores, atol=1e-4) and (found[1] == rows).mean() > 0.99


def test_an_error_of_the_gpu_is_said_once_and_the_cpu_answers(
    gpu: FakeGpu, segment: Segment, made: GpuCopies, caplog: pytest.LogCaptureFixture
) -> None:
    gpu.errors = [RuntimeError("CUDA error: the bus is gone\nFor debugging ...")]
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert is_right(made.search(segment, QUERIES, 5, None), segment)
    line = "GPU 0 (fake) failed: RuntimeError: CUDA error: the bus is gone; searching without"
    assert made.warnings == (line,)
    assert [each.getMessage() for each in caplog.records] == [line]
    assert (gpu.batches, made.n_held) == ([], 0)


def test_after_a_loss_the_next_change_of_segments_tries_again(
    gpu: FakeGpu, segment: Segment, made: GpuCopies
) -> None:
    gpu.errors = [RuntimeError("lost")]
    made.search(segment, QUERIES, 5, None)
    gpu.refuses_to_open = True
    made.use([segment])
    assert made.n_held == 0
    assert "failed: RuntimeError" in made.warnings[0]
    gpu.refuses_to_open = False
    made.use([segment])
    assert (made.n_held, made.warnings, gpu.n_opened) == (N_ROWS, (), 3)
    assert is_right(made.search(segment, QUERIES, 5, None), segment)


def test_memory_that_is_full_in_a_search_gives_up_that_segment_alone(
    gpu: FakeGpu, segment: Segment, made: GpuCopies
) -> None:
    other = made_segment("b", VECTORS[:5_000])
    made.use([segment, other])
    gpu.errors = [DeviceFull("GPU 0 has no memory left")]
    assert is_right(made.search(segment, QUERIES, 5, None), segment)
    assert made.warnings == ("GPU 0 has no memory left; searching without",)
    assert made.n_held == 5_000
    assert is_right(made.search(other, QUERIES, 5, None), other)


def test_what_does_not_fit_by_size_stays_on_the_cpu(segment: Segment) -> None:
    gpu = FakeGpu(total_bytes=6_000 * ROW_BYTES)
    copies = GpuCopies(opener(gpu), CopyOptions())
    small = made_segment("small", VECTORS[:500])
    copies.use([small, segment])
    assert copies.n_held == N_ROWS, "the largest gains most"
    assert copies.warnings == (
        "500 clips do not fit into the memory of the GPUs; searching without",
    )
    assert is_right(copies.search(small, QUERIES, 5, None), small)
    copies.close()


def test_memory_that_is_full_while_copying_frees_what_was_copied(segment: Segment) -> None:
    gpu, other = FakeGpu(), FakeGpu("GPU 1 (fake)", most_bytes=1000)
    copies = GpuCopies(opener(gpu, other), CopyOptions())
    copies.use([segment])
    assert copies.warnings == ("a GPU has no memory left; searching without",)
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    until(lambda: gpu.used_bytes == other.used_bytes == 0)
    copies.close()


def test_a_limit_of_memory_counts_what_is_copied_already(segment: Segment) -> None:
    limit = 7_000 * ROW_BYTES
    copies = GpuCopies(opener(FakeGpu()), CopyOptions(memory_bytes=limit))
    copies.use([segment])
    assert copies.n_held == N_ROWS
    copies.use([segment, made_segment("b", VECTORS[:1_500])])
    assert copies.n_held == N_ROWS
    assert "1,500 clips do not fit" in copies.warnings[0]
    copies.use([segment, made_segment("c", VECTORS[:900])])
    assert (copies.n_held, copies.warnings) == (N_ROWS + 900, ())
    copies.close()


def test_a_gpu_that_hangs_costs_one_question_some_time(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies_module, "Owner", lambda opened: Owner(opened, answer_s=0.2))
    gpu = FakeGpu()
    copies = GpuCopies(opener(gpu), CopyOptions())
    copies.use([segment])
    gpu.gate.clear()
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    assert copies.warnings == ("GPU 0 (fake) did not answer in 0.2 s; searching without",)
    gpu.gate.set()
    copies.close()


def test_of_two_gpus_the_other_answers_when_one_is_lost(segment: Segment) -> None:
    gpus = FakeGpu(), FakeGpu("GPU 1 (fake)")
    copies = GpuCopies(opener(*gpus), CopyOptions())
    copies.use([segment])
    gpus[0].errors = gpus[1].errors = [RuntimeError("lost")]
    for each in gpus:
        each.batches.clear()
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    assert len(copies.warnings) == 1
    assert (copies.n_held, sum(len(each.batches) for each in gpus)) == (N_ROWS, 1)
    copies.close()


def test_a_copy_that_finds_other_rows_is_not_used(gpu: FakeGpu, segment: Segment) -> None:
    gpu.spoil = lambda rows: rows // 2
    copies = GpuCopies(opener(gpu), CopyOptions())
    copies.use([segment])
    assert copies.n_held == 0
    assert "a copy of 6,000 clips on GPU 0 (fake) finds" in copies.warnings[0]
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    gpu.spoil = lambda rows: rows
    copies.use([segment])
    assert copies.n_held == 0, "and stays refused"
    assert "finds" in copies.warnings[0]
    assert gpu.n_opened == 1
    until(lambda: gpu.used_bytes == 0)
    copies.close()


def test_rows_that_do_not_exist_or_come_twice_are_never_returned(
    gpu: FakeGpu, segment: Segment, made: GpuCopies
) -> None:
    gpu.spoil = lambda rows: np.zeros_like(rows)
    assert is_right(made.search(segment, QUERIES, 5, None), segment)
    gpu.spoil = lambda rows: rows + N_ROWS
    assert is_right(made.search(segment, QUERIES, 5, None), segment)
    assert made.warnings == ("a GPU proposed rows that do not exist; searching without",)
    assert made.n_held == 0


def test_a_row_that_is_not_allowed_is_never_returned(
    gpu: FakeGpu, segment: Segment, made: GpuCopies
) -> None:
    nearest = made.search(segment, QUERIES, 1, None)[1]
    allowed = ~np.isin(np.arange(N_ROWS), nearest)
    gpu.spoil = lambda rows: np.concatenate([nearest, rows[:, 1:]], axis=1)
    rows = made.search(segment, QUERIES, 5, allowed)[1]
    assert allowed[rows].all()
    assert gpu.masked == 1


def test_few_allowed_rows_are_read_on_the_cpu_and_many_masked_on_the_gpu(
    gpu: FakeGpu, segment: Segment, made: GpuCopies
) -> None:
    for n_allowed, masked in ((4_000, 0), (5_000, 1)):
        allowed = np.arange(N_ROWS) < n_allowed
        rows = made.search(segment, QUERIES, 5, allowed)[1]
        assert np.array_equal(rows, segment.index.search(QUERIES, 5, allowed=allowed)[1])
        assert gpu.masked == masked


def test_segments_in_memory_and_small_ones_are_not_copied(segment: Segment) -> None:
    copies = GpuCopies(opener(FakeGpu()), CopyOptions(least_clips=N_ROWS))
    in_memory = Segment(segment.columns, (), segment.index, segment.means)
    small = made_segment("small", VECTORS[: N_ROWS - 1])
    copies.use([in_memory, small])
    assert copies.n_held == 0
    copies.use([in_memory, small, segment])
    assert copies.n_held == N_ROWS
    assert is_right(copies.search(in_memory, QUERIES, 5, None), segment)
    copies.close()


def test_nothing_is_opened_before_so_many_questions(gpu: FakeGpu, segment: Segment) -> None:
    copies = GpuCopies(opener(gpu), CopyOptions(after_questions=3))
    copies.use([segment])
    for _ in range(2):
        copies.search(segment, QUERIES, 5, None)
    assert gpu.n_opened == 0
    copies.search(segment, QUERIES, 5, None)
    until(lambda: copies.n_held == N_ROWS)
    gpu.batches.clear()
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
    assert gpu.batches == [len(QUERIES)]
    copies.use([segment, made_segment("b", VECTORS[:200])])
    until(lambda: copies.n_held == N_ROWS + 200)
    copies.close()


def test_gpus_that_nobody_can_use_are_said(segment: Segment) -> None:
    copies = GpuCopies(opener(), CopyOptions())
    copies.use([segment])
    assert copies.warnings == ("neither torch nor FAISS can use the GPUs here; searching without",)

    copies = GpuCopies(opener(), CopyOptions(is_asked_for=False))
    copies.use([segment])
    assert copies.warnings == ()

    def broken() -> Mapping[int, Callable[[], Device]]:
        raise ImportError("libcudart.so.13 is missing")

    copies = GpuCopies(broken, CopyOptions())
    copies.use([segment])
    assert "ImportError: libcudart.so.13 is missing" in copies.warnings[0]
    assert is_right(copies.search(segment, QUERIES, 5, None), segment)
