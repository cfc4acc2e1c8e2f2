"""Names of backbones, files of a model folder, and published weights that are on this machine."""

import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import open_clip
from huggingface_hub import constants, try_to_load_from_cache

from data.errors import ReelwiseError
from embeddings.backbone.folders import CONFIG_FILE, TOON_FOLDER, WEIGHTS_FILE

DEFAULT_BACKBONE = "PE-Core-B-16"
HUB_FILES = (WEIGHTS_FILE, "open_clip_pytorch_model.bin")
HUB_TIMEOUT_S = 5.0


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
    """Read `toon`, `NAME`, `NAME/TAG` or a model folder.

    Raises:
        ReelwiseError: open_clip does not know the architecture or the tag.
    """
    if name == "toon":
        return BackboneName(f"local-dir:{TOON_FOLDER}", None, "toon")
    if (Path(name) / CONFIG_FILE).is_file():
        folder = str(Path(name).resolve())
        return BackboneName(f"local-dir:{folder}", None, folder)
    model, _, tag = name.partition("/")
    if model not in open_clip.list_models():
        raise ReelwiseError(
            f"{name!r} is neither an open_clip architecture nor a model folder",
            fix="reelwise encoders      (lists every name; write NAME or NAME/PRETRAINED)",
        )
    tags = open_clip.list_pretrained_tags_by_model(model)
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


def find_cached_weights(model: str, tag: str) -> Path | None:
    """The file of published weights in the hub's or open_clip's cache; uses no network."""
    config = open_clip.get_pretrained_cfg(model, tag)
    repo, _, filename = str(config.get("hf_hub", "")).rpartition("/")
    for name in [filename] if filename else HUB_FILES if repo else []:
        cached = try_to_load_from_cache(repo, name)
        if isinstance(cached, str):
            return Path(cached)
    url = str(config.get("url", ""))
    file = Path.home() / ".cache" / "clip" / url.rpartition("/")[2]
    return file if url and file.is_file() else None


def hub_answers() -> bool:
    """Whether a download can be tried; the hub client itself would retry for two minutes."""
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
