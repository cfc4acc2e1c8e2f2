import json
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import ReelwiseError
from embeddings.encoder import load_encoder
from embeddings.train_toon import ToonTraining, train_toon

SHORT = ToonTraining(seed=3, scenes=150, steps=3, drawers=1, snapshot=2)


@pytest.mark.timeout(400)
def test_a_run_of_three_steps_gives_a_model_that_loads_like_any_other(tmp_path: Path) -> None:
    lines: list[str] = []
    threads = torch.get_num_threads()
    try:
        out = train_toon(tmp_path / "model", SHORT, report=lines.append)
    finally:
        torch.set_num_threads(threads)
    assert any("step 3/3" in line for line in lines)
    encoder = load_encoder(str(out), device="cpu")
    assert encoder.order_aware
    assert encoder.frame_spec.fit == "squash"
    rows = encoder.encode_texts(["a red car drives to the left", "a zebra"])
    assert rows.shape == (2, 256)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    size_bytes = sum(f.stat().st_size for f in out.glob("*.safetensors"))
    assert size_bytes <= 16e6
    assert json.loads((out / "training.json").read_text())["seed"] == 3
    assert not [file for file in out.iterdir() if file.is_dir()]
    with pytest.raises(ReelwiseError, match="holds a model already"):
        train_toon(out, SHORT, report=lines.append)
