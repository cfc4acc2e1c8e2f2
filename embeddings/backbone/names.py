"""Names of backbones, files of a model folder, and published weights that are on this machine."""

import re
import shlex
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER, WEIGHTS_FILE
from embeddings.backbone.published import architectures

DEFAULT_BACKBONE = "PE-Core-B-16"
HUB_FILES = (WEIGHTS_FILE, "open_clip_pytorch_model.bin")
HUB_PREFIX, FOLDER_PREFIX = "hf-hub:", "local-dir:"
"""How open_clip's users name a repository of the model hub, and a model folder."""
_REPO = re.compile(r"[\w.-]+/[\w.-]+")
HUB_TIMEOUT_S = 5.0
BYTES_A_WEIGHT = 4
"""Published weights are in single precision, with few exceptions."""


@dataclass(frozen=True)
class BackboneName:
    """An architecture, where its weights come from, and the label of both."""

    model: str
    """open_clip architecture, or `local-dir:FOLDER`."""
    pretrained: str | None
    """A pretrained tag of open_clip: names the weights and how frames are normalised for them."""
    label: str
    """What a library remembers and `parse_name` reads: `toon`, `PE-Core-B-16/meta`, a folder."""

    @property
    def folder(self) -> Path | None:
        """The model folder; None for a published architecture."""
        local = self.model.startswith("local-dir:")
        return Path(self.model.removeprefix("local-dir:")) if local else None


def parse_name(name: str, *, weights: Path | None = None) -> BackboneName:
    """Read `toon`, `NAME`, `NAME/TAG`, `hf-hub:OWNER/REPOSITORY` or a model folder.

    A repository of the model hub is understood where open_clip publishes its weights under a name,
    or where it lies in the hub's cache; then it is a model folder.

    Raises:
        ReelwiseError: open_clip does not know the architecture, the tag or the repository.
    """
    if name.startswith((HUB_PREFIX, FOLDER_PREFIX)):
        name = _of_prefix(name)
    if name == "toon":
        return BackboneName(f"local-dir:{TOON_FOLDER}", None, "toon")
    if (Path(name) / CONFIG_FILE).is_file():
        folder = str(Path(name).resolve())
        return BackboneName(f"local-dir:{folder}", None, folder)
    model, _, tag = name.partition("/")
    known = architectures().get(model)
    if known is None:
        raise ReelwiseError(
            f"{name!r} is neither an open_clip architecture nor a model folder",
            fix="reelwise encoders      (lists every name; write NAME or NAME/PRETRAINED)",
        )
    tags = list(known.weights)
    if tag and tag not in tags:
        raise ReelwiseError(
            f"{model} has no pretrained weights {tag!r}; it has {', '.join(tags) or 'none'}",
            fix=f"--encoder {model}/{tags[0]}" if tags else f"--encoder {model} --weights FILE",
        )
    if weights is not None:
        return BackboneName(model, tag or None, name)
    if not (tag or tags):
        raise ReelwiseError(
            f"open_clip knows no published weights for {model}",
            fix=f"name a weights file: --encoder {model} --weights FILE.safetensors",
        )
    return BackboneName(model, tag or tags[0], f"{model}/{tag or tags[0]}")


def _of_prefix(name: str) -> str:
    """A name as open_clip's users write it, as `NAME/TAG` or a folder."""
    folder = name.removeprefix(FOLDER_PREFIX)
    if folder != name:
        if (Path(folder) / CONFIG_FILE).is_file():
            return folder
        raise ReelwiseError(
            f"{folder} is no model folder: it has no {CONFIG_FILE}",
            fix="name a folder that holds a model, without local-dir:",
        )
    repo = name.removeprefix(HUB_PREFIX).strip("/")
    cached = _in_cache(repo, CONFIG_FILE) if _REPO.fullmatch(repo) else None
    if cached is not None and (cached.parent / WEIGHTS_FILE).is_file():
        return str(cached.parent)
    published = [
        f"{model}/{tag}"
        for model, known in architectures().items()
        for tag, source in known.weights.items()
        if source.hub.rpartition("/")[0] == repo
    ]
    if not published:
        raise ReelwiseError(
            f"{name} is none of the repositories that open_clip publishes weights from, and is "
            "not in the hub's cache on this machine",
            fix=f"fetch it where there is network: hf download {shlex.quote(repo)} --local-dir "
            "FOLDER; then: reelwise index VIDEOS --encoder FOLDER",
        )
    # Weights that architectures share belong to that of the repository's name, else they were
    # trained with the activation of -quickgelu.
    wanted = (f"{repo.partition('/')[2]}/", "-quickgelu/")
    return next((each for part in wanted for each in published if part in each), published[0])


def find_cached_weights(model: str, tag: str) -> Path | None:
    """The file of published weights in the hub's or open_clip's cache; uses no network."""
    source = architectures()[model].weights[tag]
    repo, _, filename = source.hub.rpartition("/")
    for name in [filename] if filename else HUB_FILES if repo else []:
        cached = _in_cache(repo, name)
        if cached is not None:
            return cached
    file = Path.home() / ".cache" / "clip" / source.url.rpartition("/")[2]
    return file if source.url and file.is_file() else None


def _in_cache(repo: str, name: str) -> Path | None:
    """A file of a repository in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache  # 0.1 s of processor time

    cached = try_to_load_from_cache(repo, name)
    return Path(cached) if isinstance(cached, str) else None


def download_size(model: str) -> str:
    """About how much the weights of an architecture take; empty where that is not known."""
    millions = architectures()[model].parameters_millions
    return "" if millions is None else f"about {millions * BYTES_A_WEIGHT / 1000:.1f} GB"


def not_here(parsed: BackboneName) -> ReelwiseError:
    """The error where published weights are missing: which file, how large, and where it lies."""
    from huggingface_hub import hf_hub_url

    known = architectures()[parsed.model].weights
    source = known[parsed.pretrained or next(iter(known))]
    repo, _, filename = source.hub.rpartition("/")
    address = hf_hub_url(repo, filename or WEIGHTS_FILE) if repo else source.url
    checksum = re.search(r"/([0-9a-f]{64})/", address)
    facts = [download_size(parsed.model), f"sha256 {checksum[1]}" if checksum else ""]
    told = f" ({', '.join(filter(None, facts))})" if any(facts) else ""
    return ReelwiseError(
        f"the weights of {parsed.label} are not on this machine and cannot be downloaded",
        fix=f"run it once with network; or fetch {address}{told} on another "
        f"machine, then: reelwise index FOLDER --encoder {parsed.label} --weights FILE      "
        "(reelwise encoders lists what is here; toon is, but knows only cartoons)",
    )


def hub_answers() -> bool:
    """Whether a download can be tried; the hub client itself would retry for two minutes."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if getproxies():
        return True
    host = urlsplit(constants.ENDPOINT)
    try:
        with socket.create_connection((host.hostname, host.port or 443), timeout=HUB_TIMEOUT_S):
            return True
    except OSError:
        return False
