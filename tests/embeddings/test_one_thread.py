"""One thread of BLAS inside, and as many as before after the last block, whoever leaves first."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from embeddings.one_thread import one_thread


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {
        each.num_threads for each in ThreadpoolController().select(user_api="blas").lib_controllers
    }


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    with ThreadpoolController().limit(limits=3, user_api="blas"):
        yield


def test_blas_has_one_thread_inside_and_as_many_as_before_afterwards() -> None:
    before = blas_threads()
    assert before == {3}
    with one_thread():
        assert blas_threads() == {1}
        with one_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == before
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert blas_threads() == before


def test_blocks_of_several_threads_share_the_limit() -> None:
    entered, may_leave = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            entered.set()
            may_leave.wait(30)

    with one_thread():
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(30)
    assert blas_threads() == {1}, "the other block is not left yet"
    may_leave.set()
    thread.join()
    assert blas_threads() == {3}
