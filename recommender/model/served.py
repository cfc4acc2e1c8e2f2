"""Which model answers: the stored one where it can be used, else a quick one; and why."""

from __future__ import annotations

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.forgetting import current_model, forgettings
from recommender.events.videos import VideoTable
from recommender.model.model import Settings
from recommender.model.store import StoredModel, open_model
from recommender.sources.base import Source

QUICK = "quick"
"""Name of the model that is fitted in memory with the shipped settings."""

Mark = tuple[str, int, int] | None


class ServedModel:
    """Keeps the stored model open for as long as it is the one to use.

    Args:
        catalogue: The library's.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: tuple[Mark, StoredModel] | None = None
        self.name = QUICK
        """The model in use."""
        self.trouble: ReelwiseError | None = None
        """Why the stored model is not in use; None where it is, or where there is none."""

    def mark(self) -> Mark:
        """What changes when another model is published, or the model is removed."""
        home = self._catalogue.home
        name = current_model(home)
        if name is None:
            return None
        try:
            found = home.current_model.stat()
        except FileNotFoundError:
            return None
        return name, found.st_mtime_ns, found.st_ino

    def fitted(self, videos: VideoTable) -> tuple[Settings | None, dict[str, Source] | None]:
        """Settings and learned sources for these videos; two None where a quick model answers."""
        self.name, self.trouble = QUICK, None
        try:
            stored = self._open()
            if stored is None:
                return None, None
            learned = stored.learned(videos)
        except ReelwiseError as error:
            self._kept, self.trouble = None, error
            return None, None
        self.name = stored.name
        return stored.settings, learned

    def _open(self) -> StoredModel | None:
        mark = self.mark()
        if self._kept is not None and self._kept[0] == mark and self._still(self._kept[1]):
            return self._kept[1]
        self._kept = None
        stored = open_model(self._catalogue.home, self._catalogue)
        if stored is not None:
            self._kept = mark, stored
        return stored

    def _still(self, stored: StoredModel) -> bool:
        told = stored.manifest
        encoder_id = self._catalogue.encoder
        return told.forgettings == forgettings(self._catalogue) and told.encoder_id == encoder_id
