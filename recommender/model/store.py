"""The fitted model on the disk: published whole or not at all, verified before it is read.

It is built under a temporary name, every byte and name forced to the disk; then `CURRENT` is
replaced inside a transaction of the catalogue that makes sure that nobody was forgotten since the
events were read. A kill at any instant leaves the old model or the new one.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.catalogue.database import put_meta
from data.durable import (
    crash_point,
    discard_dir,
    fsync_dir,
    remove_unfinished,
    replace_synced,
    temp_name,
    write_atomic,
    write_synced,
)
from data.errors import ReelwiseError
from data.history.forgetting import (
    current_model,
    finish_forgetting,
    forgettings,
    model_name,
    model_names,
    model_number,
    note_export,
    require_no_forgetting,
)
from data.home import Home, TrainingLock
from data.sealed import MANIFEST_FILE, FileSum, file_sum
from recommender.events.videos import VideoTable
from recommender.model.array_file import map_arrays, write_arrays
from recommender.model.arrays import Packed, pack, unpack
from recommender.model.manifest import (
    ModelManifest,
    as_bytes,
    read_model_manifest,
    settings_of,
    unusable,
)
from recommender.model.model import Settings
from recommender.sources.base import Source

ARRAYS_FILE = "arrays.safetensors"
_NUMBER = "model_number"
_IDS = "video_ids"


@dataclass(frozen=True, eq=False)
class StoredModel:
    """An opened model; it stays valid whatever is published or removed later."""

    name: str
    """Its folder's name."""
    manifest: ModelManifest
    """What it is."""
    arrays: dict[str, NDArray[Any]] = field(repr=False)
    """Mapped into memory, read-only."""

    @property
    def settings(self) -> Settings:
        """What it was fitted with."""
        return settings_of(self.manifest)

    def learned(self, videos: VideoTable) -> dict[str, Source]:
        """Its sources for the videos of now, matched by permanent id.

        Raises:
            ReelwiseError: Its arrays are not what its manifest says.
        """
        packed = Packed(self.manifest.kinds, self.arrays, self.manifest.same)
        try:
            return unpack(packed, self.arrays[_IDS], videos)
        except (KeyError, ValueError, IndexError) as error:
            raise unusable(Path(self.name), f"its arrays do not fit together ({error})") from error


def open_model(home: Home, catalogue: Catalogue) -> StoredModel | None:
    """Open the published model: checksums are verified before anything is parsed.

    Returns:
        None where none is published.

    Raises:
        ReelwiseError: It is damaged, or was made for something else than this library is now.
    """
    name = current_model(home)
    if name is None:
        return None
    folder = home.recommender / name
    manifest = usable_manifest(folder, catalogue)
    for file, expected in manifest.files.items():
        require_whole(folder, file, expected)
    try:
        return StoredModel(name, manifest, map_arrays(folder / ARRAYS_FILE))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unusable(folder, f"{ARRAYS_FILE} cannot be read ({error})") from error


def usable_manifest(folder: Path, catalogue: Catalogue) -> ModelManifest:
    """The manifest of a model that this library may use.

    Raises:
        ReelwiseError: It is damaged, or was made for something else than this library is now.
    """
    manifest = read_model_manifest(folder)
    if model_name(manifest.model) != folder.name:
        raise unusable(folder, f"it was published as {model_name(manifest.model)}")
    if manifest.forgettings != forgettings(catalogue):
        raise unusable(folder, "somebody was forgotten since it was fitted")
    if manifest.encoder_id != catalogue.encoder:
        raise unusable(folder, f"it was fitted with vectors of {manifest.encoder_id}")
    return manifest


def require_whole(folder: Path, file: str, expected: FileSum) -> None:
    """Make sure that a file of a model is as it was written.

    Raises:
        ReelwiseError: It is not.
    """
    try:
        if file_sum(folder / file) != expected:
            raise unusable(folder, f"{file} is not as it was written (wrong checksum)")
    except OSError as error:
        raise unusable(folder, f"{file} cannot be read ({error.strerror})") from error


