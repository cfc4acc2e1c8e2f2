"""What a server does for its library between requests."""

import gc
import threading
from typing import Self

from data.catalogue import Catalogue
from data.catalogue.guard.copies import copy_if_due

EVERY_S = 60.0


class Upkeep:
    """Empties the catalogue's log and copies the catalogue now and then; a context manager.

    A log that lives as long as the server holds many commits, and SQLite drops all of them that
    follow a damaged byte: it is worked into the file every minute. So is what visits left in memory
    in circles collected: Streamlit would do it after each run of a page, four fifths of its cost.

    Args:
        catalogue: Of the server's library.
        every_s: Pause between two rounds.
    """

    def __init__(self, catalogue: Catalogue, *, every_s: float = EVERY_S) -> None:
        self._catalogue = catalogue
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            self._catalogue.empty_log()
            copy_if_due(self._catalogue.home)
            gc.collect()
