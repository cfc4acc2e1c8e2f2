"""Pictures of new videos are made before anybody asks for them: cards come at once.

One at a time, by the same children as those of visitors, and only of what is newest: others are
made when they are first shown.
"""

from __future__ import annotations

import threading
from typing import Self

from data.errors import ReelwiseError
from data.video.children.pool import StillWanted
from ui.library.library import Library
from ui.library.pictured import picture_s
from ui.server.media.pictures import Pictures
from ui.server.media.turns import Unmade

EVERY_S = 5.0
NEWEST = 120
"""Videos whose picture is made early: some pages of cards."""


class Ended(Exception):
    """The server ends."""


class EarlyPictures:
    """Makes the pictures of new videos in the background; a context manager.

    Args:
        library: The library.
        pictures: Makes and keeps them.
        every_s: Pause between two looks at what is new.
    """

    def __init__(self, library: Library, pictures: Pictures, *, every_s: float = EVERY_S) -> None:
        self._library = library
        self._pictures = pictures
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="early-pictures", daemon=True)
        self._seen: object = None
        self._tried: set[int] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=1)

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            try:
                self.make_new(self._still_wanted)
            except Ended:
                return
            except (ReelwiseError, OSError):
                continue  # a library that is being repaired; visitors are told

    def _still_wanted(self) -> None:
        if self._ending.is_set():
            raise Ended

    def make_new(self, still_wanted: StillWanted) -> int:
        """Make the pictures that are missing of the newest videos; gives how many were made.

        Each video is tried once. `still_wanted` raises where it is to end.
        """
        catalogue = self._library.catalogue
        if self._seen == (now := catalogue.changes()):
            return 0
        made = 0
        for video in catalogue.newest(NEWEST):
            still_wanted()
            if video.id in self._tried:
                continue
            self._tried.add(video.id)
            wanted = self._pictures.thumbnail(video.id, picture_s(video))
            if isinstance(wanted, Unmade) and wanted.ready() is None:
                made += wanted.make(still_wanted).status_code == 200
        self._seen = now
        return made
