"""The thread that owns a GPU: batches, and never a wait without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial

import numpy as np
import pytest

from data.arrays import Floats, Ids
from indexer.store.gpu import owner as owner_module
from indexer.store.gpu.devices.device import Copy, DeviceFull, DeviceLost
from indexer.store.gpu.owner import Owner
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import FlatRows
from tests.indexer.store.gpu.fake_gpu import FakeDevice, FakeGpu
from tests.indexer.store.rows.index_contract import clustered

ROWS = clustered(300)


@pytest.fixture
def gpu() -> FakeGpu:
    return FakeGpu()


@pytest.fixture
def owner(gpu: FakeGpu) -> Iterator[Owner]:
    made = Owner(partial(FakeDevice, gpu), answer_s=20.0)
    yield made
    gpu.gate.set()
    made.close()


def copied(owner: Owner) -> Copy:
    index = FlatRows.build(HalfMatrix.of(ROWS))
    return owner.do(lambda device: device.copy_rows(index, 0, len(ROWS)))


def asked(owner: Owner, copy: Copy, queries: Floats, k: int = 3) -> Future[Ids]:
    answer = owner.ask(copy, queries, k, None)
    assert answer is not None
    return answer


def until(condition: object) -> None:
    """Wait for something that another thread does at once."""
    assert callable(condition)
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it never happened")


def held_up(gpu: FakeGpu, owner: Owner, copy: Copy) -> Future[Ids]:
    """Let the device hang at a question."""
    gpu.gate.clear()
    first = asked(owner, copy, ROWS[:1])
    until(lambda: owner.n_waiting == 0)
    return first


def test_questions_that_wait_are_asked_together_and_each_gets_its_own_rows(
    gpu: FakeGpu, owner: Owner
) -> None:
    copy = copied(owner)
    first = held_up(gpu, owner, copy)
    others = [asked(owner, copy, ROWS[at : at + 2], k=1 + at % 3) for at in range(10)]
    gpu.gate.set()
    assert owner.rows_of(first)[0, 0] == 0
    for at, answer in enumerate(others):
        rows = owner.rows_of(answer)
        assert rows.shape == (2, 1 + at % 3)
        assert rows[:, 0].tolist() == [at, at + 1]
    assert gpu.batches == [1, 20]


def test_a_lone_question_waits_for_nobody(gpu: FakeGpu, owner: Owner) -> None:
    copy = copied(owner)
    for at in range(3):
        assert owner.rows_of(asked(owner, copy, ROWS[at : at + 1]))[0, 0] == at
    assert gpu.batches == [1, 1, 1]


def test_who_waited_for_work_may_ask_in_the_same_instant(owner: Owner) -> None:
    copy = copied(owner)
    work = owner_module._Work(lambda _: None)
    at_once: list[Future[Ids] | None] = []
    work.answer.add_done_callback(lambda _: at_once.append(owner.ask(copy, ROWS[:1], 1, None)))
    assert owner._put(work)
    until(lambda: at_once)
    assert at_once != [None]


def test_a_batch_has_a_limit(gpu: FakeGpu, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_module, "BATCH", 5)
    copy = copied(owner)
    first = held_up(gpu, owner, copy)
    others = [asked(owner, copy, ROWS[at : at + 2]) for at in range(4)]
    gpu.gate.set()
    assert [owner.rows_of(each)[0, 0] for each in (first, *others)] == [0, 0, 1, 2, 3]
    assert gpu.batches == [1, 4, 4]


def test_one_with_a_mask_is_asked_alone(gpu: FakeGpu, owner: Owner) -> None:
    copy = copied(owner)
    first = held_up(gpu, owner, copy)
    allowed = np.arange(300) != 7
    masked = owner.ask(copy, ROWS[7:8], 3, allowed)
    plain = asked(owner, copy, ROWS[7:8])
    gpu.gate.set()
    assert masked is not None
    assert 7 not in owner.rows_of(masked)
    assert owner.rows_of(plain)[0, 0] == 7
    assert owner.rows_of(first)[0, 0] == 0
    assert gpu.batches == [1, 1, 1]


def test_while_a_copy_is_made_no_question_is_taken(gpu: FakeGpu, owner: Owner) -> None:
    copy = copied(owner)
    goes_on, began = threading.Event(), threading.Event()

    def slowly(_: object) -> None:
        began.set()
        goes_on.wait(timeout=30)

    making = threading.Thread(target=lambda: owner.do(slowly))
    making.start()
    began.wait(timeout=30)
    assert owner.ask(copy, ROWS[:1], 3, None) is None
    goes_on.set()
    making.join()
    until(lambda: owner.ask(copy, ROWS[:1], 3, None) is not None)


def test_a_device_that_does_not_answer_is_lost_and_all_who_wait_are_told(gpu: FakeGpu) -> None:
    owner = Owner(partial(FakeDevice, gpu), answer_s=0.2)
    copy = copied(owner)
    first = held_up(gpu, owner, copy)
    second = asked(owner, copy, ROWS[:1])
    with pytest.raises(DeviceLost, match=r"GPU 0 \(fake\) did not answer in 0.2 s"):
        owner.rows_of(first)
    with pytest.raises(DeviceLost, match="did not answer"):
        second.result(timeout=0)
    assert owner.is_lost
    with pytest.raises(DeviceLost, match="did not answer"):
        owner.ask(copy, ROWS[:1], 3, None)
    gpu.gate.set()
    owner.close()


def test_an_error_of_the_device_loses_it_and_one_of_memory_does_not(
    gpu: FakeGpu, owner: Owner
) -> None:
    copy = copied(owner)
    gpu.errors = [DeviceFull("no memory"), RuntimeError("CUDA error: lost\nand a page of advice")]
    with pytest.raises(DeviceFull):
        owner.rows_of(asked(owner, copy, ROWS[:1]))
    with pytest.raises(DeviceLost, match=r"failed: RuntimeError: CUDA error: lost$"):
        owner.rows_of(asked(owner, copy, ROWS[:1]))
    assert owner.is_lost


def test_a_device_that_cannot_be_opened_is_lost() -> None:
    owner = Owner(partial(FakeDevice, FakeGpu(refuses_to_open=True)))
    with pytest.raises(DeviceLost, match=r"a GPU failed: RuntimeError: CUDA error: no device$"):
        copied(owner)


def test_copies_are_given_back_by_the_thread_that_made_them(gpu: FakeGpu, owner: Owner) -> None:
    copy = copied(owner)
    assert gpu.used_bytes > 0
    owner.discard(copy)
    owner.do(lambda _: None)
    assert (gpu.used_bytes, gpu.strangers) == (0, 0)


def test_after_closing_nothing_is_asked_and_no_thread_is_left(gpu: FakeGpu) -> None:
    owner = Owner(partial(FakeDevice, gpu))
    copy = copied(owner)
    before = threading.active_count()
    owner.close()
    assert threading.active_count() == before - 1
    with pytest.raises(DeviceLost, match="closed"):
        owner.ask(copy, ROWS[:1], 3, None)
    owner.discard(copy)
