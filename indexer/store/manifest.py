"""The manifest of an index generation: what it was built from, and the checksums of its files."""

from dataclasses import dataclass
from pathlib import Path

from data.catalogue import ChangeMark
from data.errors import ReelwiseError
from data.sealed import MANIFEST_FILE, FileSum, unseal

LAYOUT_VERSION = 3
"""Version of a generation's folder; a reader refuses any other."""

OLDER_LAYOUTS = (1, 2)
"""What versions before wrote: made anew from the stored vectors."""


@dataclass(frozen=True)
class SegmentUse:
    """A segment of a generation, and what of it does not count."""

    name: str
    """Name of its folder."""
    dead: tuple[int, ...] = ()
    """Ids of the videos in it that do not count: removed ones, and those embedded again."""


@dataclass(frozen=True)
class Manifest:
    """What a generation was built from."""

    format: int
    """Version of this layout."""
    generation: int
    """Its number: rises by one with each publication."""
    encoder_id: str
    """Whose vectors it holds."""
    dim: int
    """Their length."""
    videos: int
    """Videos in it that count."""
    clips: int
    """Clips in it that count."""
    segments: tuple[SegmentUse, ...]
    """Where they lie."""
    missing: tuple[int, ...]
    """Ids of live videos that are left out because their vector part is damaged."""
    mark: ChangeMark
    """How far the catalogue had come."""
    index_kind: str
    """Kind of the largest segment's index, see `indexer.store.rows.kinds`."""
    recall_at_10: float
    """Share of the true ten nearest that is returned, measured at build; the mean of all clips."""
    made_at: str
    """Time of the build, ISO 8601 UTC."""
    files: dict[str, FileSum]
    """Checksum of every other file in the folder."""
    lines: int = 0
    """Lines in the index of words; 0 where there is none."""
    meant: int = 0
    """Lines that count in the index of meanings; 0 where there is none."""
    sentences: str | None = None
    """The sentence encoder of that index."""
    meanings: tuple[str, ...] = ()
    """Names of its segments; versions before kept it in the folder, and it is made anew."""


def generation_name(number: int) -> str:
    """Give the name of a generation's folder."""
    return f"gen-{number:06d}"


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
        values = unseal(content)
    except ValueError as error:
        problem = f"{MANIFEST_FILE} is not as it was written (wrong checksum)"
        raise damaged(folder, problem) from error
    if values.get("format") in OLDER_LAYOUTS:
        raise ReelwiseError(
            f"the index generation {folder.name} was made by an older version of reelwise",
            fix="run reelwise rebuild",
        )
    belongs_here = generation_name(values["generation"]) == folder.name
    if values.get("format") != LAYOUT_VERSION or not belongs_here:
        raise damaged(folder, f"{MANIFEST_FILE} has another format or belongs elsewhere")
    values["files"] = {name: FileSum(**known) for name, known in values["files"].items()}
    values["segments"] = tuple(
        SegmentUse(use["name"], tuple(use["dead"])) for use in values["segments"]
    )
    values["meanings"] = tuple(values.get("meanings", ()))
    values["missing"], values["mark"] = tuple(values["missing"]), ChangeMark(**values["mark"])
    return Manifest(**values)


def damaged(folder: Path, why: str) -> ReelwiseError:
    """Make the error for a generation that must not be used."""
    return ReelwiseError(
        f"the index generation {folder} is damaged: {why}", fix="run reelwise rebuild"
    )
