"""The state of the saved model without loading it: whether it is whole, and how old."""

from dataclasses import dataclass

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history import mark_history
from data.history.forgetting import current_model
from recommender.model.manifest import ModelManifest
from recommender.model.store import require_folder, require_named, require_whole, usable_manifest

DUE_SHARE = 0.05
"""A model is fitted anew once this part of its events has been added since: half of the events that
settings are chosen on have changed then."""
DUE_EVENTS = 50
"""Minimum number of added events: fewer cannot change the weights."""


@dataclass(frozen=True)
class ModelStatus:
    """The saved model and the history of now."""

    name: str | None
    """Its name; None where there is none."""
    manifest: ModelManifest | None
    """Its manifest; None where there is none that can be used."""
    events: int
    """Events in the history."""
    trouble: ReelwiseError | None = None
    """Why it is not used; None where it is, or where there is none."""

    @property
    def events_since(self) -> int:
        """Events added since it was fitted: all of them where there is none."""
        fitted_on = self.manifest.history.n_events if self.manifest else 0
        return max(0, self.events - fitted_on)  # an older catalogue may have fewer

    @property
    def due(self) -> bool:
        """Enough events are new to fit one."""
        fitted_on = self.events - self.events_since
        return self.events_since >= max(DUE_EVENTS, DUE_SHARE * fitted_on)

    @property
    def stale(self) -> bool:
        """There is a model, and it should be fitted anew."""
        return self.name is not None and (self.due or self.manifest is None)


def model_status(catalogue: Catalogue) -> ModelStatus:
    """The state of the current model: all of its bytes are checked, only the manifest is parsed."""
    name, events = current_model(catalogue.home), mark_history(catalogue).n_events
    try:
        require_folder(catalogue)
        require_named(catalogue.home)
    except ReelwiseError as error:
        return ModelStatus(None, None, events, error)
    if name is None:
        return ModelStatus(None, None, events)
    folder = catalogue.home.recommender / name
    try:
        manifest, _ = usable_manifest(folder, catalogue)
        require_whole(folder, manifest)
    except ReelwiseError as error:
        return ModelStatus(name, None, events, error)
    return ModelStatus(name, manifest, events)
