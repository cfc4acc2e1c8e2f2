"""A visit: one open tab, which shows the page of its address.

What it asked last is worked on only while it is there. Examples of all visitors are read two at a
time.
"""

import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from streamlit import runtime
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from ui.library.asking.examples import READING

_PAUSE_S = 0.2
_TOUCH_EVERY_S = 0.5


def take_address(pages: Container[str]) -> None:
    """Let Streamlit run the page of the visitor's address, whichever it asks for.

    Streamlit's part in the browser names the page that it has drawn last. In a report of a page
    that was just left, and after a lost connection, that is not the one whose turn it is.

    Args:
        pages: The addresses of the pages, "" for the first; others are Streamlit's to refuse.
    """
    context = get_script_run_ctx()
    told = context.context_info if context is not None else None
    if context is None or told is None or not told.url:
        return
    path = urlsplit(told.url).path.strip("/")
    if path in pages:
        context.pages_manager.set_script_intent("", path)


@contextmanager
def still_wanted(touch: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Wait for a place to read an example; gives what raises where nobody waits for it any more.

    Args:
        touch: Writes anything to the visitor's page. Streamlit raises inside it where the visitor
            has asked for something else or was closed.
    """
    look = _looking(touch)
    while not READING.acquire(timeout=_PAUSE_S):
        look()
    try:
        yield look
    finally:
        READING.release()


def _looking(touch: Callable[[], object]) -> Callable[[], None]:
    touched_s = float("-inf")

    def look() -> None:
        nonlocal touched_s
        if time.monotonic() - touched_s >= _TOUCH_EVERY_S:
            touched_s = time.monotonic()
            if not is_connected():
                raise StopException
            touch()

    return look


def is_connected() -> bool:
    """Whether the visitor of this page is still there; True outside of a server."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return True
    return runtime.get_instance().is_active_session(context.session_id)
