"""Scenes for training, drawn once into a file.

Drawing costs as much as training, so a few processes draw the scenes ahead into one memory-mapped
file. This module imports no torch, which would cost each of them seconds.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons.scenes import Scene, draw_scene, random_scene
from data.video.types import SAMPLE_FPS

FRAMES_KEPT = 12
BANK_PX = 112


@dataclass(frozen=True)
class BankSpec:
    """What is in a bank; the same spec draws the same bank."""

    folder: Path
    n_scenes: int
    seed: int


def bank_scene(spec: BankSpec, index: int) -> Scene:
    """Scene number `index`, never of a held-out combination."""
    return random_scene(np.random.default_rng([spec.seed, index]), held_out=False)


class Bank:
    """The memory-mapped frames and times of a bank.

    `frames`: (n_scenes, FRAMES_KEPT, BANK_PX, BANK_PX, 3) uint8. `times_s`: (n_scenes, FRAMES_KEPT)
    float32 seconds since the scene's start, NaN where there is no frame.
    """

    def __init__(self, spec: BankSpec) -> None:
        self.spec = spec
        spec.folder.mkdir(parents=True, exist_ok=True)
        shape = (spec.n_scenes, FRAMES_KEPT, BANK_PX, BANK_PX, 3)
        create = not (spec.folder / "times.f32").is_file()
        mode: Literal["w+", "r+"] = "w+" if create else "r+"
        self.frames = np.memmap(spec.folder / "frames.u8", np.uint8, mode, shape=shape)
        self.times_s = np.memmap(spec.folder / "times.f32", np.float32, mode, shape=shape[:2])
        if create:
            self.times_s[:] = np.nan

    def drawn(self) -> NDArray[np.int64]:
        """Numbers of the scenes that are complete."""
        return np.flatnonzero(~np.isnan(self.times_s[:, 0]))

    def draw(self, index: int) -> None:
        """Draw one scene at `SAMPLE_FPS` from a random phase, as the indexer samples."""
        scene = bank_scene(self.spec, index)
        rng = np.random.default_rng([self.spec.seed, index, 1])
        times = np.arange(rng.uniform(0, 1 / SAMPLE_FPS), scene.duration_s, 1 / SAMPLE_FPS)
        times = times[:FRAMES_KEPT]
        size = (BANK_PX, BANK_PX)
        for i, frame in enumerate(draw_scene(scene, times)):
            self.frames[index, i] = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        self.times_s[index, 1 : len(times)] = times[1:]
        self.times_s[index, 0] = times[0]  # last: a scene that has it is complete


def draw_bank(spec: BankSpec, first: int, step: int) -> None:
    """Draw the missing ones of scenes first, first + step, ....

    OpenCV works with one thread meanwhile: several processes draw at a time.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        bank = Bank(spec)
        for index in range(first, spec.n_scenes, step):
            if np.isnan(bank.times_s[index, 0]):
                bank.draw(index)
    finally:
        cv2.setNumThreads(before)
