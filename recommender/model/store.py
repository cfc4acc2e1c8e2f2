"""Save and load the model: published whole or not at all, verified before it is read.

It is built under a temporary name, every byte and name forced to the disk; then `CURRENT` is
replaced inside a transaction of the catalogue that makes sure that no person was forgotten since
the events were read. A kill at any instant leaves the old model or the new one.
"""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from data.catalogue import Catalogue
from data.catalogue.database import put_meta
from data.disk_errors import refusals_at
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
    finish_removal,
    forgettings,
    model_name,
    model_names,
    model_number,
    note_export,
    require_no_forgetting,
)
from data.home import Home, TrainingLock
from data.sealed import MANIFEST_FILE, FileSum, file_sum, seal
from recommender.events.videos import VideoTable
from recommender.model.arrays import SourceArrays, map_arrays, pack, unpack, write_arrays
from recommender.model.manifest import (
    ModelManifest,
    is_of_another_version,
    read_model_manifest,
    unusable,
)
from recommender.model.model import Settings, saved_names, settings_from_json
from recommender.sources.base import Source

ARRAYS_FILE = "arrays.safetensors"
QUICK = "quick"
"""Name of a model that is fitted in memory with the default settings."""
ModelMark = tuple[str, int, int] | None
"""Name of the current model, and time stamp and inode of the file that names it."""
_NUMBER = "model_number"
_IDS = "video_ids"


@dataclass(frozen=True, eq=False)
class SavedModel:
    """An opened model; it stays valid whatever is saved or removed later."""

    name: str
    """Its folder's name."""
    manifest: ModelManifest
    settings: Settings
    arrays: dict[str, NDArray[Any]] = field(repr=False)
    """Mapped into memory, read-only."""

    def sources(self, videos: VideoTable) -> dict[str, Source]:
        """Its sources for the videos of now, matched by permanent id.

        Raises:
            ReelwiseError: Its arrays are not what its manifest says.
        """
        packed = SourceArrays(self.manifest.sources, self.arrays, self.manifest.same)
        try:
            return unpack(packed, self.arrays[_IDS], videos)
        except (KeyError, ValueError, IndexError) as error:
            raise unusable(Path(self.name), f"its arrays do not fit together ({error})") from error


def open_model(home: Home, catalogue: Catalogue) -> SavedModel | None:
    """Open the current model: checksums are verified before anything is parsed.

    Returns:
        None where there is none.

    Raises:
        ReelwiseError: It is damaged, or was made for something else than this library is now.
    """
    require_named(home)
    name = current_model(home)
    if name is None:
        return None
    folder = home.recommender / name
    manifest, settings = usable_manifest(folder, catalogue)
    require_whole(folder, manifest)
    try:
        return SavedModel(name, manifest, settings, map_arrays(folder / ARRAYS_FILE))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unusable(folder, f"{ARRAYS_FILE} cannot be read ({error})") from error


def require_named(home: Home) -> None:
    """Make sure that `CURRENT` names a model, where it is there.

    Raises:
        ReelwiseError: Its bytes are not those that were written.
    """
    if home.current_model.exists() and current_model(home) is None:
        raise unusable(home.current_model, "it names no model")


def require_folder(catalogue: Catalogue) -> None:
    """Make sure that the folder of a library that had a model is there.

    Raises:
        ReelwiseError: It is gone; `history forget` removes models, never their folder.
    """
    folder = catalogue.home.recommender
    if catalogue.get_meta(_NUMBER) is not None and not folder.is_dir():
        raise ReelwiseError(
            "the recommender's folder is gone, and its model with it",
            fix="reelwise train recommender      (until then the default settings answer)",
        )


def require_undamaged(home: Home) -> None:
    """Make sure that the current model's files are as they were written, whoever may use it.

    Raises:
        ReelwiseError: One is not.
    """
    require_named(home)
    name = current_model(home)
    if name is None or is_of_another_version(home.recommender / name):
        return
    folder = home.recommender / name
    require_whole(folder, read_model_manifest(folder))


def usable_manifest(folder: Path, catalogue: Catalogue) -> tuple[ModelManifest, Settings]:
    """The manifest and the settings of a model that this library may use.

    Raises:
        ReelwiseError: It is damaged, or was made for something else than this library is now.
    """
    manifest = read_model_manifest(folder)
    if model_name(manifest.model) != folder.name:
        raise unusable(folder, f"it was published as {model_name(manifest.model)}")
    if manifest.forgettings != forgettings(catalogue):
        raise unusable(folder, "a person was forgotten since it was fitted")
    if manifest.encoder_id != catalogue.encoder:
        raise unusable(folder, f"it was fitted with vectors of {manifest.encoder_id}")
    try:
        settings = settings_from_json(manifest.settings)
    except (KeyError, TypeError, ValueError) as error:
        raise unusable(folder, f"another version of reelwise wrote it ({error})") from error
    missing = sorted({*saved_names(settings.weights)} - {*manifest.sources})
    if missing:
        raise unusable(folder, f"it lacks {', '.join(missing)}")
    return manifest, settings


