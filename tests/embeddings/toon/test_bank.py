import cv2
import numpy as np
import pytest

from data.toons.scenes import draw_scene
from embeddings.toon.bank import BANK_PX, Bank, bank_scene, draw_bank


def test_no_training_scene_is_a_held_out_combination(bank: Bank) -> None:
    assert len(bank.drawn()) == 130
    assert not any(bank_scene(bank.spec, i).held_out for i in range(130))


def test_a_bank_that_was_stopped_goes_on_without_drawing_twice(bank: Bank) -> None:
    before = np.array(bank.frames[7])
    bank.frames[7, 0] = 99
    bank.times_s[8] = np.nan
    draw_bank(bank.spec, 0, 1)
    assert (bank.frames[7, 0] == 99).all()
    assert len(bank.drawn()) == 130
    bank.frames[7] = before


def test_a_bank_holds_what_an_indexer_would_sample(bank: Bank) -> None:
    phases_s = np.array(bank.times_s[:, 0])
    assert 0 <= phases_s.min() < 0.05
    assert 0.45 < phases_s.max() < 0.5
    for i in (0, 3, 77):
        scene = bank_scene(bank.spec, i)
        times_s = np.array(bank.times_s[i])
        n = int(np.ceil((scene.duration_s - times_s[0]) * 2))
        assert times_s[:n] == pytest.approx(times_s[0] + np.arange(n) / 2)
        assert np.isnan(times_s[n:]).all()
        frames = draw_scene(scene, times_s[:n])
        small = [cv2.resize(f, (BANK_PX, BANK_PX), interpolation=cv2.INTER_AREA) for f in frames]
        assert np.abs(bank.frames[i, :n].astype(int) - small).mean() < 0.01
        assert not bank.frames[i, n:].any()


def test_drawing_leaves_the_threads_of_opencv_as_they_were(bank: Bank) -> None:
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        draw_bank(bank.spec, 0, 1)
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
