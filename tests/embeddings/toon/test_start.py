from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import ReelwiseError
from embeddings.spatiotemporal.encoder import load_spatiotemporal
from embeddings.temporal.head import clip_vectors
from embeddings.toon.start import build_like, frame_side, stretch_positions
from embeddings.toon.train import fine_tuning
from tests.toon_folder import write_untrained


def test_a_model_built_like_another_answers_as_it_does(tmp_path: Path) -> None:
    start = write_untrained(tmp_path / "start")
    model, tokenize = build_like(start, tmp_path / "next", 32)
    model.eval()
    encoder = load_spatiotemporal(str(start), device="cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    times = torch.arange(3.0)[None]
    with torch.no_grad():
        texts = model.texts(tokenize(["a red car"]))
        frames = model.frames(torch.from_numpy(pixels)[None])
        clips = clip_vectors(frames, times, torch.ones(1, 3, dtype=torch.bool), model.head)
    rows = encoder.encode_frames(pixels)
    assert np.allclose(texts.numpy(), encoder.encode_texts(["a red car"]), atol=0.02)
    assert np.allclose(frames[0].numpy(), rows, atol=0.02)
    expected = encoder.encode_clips(rows, times[0].double().numpy(), [(0, 3)])
    assert np.allclose(clips.numpy(), expected, atol=0.02)


def test_the_frames_of_the_next_model_may_be_larger(tmp_path: Path) -> None:
    start = write_untrained(tmp_path / "start")
    build_like(start, tmp_path / "next", 64)
    config = (tmp_path / "next" / "open_clip_config.json").read_text()
    assert '"image_size": 64' in config
    assert frame_side(start) == 32


def test_fine_tuning_is_a_short_stage_at_the_models_own_size(tmp_path: Path) -> None:
    (stage,) = fine_tuning(write_untrained(tmp_path / "start")).stages
    assert stage.px == 32
    assert stage.steps <= 100


def test_a_folder_that_lacks_a_part_is_no_start(tmp_path: Path) -> None:
    start = write_untrained(tmp_path / "start")
    (start / "temporal.json").unlink()
    with pytest.raises(ReelwiseError, match=r"it has no temporal\.json"):
        fine_tuning(start)


def test_positions_stretch_to_a_finer_grid_and_keep_that_of_the_mean() -> None:
    rising = torch.tensor([[9.0], [0.0], [6.0], [0.0], [6.0]])  # the mean's, then left and right
    out = stretch_positions(rising, 1 + 3 * 3)
    assert out[0].item() == 9
    assert torch.allclose(out[1:].view(3, 3), torch.tensor([0.0, 3.0, 6.0]).expand(3, 3))
    assert torch.equal(stretch_positions(rising, 5), rising)
