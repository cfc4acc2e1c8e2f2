"""What is refused before torch is imported."""

from pathlib import Path

import pytest
import torch

from data.errors import ReelwiseError
from embeddings.backbone.computing.device import choose_device
from embeddings.backbone.computing.early_checks import check_device, check_weights_file


def test_a_missing_or_odd_weights_file_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "weights.zip"
    odd.touch()
    for path, problem in ((tmp_path / "none.pt", "no weights file"), (odd, "--weights takes")):
        with pytest.raises(ReelwiseError, match=problem):
            check_weights_file(path)
    (tmp_path / "weights.safetensors").touch()
    check_weights_file(tmp_path / "weights.safetensors")


def test_a_gpu_is_missed_by_the_driver_as_by_torch() -> None:
    check_device("auto")
    check_device("cpu")
    if torch.cuda.is_available():
        check_device("cuda")
        return
    for check in (check_device, choose_device):
        with pytest.raises(ReelwiseError, match="no CUDA GPU"):
            check("cuda")
