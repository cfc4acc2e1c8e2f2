"""What is known of the stored model without loading it: whether it is whole, and how old."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history.forgetting import current_model
from data.history.history import mark_history
from data.sealed import FileSum
from recommender.model.manifest import ModelManifest
from recommender.model.store import require_whole, usable_manifest

DUE_SHARE = 0.05
"""A model is fitted anew once this part of its events has come in since: half of the events that
settings are chosen on have changed then."""
DUE_EVENTS = 50
"""And at least so many: fewer cannot move weights that thirty questions chose."""


@dataclass(frozen=True)
class ModelStatus:
    """The stored model beside the history as it is now."""

    name: str | None
    """Its name; None where none is published."""
    manifest: ModelManifest | None
    """What it is; None where there is none that can be used."""
    events: int
    """Events in the history now."""
    trouble: ReelwiseError | None = None
    """Why it is not used; None where it is, or where there is none."""

    @property
    def events_since(self) -> int:
        """Events that came in since it was fitted: all of them where there is none."""
        return self.events - (self.manifest.history.n_events if self.manifest else 0)

    @property
    def due(self) -> bool:
        """Enough is new to fit one."""
        fitted_on = self.events - self.events_since
        return self.events_since >= max(DUE_EVENTS, DUE_SHARE * fitted_on)

    @property
    def stale(self) -> bool:
        """There is one, and it should be fitted anew."""
        return self.name is not None and (self.due or self.manifest is None)


def model_status(catalogue: Catalogue) -> ModelStatus:
    """Look at the published model: all of its bytes are checked, none is parsed but the manifest.

    A file is read once for each time it is written.
    """
    name, events = current_model(catalogue.home), mark_history(catalogue).n_events
    if name is None:
        return ModelStatus(None, None, events)
    folder = catalogue.home.recommender / name
    try:
        manifest = usable_manifest(folder, catalogue)
        for file, expected in manifest.files.items():
            _require_whole_once(folder, file, expected, _stamp(folder / file))
    except ReelwiseError as error:
        return ModelStatus(name, None, events, error)
    return ModelStatus(name, manifest, events)


@lru_cache(maxsize=8)
def _require_whole_once(
    folder: Path, file: str, expected: FileSum, stamp: tuple[int, ...] | None
) -> None:
    require_whole(folder, file, expected)


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
