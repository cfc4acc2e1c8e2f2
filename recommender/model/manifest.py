"""The manifest of a stored model: what it was fitted on, with which settings, and what it keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data import sealed
from data.errors import ReelwiseError
from data.history.history import HistoryMark
from data.sealed import MANIFEST_FILE, FileSum
from recommender.model.blend import HISTORIES, Weights
from recommender.model.model import SOURCES, Settings, to_learn

FORMAT = 1
FEW_PEOPLE = 10
"""With fewer people than this, sums over people come close to what one of them did."""


@dataclass(frozen=True)
class Kept:
    """What a model keeps of people."""

    people: int
    """People whose events it was fitted on."""
    events: int
    """Events."""
    until: str | None
    """Time of the last of them, ISO 8601 UTC."""
    what: str
    """In words."""
    sources: dict[str, str]
    """What the arrays of each source hold."""


@dataclass(frozen=True)
class ModelManifest:
    """What a stored model is."""

    format: int
    """Version of this layout."""
    model: int
    """Its number: rises by one with each publication, and is never used again."""
    made_at: str
    """When, ISO 8601 UTC."""
    took_s: float
    """Seconds that choosing and fitting took."""
    encoder_id: str
    """Whose vectors it was fitted with."""
    videos: int
    """Videos that it was fitted for; their ids are the array `video_ids`."""
    history: HistoryMark
    """How far the history had come."""
    forgettings: int
    """People forgotten before it was fitted."""
    chosen: Literal["tuned", "shipped"]
    """Whether settings were chosen on the later part of this history."""
    why: str
    """Why so, in words."""
    figures: dict[str, float]
    """What spoke for its weights; see `recommender.choosing.weights.learn`."""
    settings: dict[str, Any]
    """What it was fitted with; `settings_of` reads it."""
    kept: Kept
    """What it keeps of people."""
    kinds: dict[str, str]
    """Kind of each stored source."""
    same: dict[str, str]
    """Arrays that are those of another source."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""


def as_bytes(manifest: ModelManifest) -> bytes:
    """The manifest as `read_model_manifest` reads it."""
    return sealed.seal(asdict(manifest))


def read_model_manifest(folder: Path) -> ModelManifest:
    """Read and verify the manifest alone.

    Raises:
        ReelwiseError: It is missing, changed since it was written, or of another version.
    """
    try:
        values = sealed.unseal((folder / MANIFEST_FILE).read_bytes())
    except OSError as error:
        raise unusable(folder, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise unusable(folder, f"{MANIFEST_FILE} is not as it was written") from error
    try:
        if values["format"] != FORMAT:
            raise unusable(folder, f"it has format {values['format']}, this reelwise {FORMAT}")
        values["files"] = {name: FileSum(**known) for name, known in values["files"].items()}
        values["history"] = HistoryMark(**values["history"])
        values["kept"] = Kept(**values["kept"])
        manifest = ModelManifest(**values)
        settings_of(manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(folder, f"another version of reelwise wrote it ({error})") from error
    return manifest


def unusable(folder: Path, why: str) -> ReelwiseError:
    """The error for a model that must not be used."""
    return ReelwiseError(
        f"the recommender's model {folder.name} cannot be used: {why}",
        fix="reelwise train recommender      (until then a quick model answers)",
    )


def told_settings(settings: Settings) -> dict[str, Any]:
    """Settings as JSON knows them."""
    told = {one.name: getattr(settings, one.name) for one in fields(settings)}
    weights = settings.weights
    return told | {"weights": {"names": list(weights.names), "table": weights.table.tolist()}}


def settings_of(manifest: ModelManifest) -> Settings:
    """What a model was fitted with.

    Raises:
        ValueError: Its weights are of sources that are not known here, or not stored.
        TypeError: It has a setting that is not known here.
    """
    told = manifest.settings
    names, table = tuple(told["weights"]["names"]), np.asarray(told["weights"]["table"], float)
    weights = Weights(names, table)
    unknown = sorted({*names, *manifest.kinds} - {*SOURCES})
    if unknown or table.shape != (len(HISTORIES), 2 * len(names)):
        raise ValueError(f"weights must be of known sources, got {unknown or table.shape}")
    missing = sorted({*to_learn(weights)} - {*manifest.kinds})
    if missing:
        raise ValueError(f"every source with a weight must be stored, missing {missing}")
    return Settings(**{**told, "weights": weights})


def in_words(people: int) -> str:
    """What any model keeps of so many people."""
    told = "item-item sums over people; no names, no single history"
    if people >= FEW_PEOPLE:
        return told
    return f"{told}; over so few people as {people} such sums come close to what one of them did"
