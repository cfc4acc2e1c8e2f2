"""Real encoders keep the contract: open_clip models, `toon`, and folders with a temporal head."""

from __future__ import annotations

import functools
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from embeddings.backbone.loading import load_backbone
from embeddings.encoder import Encoder
from embeddings.opening.choice import load_encoder
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.record import HEAD_WEIGHTS, BackboneRecord, HeadRecord
from tests.embeddings.encoder_contract import EncoderContract


@functools.cache
def load_once(name: str, copy: int) -> Encoder:
    del copy
    return load_encoder(name, device="cpu")


class LoadedEncoderContract(EncoderContract):
    """For encoders that are loaded by name; in bf16 the size of a batch changes the last digits."""

    tolerance = 0.01

    @pytest.fixture
    def name(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def encoder(self, name: str) -> Encoder:
        return load_once(name, 1)

    @pytest.fixture
    def twin(self, name: str) -> Encoder:
        return load_once(name, 2)


def write_head(folder: Path, dim: int, backbone: BackboneRecord | None = None) -> None:
    torch.manual_seed(3)
    head = TemporalHead(TemporalConfig(dim=dim, width=16, heads=2))
    torch.nn.init.normal_(head.fuse.weight, std=0.05)
    save_file(head.state_dict(), folder / HEAD_WEIGHTS)
    HeadRecord(asdict(head.config), backbone=backbone).write(folder)


@pytest.fixture(scope="module")
def folder_with_head(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with") / "head"
    shutil.copytree(model_folder, folder)
    write_head(folder, 32)
    return folder


@pytest.fixture(scope="module")
def folder_of_a_head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    backbone = load_backbone("toon")
    write_head(folder, backbone.dim, BackboneRecord("toon", backbone.fingerprint))
    return folder


class TestOpenClipFolder(LoadedEncoderContract):
    @pytest.fixture
    def name(self, model_folder: Path) -> str:
        return str(model_folder)


class TestToon(LoadedEncoderContract):
    @pytest.fixture
    def name(self) -> str:
        return "toon"


class TestFolderWithHead(LoadedEncoderContract):
    @pytest.fixture
    def name(self, folder_with_head: Path) -> str:
        return str(folder_with_head)


class TestHeadWithBackboneElsewhere(LoadedEncoderContract):
    @pytest.fixture
    def name(self, folder_of_a_head: Path) -> str:
        return str(folder_of_a_head)
