"""Examples of visitors are read two at a time, and only while their visitor is there.

A visitor is a session: one open tab. It reads one example at a time; what it asks next, and its
end, stop the reading within a second.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from streamlit import runtime
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from data.durable import make_dir
from ui.pages import cards

AT_ONCE = 2
"""Examples that are read at the same time, whatever the number of visitors."""
_PAUSE_S = 0.2
_SAY_EVERY_S = 0.5
_LEFT_OVER_S = 3600.0
_places = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def reading(say: Callable[[str], object]) -> Iterator[Callable[[], None]]:
    """Wait for a place to read an example; gives a function that stops where nobody waits.

    Args:
        say: Shows a line to the visitor. Streamlit raises inside it where the visitor has asked
            for something else or was closed.
    """
    still_here = _still_here(say)
    while not _places.acquire(timeout=_PAUSE_S):
        still_here("Other examples are being read; yours is next ...")
    try:
        yield lambda: still_here("Reading the example ...")
    finally:
        _places.release()


def _still_here(say: Callable[[str], object]) -> Callable[[str], None]:
    said_s = float("-inf")

    def look(words: str) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= _SAY_EVERY_S:
            said_s = time.monotonic()
            if not is_connected():
                raise StopException
            say(cards.note(words))

    return look


def is_connected() -> bool:
    """Whether the visitor of this page is still there; True outside of a server."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return True
    return runtime.get_instance().is_active_session(context.session_id)


@contextmanager
def as_file(cache: Path, upload: Any) -> Iterator[Path | None]:
    """The upload as a file in the home's cache, for as long as it is read; None for none."""
    if upload is None:
        yield None
        return
    with _folder_for_upload(cache / "uploads") as alone:
        # Under the name it was uploaded with, for error messages; never more than a name.
        file = Path(alone) / (Path(upload.name).name[-80:] or "example")
        file.write_bytes(upload.getbuffer())
        yield file


def remove_leftovers(cache: Path) -> None:
    """Remove uploads of a server that was ended while it read them: none is read for an hour."""
    folder = cache / "uploads"
    for alone in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            if time.time() - alone.stat().st_mtime > _LEFT_OVER_S:
                shutil.rmtree(alone)


def _folder_for_upload(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for one upload, in the cache; elsewhere where the home cannot be written."""
    try:
        make_dir(folder, private=True)
        return tempfile.TemporaryDirectory(dir=folder)
    except OSError:
        return tempfile.TemporaryDirectory(prefix="reelwise-")
