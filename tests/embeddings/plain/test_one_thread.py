"""One thread of BLAS inside, and as many as before afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from embeddings.plain.one_thread import _libraries, one_thread


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {
        each.num_threads for each in ThreadpoolController().select(user_api="blas").lib_controllers
    }


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    _libraries.cache_clear()  # other tests may have loaded a BLAS since
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


def test_blocks_of_several_threads_follow_one_another_and_change_nothing() -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with one_thread():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert blas_threads() == {3}
