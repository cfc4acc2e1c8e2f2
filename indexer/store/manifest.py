"""The manifest of an index generation: what it is made of, and how to know that it is whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from data import sealed
from data.errors import ReelwiseError
from data.sealed import FileSum

MANIFEST_FILE = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What a generation is made of."""

    format: int
    """Version of this layout."""
    generation: int
    """Its number: rises by one with each publication."""
    encoder_id: str
    """Whose vectors it holds."""
    dim: int
    """Their length."""
    videos: int
    """Videos in it."""
    clips: int
    """Clips in it."""
    parts: tuple[str, ...]
    """The vector parts that it was built from."""
    index_kind: str
    """How the index searches."""
    recall_at_10: float
    """Share of the true ten nearest that it finds, measured at build."""
    made_at: str
    """When, ISO 8601 UTC."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""


def generation_name(number: int) -> str:
    """Give the name of a generation's folder."""
    return f"gen-{number:06d}"


def manifest_bytes(manifest: Manifest) -> bytes:
    """Give the manifest as JSON that `read_manifest` accepts: sealed with a checksum."""
    return sealed.seal(asdict(manifest))


def read_manifest(folder: Path) -> Manifest:
    """Read and verify a generation's manifest alone.

    Raises:
        ReelwiseError: It is missing, changed since it was written, or belongs to another folder.
    """
    try:
        content = (folder / MANIFEST_FILE).read_bytes()
    except OSError as error:
        raise damaged(folder, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    try:
        values = sealed.unseal(content)
    except ValueError as error:
        raise damaged(
            folder, f"{MANIFEST_FILE} is not as it was written (wrong checksum)"
        ) from error
    if values.get("format") != FORMAT or generation_name(values["generation"]) != folder.name:
        raise damaged(folder, f"{MANIFEST_FILE} has another format or belongs elsewhere")
    values["files"] = {name: FileSum(**known) for name, known in values["files"].items()}
    values["parts"] = tuple(values["parts"])
    return Manifest(**values)


def file_sum(path: Path) -> FileSum:
    """Compute a file's checksum and size.

    Raises:
        ReelwiseError: It cannot be read.
    """
    try:
        return sealed.file_sum(path)
    except OSError as error:
        raise damaged(path.parent, f"{path.name} cannot be read ({error.strerror})") from error


def damaged(folder: Path, why: str) -> ReelwiseError:
    """Make the error for a generation that must not be used."""
    return ReelwiseError(
        f"the index generation {folder} is damaged: {why}", fix="run reelwise rebuild"
    )
