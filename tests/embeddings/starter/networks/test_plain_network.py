"""The network without torch gives what the network in torch gives, from a copy of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from embeddings.encoder import NeedsModel
from embeddings.starter.networks import kept_network as kept
from embeddings.starter.networks.kept_network import (
    SHA256,
    keep_network,
    kept_network,
    network_copy,
)
from embeddings.starter.networks.plain_network import PlainNetwork

if TYPE_CHECKING:
    from embeddings.starter.networks.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    from embeddings.starter.networks.network import Network

    return Network()


def test_pictures_are_seen_alike(network: Network) -> None:
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 3, 260, 260)).astype(np.float32)
    features, logits = PlainNetwork(kept_network())(pictures)
    wanted = network(torch.from_numpy(pictures))
    assert features == pytest.approx(wanted.features.numpy(), abs=1e-4)
    assert logits == pytest.approx(wanted.logits.numpy(), abs=1e-4)


def test_the_copy_is_that_of_the_known_checksum(network: Network) -> None:
    assert hashlib.sha256(kept_network().read_bytes()).hexdigest() == SHA256


def test_a_copy_that_is_missing_or_changed_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "models" / "network.safetensors"
    monkeypatch.setattr(kept, "_place", lambda: place)
    with pytest.raises(NeedsModel, match="its weights are not in"):
        kept_network()
    keep_network({"a": np.zeros(3, np.float32)})
    assert place.read_bytes() == network_copy({"a": np.zeros(3, np.float32)})
    with pytest.raises(NeedsModel):
        kept_network()


def test_where_nothing_can_be_kept_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "network.safetensors", Path("network.safetensors")):
        monkeypatch.setattr(kept, "_place", lambda place=place: place)
        keep_network({"a": np.zeros(3, np.float32)})
        assert not place.exists()
