"""The library that the pages show: Streamlit runs them without arguments."""

import threading
from typing import Literal

from ui.library.library import Library
from ui.pages.turns import Turns

Access = Literal["", "own", "network", "locked"]
"""Who can open the pages: unknown, this computer, everyone in the network, who signs in."""
TURNS = Turns()
"""Of the pages of all visitors."""
_lock = threading.Lock()
_library: Library | None = None
_access: Access = ""


def open_for_pages(library: Library, access: Access = "") -> None:
    """Make this library the one that the pages show, and let them say who can open them."""
    global _library, _access
    with _lock:
        _library, _access = library, access


def access() -> Access:
    """Who can open the pages."""
    return _access


def library() -> Library:
    """The library of the server; one opened from REELWISE_HOME where no server set one."""
    global _library
    with _lock:
        if _library is None:
            _library = Library()
        return _library
