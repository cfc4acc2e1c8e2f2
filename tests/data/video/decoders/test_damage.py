"""Mutated files end with a label, none is stuck, the parent lives (promise R8)."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from data.video.children.pool import Chunk, DecodeJob, DecodeLimits, DecodePool, Finished
from data.video.decoders.decoding import DECODERS
from data.video.types import FrameSpec
from tests.data.paint import paint

LIMITS = DecodeLimits(stall_s=5.0)
SPEC = FrameSpec(32, 32)
SEEDS = {"pyav": 48, "decord": 16}


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, a stretch zeroed, doubled or left out, or the end cut off."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 4, 40))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    first, length = rng.randrange(len(changed)), rng.randrange(1, 400)
    match rng.randrange(5):
        case 0:
            changed[first : first + length] = bytes(len(changed[first : first + length]))
        case 1:
            del changed[first : first + length]
        case 2:
            changed[first:first] = changed[first : first + length]
        case 3:
            del changed[max(1, first) :]
        case _:
            pass
    return bytes(changed)


@pytest.mark.parametrize("decoder", DECODERS)
def test_mutated_files_are_labelled_and_never_stuck(decoder: str, tmp_path: Path) -> None:
    originals = [
        paint(tmp_path / "a.mp4", n=30, g=10),
        paint(tmp_path / "b.mkv", n=30, g=10),
        paint(tmp_path / "c.gif", n=12, codec="gif"),
        paint(tmp_path / "d.avi", n=30, codec="mpeg4", g=10),
    ]
    jobs = []
    for seed in range(SEEDS[decoder]):
        source = originals[seed % len(originals)]
        path = tmp_path / f"{seed}{source.suffix}"
        path.write_bytes(mutate(source.read_bytes(), random.Random(seed)))
        jobs.append(DecodeJob(seed, path, SPEC, decoder=decoder))
    ends: dict[int, Finished] = {}
    frames = dict.fromkeys(range(len(jobs)), 0)
    last = time.monotonic()
    with DecodePool(2, LIMITS) as pool:
        for event in pool.run(jobs):
            assert time.monotonic() - last < LIMITS.stall_s + 2
            last = time.monotonic()
            if isinstance(event, Chunk):
                frames[event.key] += len(event.pixels)
            elif isinstance(event, Finished):
                assert event.key not in ends
                ends[event.key] = event
    assert set(ends) == set(frames)
    for key, end in ends.items():
        assert (end.state == "failed") == (frames[key] == 0)
        assert (end.state == "done") == (end.reason == "")
    assert len({end.state for end in ends.values()}) >= 2
