"""Two examples are read at a time, and a visitor who leaves gives the place to the next."""

import threading

import pytest
from streamlit.runtime.scriptrunner import StopException

from tests.ui.conftest import PATIENCE_S
from ui.pages import visits

AT_ONCE = 2


class Left(BaseException):
    """As Streamlit's own: no `except Exception` may hold it."""


def test_two_are_read_at_a_time_and_a_third_waits() -> None:
    reading, release, waiting = threading.Semaphore(0), threading.Event(), threading.Event()
    at_once = most = 0
    lock = threading.Lock()

    def touch() -> None:
        if at_once == AT_ONCE:
            waiting.set()

    def visit() -> None:
        nonlocal at_once, most
        with visits.still_wanted(touch) as still_wanted:
            with lock:
                at_once += 1
                most = max(most, at_once)
            still_wanted()
            reading.release()
            release.wait(PATIENCE_S)
            with lock:
                at_once -= 1

    visitors = [threading.Thread(target=visit) for _ in range(5)]
    for visitor in visitors:
        visitor.start()
    for _ in range(AT_ONCE):
        assert reading.acquire(timeout=PATIENCE_S)
    assert waiting.wait(PATIENCE_S)
    release.set()
    for visitor in visitors:
        visitor.join(PATIENCE_S)
    assert most == AT_ONCE


def test_a_visitor_who_leaves_frees_the_place() -> None:
    def leave() -> None:
        raise Left

    for _ in range(2 * AT_ONCE):
        with pytest.raises(Left), visits.still_wanted(leave) as still_wanted:
            still_wanted()


def test_who_leaves_while_waiting_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "READING", threading.BoundedSemaphore(1))

    def leave() -> None:
        raise Left

    with visits.still_wanted(lambda: None), pytest.raises(Left), visits.still_wanted(leave):
        raise AssertionError("there was no place")
    with visits.still_wanted(lambda: None):
        pass


def test_the_reading_ends_where_the_session_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[None] = []
    monkeypatch.setattr(visits, "is_connected", lambda: False)
    with (
        pytest.raises(StopException),
        visits.still_wanted(lambda: touched.append(None)) as still_wanted,
    ):
        still_wanted()
    assert touched == []