def clean_up(lock: TrainingLock, catalogue: Catalogue) -> None:
    """Remove what a killed training or a killed forgetting left."""
    home = lock.home
    finish_forgetting(catalogue)
    remove_unfinished(home.recommender)
    for name in model_names(home):
        if name != current_model(home):
            discard_dir(home.recommender / name)


def publish_model(
    lock: TrainingLock,
    catalogue: Catalogue,
    manifest: ModelManifest,
    fitted: tuple[VideoTable, Mapping[str, Source]],
    export: Path | None = None,
) -> ModelManifest:
    """Write a model and serve it from now on.

    Args:
        lock: Held by the caller.
        catalogue: The library's.
        manifest: All but what follows from the arrays.
        fitted: The videos and what was learned for them.
        export: A folder to be made for a copy.

    Returns:
        The manifest as written.

    Raises:
        ReelwiseError: Somebody was forgotten since the history was read: nothing is published.
    """
    home, packed = lock.home, pack(fitted[1])
    known = [model_number(name) for name in model_names(home)]
    number = max(int(catalogue.get_meta(_NUMBER) or 0), *known, 0) + 1
    folder = home.recommender / model_name(number)
    manifest = replace(manifest, model=number, kinds=packed.kinds, same=packed.same)
    temp = temp_name(folder)
    try:
        temp.mkdir()
        manifest = _write(temp, manifest, {_IDS: fitted[0].ids, **packed.arrays})
        with catalogue.writing("model.publish", changes_library=False) as connection:
            require_no_forgetting(connection, manifest.forgettings)
            put_meta(connection, _NUMBER, str(number))
            if export is not None:
                note_export(connection, export)
            replace_synced(temp, folder)
            crash_point("model.after_rename")
            write_atomic(home.current_model, f"{folder.name}\n".encode(), point="model.current")
    except FileNotFoundError as error:
        # Whoever forgets somebody takes the unfinished model away as well.
        with catalogue.reading() as connection:
            require_no_forgetting(connection, manifest.forgettings)
        raise ReelwiseError(
            f"the model being written has vanished: {error.filename}",
            fix="reelwise train recommender",
        ) from error
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    for name in model_names(home):
        if name != folder.name:
            with suppress(FileNotFoundError):
                discard_dir(home.recommender / name)
    crash_point("model.after_cleaning")
    if export is not None:
        _copy(folder, export)
    return manifest


def _write(
    temp: Path, manifest: ModelManifest, arrays: Mapping[str, NDArray[Any]]
) -> ModelManifest:
    write_arrays(temp / ARRAYS_FILE, arrays)
    crash_point("model.after_fsync_arrays")
    manifest = replace(manifest, files={ARRAYS_FILE: file_sum(temp / ARRAYS_FILE)})
    write_synced(temp / MANIFEST_FILE, as_bytes(manifest))
    crash_point("model.after_fsync_manifest")
    fsync_dir(temp)
    crash_point("model.after_fsync_folder")
    return manifest


def require_free(home: Home, export: Path) -> None:
    """Make sure that a copy can go to a folder.

    Raises:
        ReelwiseError: It is there already, or lies in the home.
    """
    if export.resolve().is_relative_to(home.root.resolve()):
        raise ReelwiseError(
            f"{export} lies in the library: what is forgotten there must not stay in a copy",
            fix="reelwise train recommender --export DIR    (a new folder outside of --home)",
        )
    if export.exists():
        raise ReelwiseError(
            f"{export} is there already", fix="name a folder with --export that is not there yet"
        )


def _copy(folder: Path, export: Path) -> None:
    export.parent.mkdir(parents=True, exist_ok=True)
    temp = temp_name(export)
    try:
        shutil.copytree(folder, temp)
        temp.rename(export)
    finally:
        shutil.rmtree(temp, ignore_errors=True)
