"""What a server does between requests: the log stays short, copies are made."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.catalogue.guard.copies import copies
from data.history.history import History
from tests.indexer.stored import new_home, published
from tests.ui.conftest import PATIENCE_S
from ui.server.upkeep import Upkeep


def wait_for(true: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < PATIENCE_S
        time.sleep(0.01)


def size_bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_the_log_is_emptied_and_a_copy_is_made_while_the_library_is_open(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    published(home, ["a", "b"])
    for path in copies(home):
        path.unlink()
    log = home.catalogue.with_name("catalogue.db-wal")
    with Catalogue(home) as catalogue:
        History(catalogue).add("ann", "a")
        assert size_bytes(log) > 0
        with Upkeep(catalogue, every_s=0.01):
            wait_for(lambda: size_bytes(log) == 0 and len(copies(home)) == 1)
        assert len(list(History(catalogue).events())) == 1


def test_a_reader_keeps_the_log_and_is_not_waited_for(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    published(home, ["a"])
    with Catalogue(home) as catalogue:
        History(catalogue).add("ann", "a")
        with catalogue.reading() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
            History(catalogue).add("bob", "a")
            assert catalogue.empty_log() is False
        assert catalogue.empty_log() is True


def test_what_visits_left_in_circles_is_collected_between_requests(tmp_path: Path) -> None:
    class Left:
        itself: Left

    home = new_home(tmp_path)
    gc.disable()  # nothing collects by itself
    left = Left()
    left.itself = left
    gone = weakref.ref(left)
    del left
    try:
        with Catalogue(home) as catalogue, Upkeep(catalogue, every_s=0.01):
            wait_for(lambda: gone() is None)
    finally:
        gc.enable()
    assert gone() is None
