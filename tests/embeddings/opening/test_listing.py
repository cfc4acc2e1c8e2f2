"""The backbones that `reelwise encoders` lists."""

import pytest
from safetensors import safe_open
from safetensors.torch import load_file

from embeddings.backbone.folders import TOON_FOLDER
from embeddings.opening.listing import list_encoders


def test_the_embedded_encoder_is_listed_first_with_its_real_size() -> None:
    first = list_encoders()[0]
    weights = 0
    for file in TOON_FOLDER.glob("*.safetensors"):
        with safe_open(file, "pt"):
            weights += sum(tensor.numel() for tensor in load_file(file).values())
    assert (first.name, first.present) == ("toon", True)
    assert first.parameters_millions == pytest.approx(weights / 1e6, abs=0.1)


def test_every_published_model_is_listed_with_its_size() -> None:
    rows = {row.name: row for row in list_encoders()}
    core = rows["PE-Core-B-16/meta"]
    assert (core.dim, core.image_px, core.parameters_millions) == (1024, 224, 447.7)
    assert not core.present
    assert len(rows) > 150


def test_starter_is_listed_with_the_size_of_its_packages() -> None:
    row = {row.name: row for row in list_encoders()}["starter"]
    assert row.present
    assert row.dim == 1128
    assert row.size_bytes is not None
    assert 110e6 < row.size_bytes < 120e6
