"""Of how many clips the heads that conditions ask have said nothing: these are not found."""

import threading
from dataclasses import replace

from data.catalogue import Catalogue
from indexer.search.query import Filters
from indexer.search.view import View

Key = tuple[str, int]
"""The revision of a head, and how often the library had changed."""


class UntoldClips:
    """What is said of clips that a condition leaves out untold. Threads may share it.

    Args:
        catalogue: The library.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._blind: dict[str, tuple[Key, int, str]] = {}

    def telling(self, view: View, filters: Filters) -> View:
        """The view, with a warning for each head that has not predicted of all clips."""
        missing = view.videos.unpredicted(filters.where)
        told = tuple(line for name, n in missing.items() for line in self._told(view, name, n))
        return replace(view, warnings=(*view.warnings, *told)) if told else view

    def _told(self, view: View, name: str, missing: int) -> list[str]:
        blind, why = self._cannot(view, name)
        lines = [f"the head {name} {why}"] if blind else []
        if missing > blind:
            lines.append(
                f"the head {name} has not predicted of {missing - blind:,} clips, which are left "
                "out; reelwise index brings it up to date, or says why it cannot"
            )
        return lines

    def _cannot(self, view: View, name: str) -> tuple[int, str]:
        """How many clips a head over small pictures cannot tell, and the words for it."""
        # Asked where predictions are missing alone: it loads what learns.
        from indexer.heads.predicting import looks_at_pictures, without_pictures

        known = self._catalogue.predictions.heads().get(name)
        if known is None or not looks_at_pictures(self._catalogue.home, name):
            return 0, ""
        key = known.revision, view.changes
        with self._lock:
            if name not in self._blind or self._blind[name][0] != key:
                untold = without_pictures(self._catalogue, known)
                self._blind[name] = key, untold.clips, untold.left_out
            return self._blind[name][1:]
