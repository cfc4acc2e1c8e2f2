"""The manifest of a saved model: what it was fitted on, with which settings, and what it keeps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from data import sealed
from data.errors import ReelwiseError
from data.history import HistoryMark
from data.sealed import MANIFEST_FILE, FileSum

FORMAT = 2
"""Version of the layout of a saved model; others are refused."""
FEW_PEOPLE = 10
"""With fewer people than this, sums over people are close to the history of one of them."""


@dataclass(frozen=True)
class Kept:
    """What a model keeps of people."""

    people: int
    """People whose events it was fitted on."""
    events: int
    until: str | None
    """Time of the last of them, ISO 8601 UTC."""
    what: str
    """In words."""
    sources: dict[str, str]
    """What the arrays of each source hold."""


@dataclass(frozen=True)
class ModelManifest:
    """What a saved model is."""

    format: int
    """Version of this layout."""
    model: int
    """Its number: rises by one with each saved model, and is never used again."""
    made_at: str
    """When, ISO 8601 UTC."""
    took_s: float
    """Seconds that choosing settings and fitting took."""
    encoder_id: str
    """Whose vectors it was fitted with."""
    videos: int
    """Videos that it was fitted for; their ids are the array `video_ids`."""
    history: HistoryMark
    """The last event of the history."""
    forgettings: int
    """People forgotten before it was fitted."""
    settings_from: Literal["history", "default"]
    """Whether settings were chosen on the later part of this history, or are the default ones."""
    why: str
    """Why so, in words."""
    figures: dict[str, float]
    """NDCG@20 of its weights; see `recommender.choosing.weights.fit_weights`."""
    settings: dict[str, Any]
    """What it was fitted with; `recommender.model.model.settings_from_json` reads it."""
    kept: Kept
    """What it keeps of people."""
    sources: list[str]
    """The sources that it holds."""
    same: dict[str, str]
    """Arrays that are those of another source."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""


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
            raise unusable(
                folder,
                f"another version of reelwise wrote it (its format is {values['format']}, this "
                f"version reads {FORMAT})",
            )
        values["files"] = {name: FileSum(**known) for name, known in values["files"].items()}
        values["history"] = HistoryMark(**values["history"])
        values["kept"] = Kept(**values["kept"])
        return ModelManifest(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(folder, f"another version of reelwise wrote it ({error})") from error


def is_of_another_version(folder: Path) -> bool:
    """True for a manifest that is as it was written, by a version with another layout."""
    try:
        values = sealed.unseal((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return values.get("format") != FORMAT


def unusable(folder: Path, why: str) -> ReelwiseError:
    """The error for a model that must not be used."""
    return ReelwiseError(
        f"the recommender's model {folder.name} cannot be used: {why}",
        fix="reelwise train recommender      (until then the default settings answer)",
    )
