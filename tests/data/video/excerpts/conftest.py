"""A film that proves every picture and every instant of its sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.narration import mux_sound
from data.video.write import write_video

FPS = 10
LENGTH_S = 9.0
RATE_HZ = 48_000


def tone_at(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A steady chord: every sample is known, and no encoder has trouble with it."""
    parts = [0.1 * np.sin(2 * np.pi * hz * times_s) for hz in (220.0, 440.0, 700.0, 1500.0)]
    return np.asarray(np.sum(parts, axis=0))


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine seconds at 10 pictures a second, picture i painted grey 2*i + 20, with a steady tone."""
    folder = tmp_path_factory.mktemp("film")
    n = int(LENGTH_S * FPS)
    frames = [np.full((64, 96, 3), 20 + 2 * i, np.uint8) for i in range(n)]
    write_video(folder / "silent.mp4", frames, fps=FPS, crf=4)
    tone = tone_at(np.arange(int(LENGTH_S * RATE_HZ)) / RATE_HZ).astype(np.float32)
    mux_sound(folder / "silent.mp4", folder / "film.mp4", tone, rate_hz=RATE_HZ)
    return folder / "film.mp4"
