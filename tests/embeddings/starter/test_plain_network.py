"""The network without torch gives what the network in torch gives."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from embeddings.starter.files import NETWORK
from embeddings.starter.network import Network
from embeddings.starter.plain_network import PlainNetwork
from embeddings.starter.torch_file import read_torch_file


def test_pictures_are_seen_alike() -> None:
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 3, 260, 260)).astype(np.float32)
    features, logits = PlainNetwork(NETWORK.path())(pictures)
    wanted = Network()(torch.from_numpy(pictures))
    assert features == pytest.approx(wanted.features.numpy(), abs=1e-4)
    assert logits == pytest.approx(wanted.logits.numpy(), abs=1e-4)


def saved(folder: Path, content: object) -> Path:
    file = folder / "weights.pth"
    torch.save(content, file, _use_new_zipfile_serialization=False)
    return file


def test_a_file_of_torch_is_read_with_every_stride(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    content = {
        "whole": whole,
        "turned": whole.T,
        "part": whole[1:, 2:4],
        "number": torch.tensor(7),
        "none": torch.zeros(0),
    }
    arrays = read_torch_file(saved(tmp_path, content))
    assert list(arrays) == list(content)
    for name, value in content.items():
        assert arrays[name].tolist() == value.tolist()


def test_a_file_that_would_run_code_or_is_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"it holds pathlib\.PosixPath"):
        read_torch_file(saved(tmp_path, {"a": Path("x")}))
    file = saved(tmp_path, {"a": torch.arange(24.0)})
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(EOFError):
        read_torch_file(file)
    file.write_bytes(pickle.dumps(5))
    with pytest.raises(pickle.UnpicklingError, match="older format"):
        read_torch_file(file)
