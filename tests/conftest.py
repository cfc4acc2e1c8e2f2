"""What holds for every test: one thread per process, and no change of the process that outlives it.

OpenMP's threads spin while they wait for one another; on a busy machine two of them take minutes
for what one does in seconds. The variables are set before anything heavy is imported, and every
process that a test starts inherits them.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.page.chromium import CHROMIUM, open_chromium
from embeddings.backbone.computing.early_checks import count_gpus
from tests.needs_gpu import skip_without_gpu
from tests.process_state import unchanged_process_state

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TESTS = Path(__file__).parent
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Nothing that is imported goes again: the collector need not look at it, now or later."""
    gc.disable()
    try:
        _import_own_share_first(session.config)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """What is left goes with the process, as libraries expect that count what they leave."""
    gc.unfreeze()


def _import_own_share_first(config: pytest.Config) -> None:
    """Rewriting the asserts of a file takes longer than reading what another process made of it.

    So each process of a run of all tests begins with other files, and keeps what it makes.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or [Path(each).resolve() for each in config.args] != [TESTS]:
        return
    files = sorted(TESTS.rglob("test_*.py"))
    number, count = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in files[number::count]:
        # What is wrong with a file is told when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: no process works at one alone while the others have ended."""

    def cpu_s(item: pytest.Item) -> float:
        mark = item.get_closest_marker("long")
        return 0.0 if mark is None else float(mark.args[0])

    longest: dict[Path, float] = {}
    for item in items:
        longest[item.path] = max(longest.get(item.path, 0.0), cpu_s(item))
    items.sort(key=lambda item: -longest[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests marked `gpu` are passed over without a GPU, or fail."""
    if item.get_closest_marker("gpu") is not None:
        skip_without_gpu(count_gpus(), os.environ)


@pytest.fixture(autouse=True)
def _process_is_left_as_it_was() -> Iterator[None]:
    """Set up before every other fixture of a test, so that it looks when all have put back."""
    with unchanged_process_state():
        yield


@pytest.fixture(autouse=True, scope="module")
def _process_is_left_as_it_was_by_a_module() -> Iterator[None]:
    """The same for the fixtures of a whole module."""
    with unchanged_process_state():
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it these tests are skipped, or fail where REELWISE_REQUIRE_BROWSER=1.

    Ends with its file: while it is open, this process can run no event loop of another test.
    """
    required = os.environ.get("REELWISE_REQUIRE_BROWSER") == "1"
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (REELWISE_CHROMIUM names another)"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    with open_chromium() as browser:
        yield browser
