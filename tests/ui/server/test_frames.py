"""Frames for pictures: children that live on, and end when they are told to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from data.video.children import supervisor
from data.video.children.pool import DecodingStopped
from data.video.children.process import Process
from data.video.types import DecodeRequest, FrameBatch, FrameSpec
from tests.data.paint import numbers, paint
from tests.data.video.children.test_pool import ROGUE, children
from ui.server.frames import CHILDREN, FrameSource

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
