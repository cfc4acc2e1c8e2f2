"""Two examples are read at a time, and a visitor who leaves gives the place to the next."""

import os
import threading
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import StopException

from tests.ui.conftest import PATIENCE_S
from ui.pages import examples


class Left(BaseException):
    """As Streamlit's own: no `except Exception` may hold it."""


def test_two_are_read_at_a_time_and_a_third_is_told_to_wait() -> None:
    reading, release, waiting = threading.Semaphore(0), threading.Event(), threading.Event()
    at_once = most = 0
    lock = threading.Lock()

    def say(words: str) -> None:
        if "Other examples" in words:
            waiting.set()

    def visit() -> None:
        nonlocal at_once, most
        with examples.reading(say) as still_wanted:
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
    for _ in range(examples.AT_ONCE):
        assert reading.acquire(timeout=PATIENCE_S)
    assert waiting.wait(PATIENCE_S)
    release.set()
    for visitor in visitors:
        visitor.join(PATIENCE_S)
    assert most == examples.AT_ONCE


def test_a_visitor_who_leaves_frees_the_place() -> None:
    def leave(words: str) -> None:
        raise Left

    for _ in range(2 * examples.AT_ONCE):
        with pytest.raises(Left), examples.reading(leave) as still_wanted:
            still_wanted()


def test_who_leaves_while_waiting_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "_places", threading.BoundedSemaphore(1))

    def leave(words: str) -> None:
        raise Left

    with examples.reading(lambda words: None), pytest.raises(Left), examples.reading(leave):
        raise AssertionError("there was no place")
    with examples.reading(lambda words: None):
        pass


def test_the_reading_ends_where_the_session_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(examples, "is_connected", lambda: False)
    with pytest.raises(StopException), examples.reading(said.append) as still_wanted:
        still_wanted()
    assert said == []


def test_uploads_that_a_killed_server_left_are_removed(tmp_path: Path) -> None:
    examples.remove_leftovers(tmp_path)
    old, new = tmp_path / "uploads" / "old", tmp_path / "uploads" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "clip.mp4").write_bytes(b"x")
    os.utime(old, (0, 0))
    examples.remove_leftovers(tmp_path)
    assert not old.exists()
    assert (new / "clip.mp4").exists()
