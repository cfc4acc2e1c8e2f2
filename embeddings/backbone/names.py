"""What a backbone may be called, and which of open_clip's published weights are on this machine."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import open_clip
import torch
from huggingface_hub import constants, try_to_load_from_cache

from data.errors import ReelwiseError

DEFAULT_BACKBONE = "PE-Core-B-16"
TOON_FOLDER = Path(__file__).parents[1] / "checkpoints" / "toon"
HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
HUB_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class BackboneName:
    """What a user may name: an architecture, where its weights come from, and both in one word."""

    model: str
    """open_clip architecture, or `local-dir:FOLDER`."""
    pretrained: str | None
    """A pretrained tag of open_clip: names the weights and how frames are normalised for them."""
    label: str
    """What a library remembers and `parse_name` reads: `toon`, `PE-Core-B-16/meta`, a folder."""

    @property
    def folder(self) -> Path | None:
        """The model folder; None for an architecture of open_clip's own."""
        local = self.model.startswith("local-dir:")
        return Path(self.model.removeprefix("local-dir:")) if local else None


def parse_name(name: str, *, weights: Path | None = None) -> BackboneName:
    """Read `toon`, `NAME`, `NAME/TAG` or a model folder.

    Raises:
        ReelwiseError: The architecture or its tag is not one of open_clip's.
    """
    if name == "toon":
        return BackboneName(f"local-dir:{TOON_FOLDER}", None, "toon")
    if (Path(name) / "open_clip_config.json").is_file():
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
        raise _unknown_tag(model, tag, tags)
    if weights is not None:
        return BackboneName(model, tag or None, name)
    if not (tag or tags):
        raise ReelwiseError(
            f"open_clip knows no published weights for {model}",
            fix=f"name your own: --encoder {model} --weights FILE.safetensors",
        )
    return BackboneName(model, tag or tags[0], f"{model}/{tag or tags[0]}")


def _unknown_tag(model: str, tag: str, tags: Sequence[str]) -> ReelwiseError:
    return ReelwiseError(
        f"{model} has no pretrained weights {tag!r}; it has {', '.join(tags) or 'none'}",
        fix=f"--encoder {model}/{tags[0]}" if tags else f"--encoder {model} --weights FILE",
    )


@dataclass(frozen=True)
class PretrainedListing:
    """One line of `reelwise encoders`."""

    name: str
    """As `--encoder` takes it."""
    dim: int
    """Length of a vector."""
    image_px: int
    """Height of a frame as the tower sees it."""
    present: bool
    """True where the weights are on this machine already."""


def list_pretrained() -> list[PretrainedListing]:
    """Every architecture with published weights that open_clip knows, and whether it is here."""
    rows = []
    for model, tag in open_clip.list_pretrained():
        config = open_clip.get_model_config(model)
        if config is None:
            continue
        height, _ = as_pair(config["vision_cfg"].get("image_size", 224))
        rows.append(
            PretrainedListing(
                f"{model}/{tag}",
                int(config["embed_dim"]),
                height,
                find_cached_weights(model, tag) is not None,
            )
        )
    return rows


def find_cached_weights(model: str, tag: str) -> Path | None:
    """The file of published weights in the hub's or open_clip's cache; asks no network."""
    config = open_clip.get_pretrained_cfg(model, tag)
    repo, _, filename = str(config.get("hf_hub", "")).rpartition("/")
    for name in [filename] if filename else HUB_FILES if repo else []:
        found = try_to_load_from_cache(repo, name)
        if isinstance(found, str):
            return Path(found)
    url = str(config.get("url", ""))
    kept = Path.home() / ".cache" / "clip" / url.rpartition("/")[2]
    return kept if url and kept.is_file() else None


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


def count_parameters(architecture: str) -> float | None:
    """Millions of weights in both towers; None where a hub knows the shape of the text tower."""
    text = (open_clip.get_model_config(architecture) or {}).get("text_cfg", {})
    if "hf_model_name" in text:
        return None
    with torch.device("meta"):
        model = open_clip.create_model(
            architecture, load_weights=False, pretrained_text=False, device="meta"
        )
    total: int = sum(weights.numel() for weights in model.parameters())
    return round(total / 1e6, 1)


def as_pair(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width of a size that open_clip writes as one number or two."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
