"""What `status` and the web API tell of the recommender's model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.terminal.answer import Document
from ui.terminal.text import count

if TYPE_CHECKING:
    from data.catalogue.catalogue import Catalogue
    from data.errors import ReelwiseError


def recommender_document(catalogue: Catalogue) -> Document:
    """Which model answers, what it was fitted on and with, and how much is new since."""
    from recommender.model.manifest import settings_of
    from recommender.model.status import model_status

    found = model_status(catalogue)
    manifest = found.manifest
    document: Document = {
        "model": found.name if manifest else "quick",
        "fitted_at": manifest.made_at if manifest else None,
        "events": manifest.kept.events if manifest else 0,
        "people": manifest.kept.people if manifest else 0,
        "videos": manifest.videos if manifest else 0,
        "events_since": found.events_since,
        "stale": found.stale,
        "training_due": found.due,
        "warning": model_warning(found.trouble),
    }
    if manifest is None:
        return document
    weights = settings_of(manifest).weights
    return document | {
        "chosen": manifest.chosen,
        "why": manifest.why,
        "figures": manifest.figures,
        "settings": {name: one for name, one in manifest.settings.items() if name != "weights"},
        "weights": {name: weights.rounded(name) for name in weights.used},
        "kept": {"until": manifest.kept.until, "what": manifest.kept.what}
        | {"sources": manifest.kept.sources},
        "took_s": manifest.took_s,
        "bytes": sum(file.size_bytes for file in manifest.files.values()),
    }


def recommender_line(document: Document) -> str:
    """The same in a line for a person."""
    since = count(document["events_since"], "event")
    if document["fitted_at"] is None:
        return f"a quick model, {since} in the history   (reelwise train recommender)"
    told = f"{document['model']}, {document['chosen']}, of {document['fitted_at']}"
    late = "   (stale: reelwise train recommender)" if document["stale"] else ""
    return f"{told}, on {count(document['events'], 'event')}, {since} since{late}"


def model_warning(trouble: ReelwiseError | None) -> str | None:
    """Why the stored model does not answer; None where nothing is wrong."""
    if trouble is None:
        return None
    return f"{trouble.problem}; a quick model answers (reelwise train recommender makes a new one)"
