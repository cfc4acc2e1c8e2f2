"""The status of a library, made once for command line, API and pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from data.errors import ReelwiseError

if TYPE_CHECKING:
    from data.catalogue.catalogue import Catalogue


class FailureDocument(TypedDict):
    """A file that could not be indexed, or only in part."""

    path: str
    """The file."""
    state: str
    """`partial`, `failed` or `quarantined`."""
    reason: str
    """What went wrong."""
    attempts: int
    """How many times it was tried."""


class ModelDocument(TypedDict):
    """The recommender's model: what it was fitted on, and what is new since."""

    model: str
    """Its name; `quick` is the one fitted in memory where none is trained."""
    fitted_at: str | None
    """ISO 8601 UTC; None where none is trained."""
    events: int
    """Events it was fitted on."""
    people: int
    """Users it was fitted on."""
    videos: int
    """Videos it was fitted for."""
    events_since: int
    """Events added since."""
    stale: bool
    """There is a model, and it should be trained again."""
    training_due: bool
    """Enough is new to train one."""
    warning: str | None
    """Why the trained model is not used."""
    settings_from: NotRequired[str]
    """`history` if settings were chosen on the later part of it, else `default`."""
    why: NotRequired[str]
    """The reason for it, in words."""
    figures: NotRequired[dict[str, float]]
    """Measured with its weights and without."""
    settings: NotRequired[dict[str, Any]]
    """What it was fitted with."""
    weights: NotRequired[dict[str, list[float]]]
    """Weight of each source, by length of history."""
    kept: NotRequired[dict[str, Any]]
    """What it keeps of people."""
    took_s: NotRequired[float]
    """Seconds of training."""
    bytes: NotRequired[int]
    """Size of its files."""
    refits: NotRequired[Any]
    """Training in the background, where a server does it."""


class StatusDocument(TypedDict):
    """What is in a library, and what is not."""

    home: str
    """Its folder."""
    videos: int
    """Searchable videos."""
    clips: int
    """Their clips."""
    partial: int
    """Videos of these that were read only in part."""
    failed: int
    """Files and videos that could not be read."""
    pending: int
    """Videos not tried yet."""
    files: int
    """Files."""
    copies: int
    """Files beyond the first of each video."""
    events: int
    """Watch events."""
    users: int
    """Users who have some."""
    encoder: str | None
    """Name of the encoder; None where nothing is indexed."""
    encoder_id: str | None
    """Its identity."""
    encoder_notice: str | None
    """What to know of it: its temporal head is not used, or cannot be read."""
    generation: int | None
    """The published index."""
    index_kind: str | None
    """Its kind."""
    recall_at_10: float | None
    """Its recall@10 against brute force."""
    warning: str | None
    """Why the published index cannot be used."""
    bytes: int
    """Size of the home on disk."""
    roots: list[str]
    """Folders that were indexed."""
    recommender: ModelDocument
    """The recommender's model."""
    failures: NotRequired[list[FailureDocument]]
    """What could not be read; only on request."""


class _Generation(TypedDict):
    generation: int | None
    index_kind: str | None
    recall_at_10: float | None
    warning: str | None


def status_document(catalogue: Catalogue, *, with_failures: bool = False) -> StatusDocument:
    """The status of the library that a catalogue belongs to; no index or encoder is loaded."""
    counts, index = catalogue.counts(), _generation(catalogue)
    document: StatusDocument = {
        "home": str(catalogue.home.root),
        "videos": counts["videos"],
        "clips": counts["clips"],
        "partial": counts["partial"],
        "failed": counts["failed"],
        "pending": counts["pending"],
        "files": counts["files"],
        "copies": counts["copies"],
        "events": counts["events"],
        "users": counts["users"],
        "encoder": catalogue.encoder_name,
        "encoder_id": catalogue.encoder,
        "encoder_notice": _encoder_notice(catalogue.encoder_name),
        "generation": index["generation"],
        "index_kind": index["index_kind"],
        "recall_at_10": index["recall_at_10"],
        "warning": index["warning"],
        "bytes": _size_bytes_below(catalogue.home.root),
        "roots": [str(root) for root in catalogue.files.roots()],
        "recommender": model_document(catalogue),
    }
    if with_failures:
        document["failures"] = [
            {
                "path": str(each.path),
                "state": str(each.state),
                "reason": each.reason,
                "attempts": each.attempts,
            }
            for each in catalogue.embeddings.failures(catalogue.encoder)
        ]
    return document


def _encoder_notice(name: str | None) -> str | None:
    from embeddings.temporal.record import unserved_notice

    try:
        return unserved_notice(name)
    except ReelwiseError as error:
        return error.problem


def _generation(catalogue: Catalogue) -> _Generation:
    from indexer.store.generations import read_current
    from indexer.store.manifest import read_manifest

    facts: _Generation = {
        "generation": None,
        "index_kind": None,
        "recall_at_10": None,
        "warning": None,
    }
    name = read_current(catalogue.home)
    if name is None:
        return facts
    try:
        manifest = read_manifest(catalogue.home.index / name)
    except ReelwiseError as error:
        facts["warning"] = f"{error.problem} (reelwise rebuild makes a new one)"
        return facts
    return {
        "generation": manifest.generation,
        "index_kind": manifest.index_kind,
        "recall_at_10": manifest.recall_at_10,
        "warning": None,
    }


def _size_bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; a file that vanishes meanwhile counts as 0."""
    total = 0
    for path in folder.rglob("*"):
        try:
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_size
        except OSError:
            continue
    return total


def model_document(catalogue: Catalogue) -> ModelDocument:
    """Which recommender model is used, what it was fitted on and how, and what is new since."""
    from recommender.model.model import settings_from_json
    from recommender.model.status import model_status

    status = model_status(catalogue)
    manifest = status.manifest
    document: ModelDocument = {
        "model": status.name if manifest and status.name else "quick",
        "fitted_at": manifest.made_at if manifest else None,
        "events": manifest.kept.events if manifest else 0,
        "people": manifest.kept.people if manifest else 0,
        "videos": manifest.videos if manifest else 0,
        "events_since": status.events_since,
        "stale": status.stale,
        "training_due": status.due,
        "warning": model_warning(status.trouble),
    }
    if manifest is None:
        return document
    weights = settings_from_json(manifest.settings).weights
    document["settings_from"], document["why"] = manifest.settings_from, manifest.why
    document["figures"], document["took_s"] = manifest.figures, manifest.took_s
    document["settings"] = manifest.settings["of_sources"]
    document["weights"] = {name: weights.rounded(name) for name in weights.used}
    kept = manifest.kept
    document["kept"] = {"until": kept.until, "what": kept.what, "sources": kept.sources}
    document["bytes"] = sum(file.size_bytes for file in manifest.files.values())
    return document


def model_warning(trouble: ReelwiseError | None) -> str | None:
    """Why the saved model is not used; None where nothing is wrong."""
    if trouble is None:
        return None
    return f"{trouble.problem}; a quick model answers (reelwise train recommender makes a new one)"
