"""Mutated files end with a label, none is stuck, the parent lives (promise R8)."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data.video.children.pool import DecodePool, decode_one
from data.video.children.supervisor import DecodeLimits
from data.video.decoders.decoding import DECODERS
from data.video.types import DecodeRequest, Ending, FrameSpec
from tests.data.paint import numbers, paint

LIMITS = DecodeLimits(stall_s=5.0)
SPEC = FrameSpec(32, 32)
SEEDS = {"pyav": 96, "decord": 16}


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
        paint(tmp_path / "e.ivf", n=30, codec="libvpx", g=10, deadline="realtime"),
        paint(tmp_path / "f.ts", n=30, g=10),
        paint(tmp_path / "g.flv", n=30, g=10),
        paint(tmp_path / "h.nut", n=30, codec="mpeg4", g=10),
    ]
    requests = []
    for seed in range(SEEDS[decoder]):
        source = originals[seed % len(originals)]
        path = tmp_path / f"{seed}{source.suffix}"
        path.write_bytes(mutate(source.read_bytes(), random.Random(seed)))
        requests.append(DecodeRequest(path, SPEC, decoder=decoder, key=seed))
    ends: dict[int, Ending] = {}
    frames = dict.fromkeys(range(len(requests)), 0)
    with DecodePool(2, LIMITS) as pool:
        for key, result in pool.run(requests):
            if isinstance(result, Ending):
                assert key not in ends
                ends[key] = result
            else:
                frames[key] += len(result.pixels)
    assert set(ends) == set(frames)
    for key, end in ends.items():
        assert (end.state == "failed") == (frames[key] == 0)
        assert (end.state == "done") == (end.reason == "")
    assert len({end.state for end in ends.values()}) >= 2


def test_a_packet_larger_than_memory_costs_only_what_lies_behind_it(tmp_path: Path) -> None:
    path = paint(tmp_path / "a.ivf", n=40, codec="libvpx", g=10, deadline="realtime")
    data, at = bytearray(path.read_bytes()), 32
    for _ in range(20):
        at += 12 + int.from_bytes(data[at : at + 4], "little")
    data[at : at + 4] = (2**32 - 2**20).to_bytes(4, "little")
    path.write_bytes(data)
    pixels, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert numbers(pixels) == [0, 5, 10, 15]
    assert ending.state == "partial"
    assert ending.reason.startswith("damaged: the container")
