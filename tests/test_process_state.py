"""A test that leaves the process changed fails, whatever it changed."""

import asyncio
import locale
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Callable

import cv2
import faiss  # noqa: TID251  (it has threads of its own)
import numpy as np
import pytest
import torch

from tests.process_state import process_state, unchanged_process_state

HANDLER = logging.NullHandler()
LOOP = asyncio.new_event_loop()
LOOP.close()
Step = Callable[[], object]


def setting(
    get: Callable[[], object], put: Callable[..., object], value: object
) -> tuple[Step, Step]:
    """A change through a pair of functions, and how it is undone."""
    before = get()
    return lambda: put(value), lambda: put(before)


def _set_time_zone(name: str) -> None:
    os.environ["TZ"] = name
    time.tzset()


def _forget_time_zone() -> None:
    del os.environ["TZ"]
    time.tzset()


CHANGES: dict[str, tuple[Step, Step]] = {
    "the environment": (
        lambda: os.environ.update(REELWISE_TEST="1"),
        lambda: os.environ.pop("REELWISE_TEST"),
    ),
    "the working folder": setting(os.getcwd, os.chdir, "/"),
    "the umask": setting(lambda: process_state()["the umask"], os.umask, 0o111),
    "the locale": setting(
        lambda: locale.setlocale(locale.LC_NUMERIC),
        lambda name: locale.setlocale(locale.LC_NUMERIC, name),
        "C.UTF-8" if locale.setlocale(locale.LC_NUMERIC) == "C" else "C",
    ),
    "the time zone": (lambda: _set_time_zone("Asia/Kathmandu"), _forget_time_zone),
    "the import path": (lambda: sys.path.insert(0, "/"), lambda: sys.path.pop(0)),
    "the main module": setting(
        lambda: sys.modules["__main__"],
        lambda module: sys.modules.update(__main__=module),
        sys,
    ),
    "logging": (
        lambda: logging.root.addHandler(HANDLER),
        lambda: logging.root.removeHandler(HANDLER),
    ),
    "the running event loop": setting(asyncio._get_running_loop, asyncio._set_running_loop, LOOP),
    "signal handlers": setting(
        lambda: signal.getsignal(signal.SIGTERM),
        lambda handler: signal.signal(signal.SIGTERM, handler),
        signal.SIG_IGN,
    ),
    "the threads of torch": setting(torch.get_num_threads, torch.set_num_threads, 3),
    "the threads of faiss": setting(faiss.omp_get_max_threads, faiss.omp_set_num_threads, 3),
    "the threads of OpenCV": setting(cv2.getNumThreads, cv2.setNumThreads, 3),
    "the error handling of numpy": setting(
        np.geterr, lambda kinds: np.seterr(**kinds), {"divide": "raise"}
    ),
}


def test_every_kind_of_state_is_tried() -> None:
    assert set(CHANGES) == set(process_state())


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_left_changed_is_named(name: str) -> None:
    change, undo = CHANGES[name]
    try:
        with (
            pytest.raises(AssertionError, match=f"{re.escape(name)} (was|differs in) "),
            unchanged_process_state(),
        ):
            change()
    finally:
        undo()


def test_what_is_put_back_is_no_change() -> None:
    before = process_state()
    for change, undo in CHANGES.values():
        with unchanged_process_state():
            change()
            undo()
    assert process_state() == before


def test_every_test_is_watched(request: pytest.FixtureRequest) -> None:
    first, second = request.fixturenames[:2]
    assert [first, second] == [
        "_process_is_left_as_it_was_by_a_module",
        "_process_is_left_as_it_was",
    ]
