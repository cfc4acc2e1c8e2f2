"""Pages are made some at a time; one that waits for something keeps nobody waiting for long."""

import threading
import time

import pytest

from tests.ui.conftest import PATIENCE_S
from ui.pages.turns import Turns


def most_at_once(turns: Turns, n_pages: int = 20) -> int:
    """Make pages, all asked for at once, and see how many were made at the same time."""
    lock, at_once, most, n_made = threading.Lock(), 0, 0, 0

    def make() -> None:
        nonlocal at_once, most, n_made
        with turns.taken():
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.005)
            with lock:
                at_once -= 1
                n_made += 1

    pages = [threading.Thread(target=make) for _ in range(n_pages)]
    for each in pages:
        each.start()
    for each in pages:
        each.join(PATIENCE_S)
    assert n_made == n_pages
    return most


def test_so_many_at_a_time_and_each_in_its_turn() -> None:
    assert most_at_once(Turns(at_once=2, held_s=PATIENCE_S)) == 2


def test_a_page_that_fails_gives_its_turn_back() -> None:
    turns = Turns(at_once=1, held_s=PATIENCE_S)
    began_s = time.monotonic()
    for _ in range(3):
        with pytest.raises(ValueError, match="a page"), turns.taken():
            raise ValueError("a page")
    with turns.taken():
        pass
    assert time.monotonic() - began_s < PATIENCE_S  # a turn that is kept is waited for so long


def test_a_page_that_hangs_holds_the_others_up_once() -> None:
    turns = Turns(at_once=1, held_s=0.5)
    hangs, ends = threading.Event(), threading.Event()

    def hang() -> None:
        with turns.taken():
            hangs.set()
            ends.wait(PATIENCE_S)

    stuck = threading.Thread(target=hang)
    stuck.start()
    assert hangs.wait(PATIENCE_S)
    began_s = time.monotonic()
    with turns.taken():
        pass
    assert 0.2 < time.monotonic() - began_s < PATIENCE_S / 2
    assert most_at_once(turns) == 1
    assert stuck.is_alive()
    ends.set()
    stuck.join(PATIENCE_S)
    with turns.taken():
        pass
