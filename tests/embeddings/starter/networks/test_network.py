"""The network against its weights by themselves, and against known pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage
import torch
from PIL import Image

from data.errors import DamagedFile
from embeddings.packages import PackagedFile
from embeddings.starter.footage import padded
from embeddings.starter.labels import label_texts
from embeddings.starter.networks import kept_network
from embeddings.starter.views import views_of

if TYPE_CHECKING:
    from embeddings.starter.networks.network import Network


@pytest.fixture(scope="module")
def net() -> Network:
    from embeddings.starter.networks.network import Network

    return Network()


def test_logits_are_those_of_the_published_weights(net: Network) -> None:
    """The same weights in timm's own network, nothing folded; see docs/log.md for the origin's."""
    from timm import create_model  # 4 s of processor time

    plain = create_model("tf_efficientnet_lite2")
    published = torch.load(kept_network.NETWORK.path(), weights_only=True)
    plain.load_state_dict(dict(zip(plain.state_dict(), published.values(), strict=True)))
    plain.train(False)
    pictures = torch.randn(2, 3, 260, 260, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = plain(pictures)
    assert wanted.std() > 1
    assert (net(pictures).logits - wanted).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("picture", "name"),
    [("chelsea.png", "cat"), ("coffee.png", "coffee"), ("rocket.jpg", "rocket")],
)
def test_photographs_are_recognised(net: Network, picture: str, name: str) -> None:
    file = Path(skimage.__file__).parent / "data" / picture
    frame = padded(np.asarray(Image.open(file).convert("RGB")))
    seen = net(torch.from_numpy(views_of(frame).pictures))
    best = seen.logits.mean(dim=0).topk(3).indices.tolist()
    assert any(name in " ".join(label_texts()[place]) for place in best)


def test_weights_of_another_network_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from embeddings.starter.networks import network

    monkeypatch.setattr(torch, "load", lambda *_, **__: {"_conv_stem.weight": torch.zeros(1)})
    with pytest.raises(DamagedFile, match="has no '_bn0"):
        network.Network()


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from embeddings.starter.networks import network

    other = PackagedFile("timm", "version.py", "0" * 64, 1, "timm")
    monkeypatch.setattr(network, "NETWORK", other)
    with pytest.raises(DamagedFile, match="not the published file"):
        network.Network()
