"""The library that the pages show: Streamlit runs them without arguments."""

import threading

from ui.library.library import Library

_lock = threading.Lock()
_library: Library | None = None


def open_for_pages(library: Library) -> None:
    """Make this library the one that the pages show."""
    global _library
    with _lock:
        _library = library


def library() -> Library:
    """The library of the server; one opened from REELWISE_HOME where no server set one."""
    global _library
    with _lock:
        if _library is None:
            _library = Library()
        return _library
