"""Frames for pictures: children that live on, and end when they are told to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from data.video.children import supervisor
from data.video.children.pool import DecodingStopped
from data.video.children.process import Process
from data.video.types import DecodeRequest, FrameBatch, FrameSpec
from tests.data.paint import numbers, paint
from tests.data.video.children.test_pool import ROGUE, children
from ui.server.media.frames import CHILDREN, FrameSource, at_rate

SPEC = FrameSpec(16, 16)


def test_twenty_thumbnails_start_no_more_children_than_the_source_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    def start(memory_bytes: int, module: str) -> Process:
        started.append(Process(memory_bytes, module))
        return started[-1]

    monkeypatch.setattr(supervisor, "Process", start)
    clip = paint(tmp_path / "clip.mp4", n=200)
    frames = FrameSource()
    for at in range(20):
        pixels = frames.at(clip, SPEC, at / 2)
        assert pixels is not None
        assert numbers(pixels[None]) == [5 * at % 32]
    frames.close()
    assert 1 <= len(started) <= CHILDREN
    assert not children()


def test_closing_ends_what_is_being_decoded(tmp_path: Path) -> None:
    clip = paint(tmp_path / "clip.mp4")
    frames = FrameSource(child=ROGUE)
    decoding = threading.Event()
    outcome: list[BaseException] = []

    def preview() -> None:
        batches = frames.batches(DecodeRequest(clip, SPEC, decoder="rogue:spin"))
        try:
            assert isinstance(next(batches), FrameBatch)
            decoding.set()
            next(batches)
        except DecodingStopped as error:
            outcome.append(error)

    thread = threading.Thread(target=preview)
    thread.start()
    assert decoding.wait(60)
    frames.close()
    thread.join(30)
    assert len(outcome) == 1
    assert not children()
    with pytest.raises(DecodingStopped):
        frames.at(clip, SPEC, 0.0)


def test_a_picture_that_stands_is_shown_until_the_next_one() -> None:
    def batch(numbers: list[int], times_s: list[float]) -> FrameBatch:
        pixels = np.array(numbers, np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
        return FrameBatch(pixels, np.array(times_s))

    batches = [batch([1, 2], [5.0, 5.5]), batch([3, 4], [8.0, 8.5])]
    shown = [int(each[0, 0, 0]) for each in at_rate(batches, start_s=5.0, fps=2.0)]
    assert shown == [1, 2, 2, 2, 2, 2, 3, 4]
    assert list(at_rate([], start_s=0.0, fps=2.0)) == []