def require_whole(folder: Path, manifest: ModelManifest) -> None:
    """Make sure that the files of a model are as they were written; each is read once.

    Raises:
        ReelwiseError: One is not.
    """
    for file, expected in manifest.files.items():
        _require_whole(folder, file, expected, _stamp(folder / file))


@lru_cache(maxsize=8)
def _require_whole(
    folder: Path, file: str, expected: FileSum, stamp: tuple[int, ...] | None
) -> None:
    # The stamp is part of the key: a file that was written again is read again.
    try:
        if file_sum(folder / file) != expected:
            raise unusable(folder, f"{file} is not as it was written (wrong checksum)")
    except OSError as error:
        raise unusable(folder, f"{file} cannot be read ({error.strerror})") from error


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """What answers: the saved model where it fits this library, else a quick one."""

    name: str = QUICK
    """The folder of the saved model, or `QUICK`."""
    settings: Settings | None = None
    """Its settings; None for a quick model."""
    sources: Mapping[str, Source] | None = None
    """Its sources; None for a quick model, which is fitted in memory."""
    trouble: ReelwiseError | None = None
    """Why the saved model is not used; None where it is, or where there is none."""


def load_model(catalogue: Catalogue, videos: VideoTable) -> LoadedModel:
    """The current model for these videos, or, with the reason, that a quick one must be fitted."""
    try:
        require_folder(catalogue)
        saved = open_model(catalogue.home, catalogue)
        if saved is None:
            return LoadedModel()
        return LoadedModel(saved.name, saved.settings, saved.sources(videos))
    except ReelwiseError as error:
        return LoadedModel(trouble=error)


def model_mark(home: Home) -> ModelMark:
    """What changes when another model is saved, or the model is removed."""
    name = current_model(home)
    if name is None:
        return None
    try:
        stat = home.current_model.stat()
    except FileNotFoundError:
        return None
    return name, stat.st_mtime_ns, stat.st_ino


def clean_up(lock: TrainingLock, catalogue: Catalogue) -> None:
    """Remove what a killed training or a killed forgetting left."""
    home = lock.home
    finish_removal(catalogue)
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
    """Save the sources that were fitted for some videos; they answer from now on.

    The given manifest lacks what follows from the arrays; the returned one is as written. A copy
    goes to the new folder `export`.

    Raises:
        ReelwiseError: A person was forgotten since the history was read: nothing is saved.
    """
    home, packed = lock.home, pack(fitted[1])
    known = [model_number(name) for name in model_names(home)]
    number = max(int(catalogue.get_meta(_NUMBER) or 0), *known, 0) + 1
    folder = home.recommender / model_name(number)
    manifest = replace(manifest, model=number, sources=packed.sources, same=packed.same)
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
        # `history forget` removes unfinished models as well.
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
        with refusals_at(export):
            _copy(folder, export)
    return manifest


def _write(
    temp: Path, manifest: ModelManifest, arrays: Mapping[str, NDArray[Any]]
) -> ModelManifest:
    write_arrays(temp / ARRAYS_FILE, arrays)
    crash_point("model.after_fsync_arrays")
    manifest = replace(manifest, files={ARRAYS_FILE: file_sum(temp / ARRAYS_FILE)})
    write_synced(temp / MANIFEST_FILE, seal(asdict(manifest)))
    crash_point("model.after_fsync_manifest")
    fsync_dir(temp)
    crash_point("model.after_fsync_folder")
    return manifest


def require_free(home: Home, export: Path) -> None:
    """Make sure that a copy can be written to a folder.

    Raises:
        ReelwiseError: It exists, or lies in the home.
    """
    if export.resolve().is_relative_to(home.root.resolve()):
        raise ReelwiseError(
            f"{export} lies in the library: a forgotten person must not stay in a copy there",
            fix="reelwise train recommender --export DIR    (a new folder outside of --home)",
        )
    if export.exists():
        raise ReelwiseError(f"{export} exists already", fix="give a new folder with --export")


def _copy(folder: Path, export: Path) -> None:
    export.parent.mkdir(parents=True, exist_ok=True)
    temp = temp_name(export)
    try:
        shutil.copytree(folder, temp)
        temp.rename(export)
    finally:
        shutil.rmtree(temp, ignore_errors=True)
