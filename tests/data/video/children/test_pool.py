"""Supervised decoding: order, back-pressure, and children that misbehave (promise R10)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from data.video.children.pool import (
    Chunk,
    DecodeJob,
    DecodeLimits,
    DecodePool,
    Event,
    Finished,
    Started,
    decode_one,
)
from data.video.children.wire import SlotPlan
from data.video.decoders.decoding import DECODERS, open_decoding
from data.video.types import DecodeRequest, FrameSpec
from tests.data.paint import CYCLE, numbers, paint

SPEC = FrameSpec(16, 16)
TIGHT = DecodeLimits(stall_s=2.0, memory_bytes=2**30)
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def rogues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWISE_TEST_DECODERS", "1")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return paint(tmp_path / "clip.mp4", n=60)


def ended(events: list[Event]) -> dict[int, Finished]:
    return {event.key: event for event in events if isinstance(event, Finished)}


def children() -> list[psutil.Process]:
    return [
        p
        for p in psutil.Process().children()
        if "data.video.children.child" in " ".join(p.cmdline())
    ]


def test_many_files_come_complete_and_each_in_order(tmp_path: Path) -> None:
    paths = [paint(tmp_path / f"{n}.mp4", n=n, g=12) for n in (5, 40, 90, 1, 120, 33)]
    jobs = [DecodeJob(key, path, SPEC, fps=10.0) for key, path in enumerate(paths)]
    with DecodePool(2) as pool:
        events = list(pool.run(jobs))
    for key, path in enumerate(paths):
        mine = [event for event in events if event.key == key]
        assert isinstance(mine[0], Started)
        chunks = [event for event in mine if isinstance(event, Chunk)]
        assert all(len(chunk.pixels) <= 64 for chunk in chunks)
        n = int(path.stem)
        assert numbers(np.concatenate([c.pixels for c in chunks])) == [i % CYCLE for i in range(n)]
        times_s = np.concatenate([c.times_s for c in chunks])
        assert times_s == pytest.approx(np.arange(n) / 10)
        last = mine[-1]
        assert isinstance(last, Finished)
        assert (last.state, last.reason, last.decoder) == ("done", "", "pyav")
        assert last.decoded_s == pytest.approx(n / 10)
        assert last.info is not None
        assert last.cpu_s > 0


def test_a_pool_serves_several_runs_with_the_same_children(clip: Path) -> None:
    with DecodePool(1) as pool:
        first = ended(list(pool.run([DecodeJob(1, clip, SPEC)])))
        before = [child.pid for child in children()]
        second = ended(list(pool.run([DecodeJob(2, clip, FrameSpec(300, 200), fps=10.0)])))
        assert [child.pid for child in children()] == before
    assert first[1].state == second[2].state == "done"
    assert not children()


def test_jobs_are_pulled_only_as_they_are_needed(clip: Path) -> None:
    pulled: list[int] = []

    def jobs() -> Iterator[DecodeJob]:
        for key in range(50):
            pulled.append(key)
            yield DecodeJob(key, clip, SPEC)

    with DecodePool(1) as pool:
        run = pool.run(jobs())
        next(run)
        assert len(pulled) <= 2
        list(run)
    assert len(pulled) == 50


def test_a_slow_caller_holds_the_child_back_and_is_no_stall(tmp_path: Path) -> None:
    path = paint(tmp_path / "long.mp4", n=400)
    limits = DecodeLimits(stall_s=1.0)
    large = FrameSpec(320, 320)
    assert SlotPlan.of(large).n_frames < 64
    n_frames = 0
    with DecodePool(1, limits) as pool:
        for event in pool.run([DecodeJob(0, path, large, fps=10.0)]):
            if isinstance(event, Chunk) and n_frames == 0:
                time.sleep(1.6)
                assert children()[0].cpu_times().user < 5
            n_frames += len(event.pixels) if isinstance(event, Chunk) else 0
            last = event
    assert isinstance(last, Finished)
    assert (last.state, n_frames) == ("done", 400)


def test_pixels_are_the_callers_own(tmp_path: Path) -> None:
    path = paint(tmp_path / "long.mp4", n=300)
    large = FrameSpec(320, 320)  # 54 frames a slot: slots filled again hold other numbers
    assert SlotPlan.of(large).n_frames % CYCLE
    with DecodePool(1) as pool:
        run = pool.run([DecodeJob(0, path, large, fps=10.0)])
        chunks = [event for event in run if isinstance(event, Chunk)]
    assert numbers(np.concatenate([c.pixels for c in chunks])) == [i % CYCLE for i in range(300)]
    chunks[0].pixels[...] = 0


def test_leaving_a_run_early_ends_its_work(clip: Path) -> None:
    with DecodePool(2) as pool:
        run = pool.run(DecodeJob(key, clip, SPEC) for key in range(1000))
        next(run)
        run.close()
        again = ended(list(pool.run([DecodeJob(7, clip, SPEC)])))
    assert again[7].state == "done"
    assert not children()


def test_an_error_of_the_jobs_reaches_the_caller(clip: Path) -> None:
    def jobs() -> Iterator[DecodeJob]:
        yield DecodeJob(0, clip, SPEC)
        raise RuntimeError("catalogue closed")

    with DecodePool(1) as pool, pytest.raises(RuntimeError, match="catalogue closed"):
        list(pool.run(jobs()))
    assert not children()


@pytest.mark.usefixtures("rogues")
@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("spin", "no progress for 2 s"),
        ("leak", "memory"),
        ("segv", "SIGSEGV"),
        ("exit", "ended with code 3"),
    ],
)
@pytest.mark.parametrize("when", ["", "early-"])
def test_a_rogue_costs_one_file_and_is_gone_in_time(
    deed: str, reason: str, when: str, clip: Path
) -> None:
    limits = replace(TIGHT, stall_s=20.0) if deed == "leak" else TIGHT
    begun = time.monotonic()
    jobs = [
        DecodeJob(0, clip, SPEC, decoder=f"test:{when}{deed}"),
        DecodeJob(1, clip, SPEC),
    ]
    with DecodePool(1, limits) as pool:
        results = ended(list(pool.run(jobs)))
    assert reason in results[0].reason
    assert results[0].state == ("failed" if when else "partial")
    assert results[0].decoded_s == (0.0 if when else 8.0)
    assert results[1].state == "done"
    assert (
        time.monotonic() - begun < TIGHT.stall_s + 2 + 2
    )  # two starts of a child on a busy machine
    assert not children()


@pytest.mark.usefixtures("rogues")
def test_a_leak_past_the_address_limit_is_seen_by_the_parent(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import data.video.children.supervisor

    started = data.video.children.supervisor._Process
    monkeypatch.setattr(data.video.children.supervisor, "_Process", lambda _: started(64 * 2**30))
    jobs = [DecodeJob(0, clip, SPEC, decoder="test:leak")]
    with DecodePool(1, DecodeLimits(memory_bytes=2**29)) as pool:
        results = ended(list(pool.run(jobs)))
    assert results[0].reason == "stopped: took more than 0.5 GB of memory"


@pytest.mark.usefixtures("rogues")
def test_a_file_that_takes_too_long_is_stopped(clip: Path) -> None:
    limits = DecodeLimits(stall_s=60.0, wall_s=1.0, wall_per_video_s=0.01)
    with DecodePool(1, limits) as pool:
        results = ended(list(pool.run([DecodeJob(0, clip, SPEC, decoder="test:spin")])))
    assert "not done after 1 s" in results[0].reason
    assert results[0].state == "partial"


@pytest.mark.usefixtures("rogues")
def test_a_child_sees_no_secrets_and_loads_nothing_heavy(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    _, _, seen = decode_one(clip, SPEC, decoder="test:environment")
    _, _, loaded = decode_one(clip, SPEC, decoder="test:modules")
    assert "SECRET" not in seen.reason
    assert "PYTHONPATH" in seen.reason
    assert "HOME" not in seen.reason
    assert loaded.reason.endswith("light")


def test_test_decoders_are_unknown_outside_tests(clip: Path) -> None:
    _, _, finished = decode_one(clip, SPEC, decoder="test:segv")
    assert finished.state == "failed"
    assert "known are" in finished.reason


def test_a_killed_parent_leaves_no_child(clip: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from data.video.children.pool import *
from data.video.types import FrameSpec
with DecodePool(1) as pool:
    run = pool.run([DecodeJob(0, Path({str(clip)!r}), FrameSpec(16, 16), decoder="test:spin")])
    next(run)
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    list(run)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "REELWISE_TEST_DECODERS": "1"},
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
    child.wait(timeout=2)


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_works_in_a_child(decoder: str, clip: Path) -> None:
    pixels, _, finished = decode_one(clip, SPEC, decoder=decoder)
    assert numbers(pixels) == [(5 * at) % CYCLE for at in range(12)]
    assert (finished.state, finished.decoder) == ("done", decoder)
    assert finished.decoded_s == pytest.approx(6.0)


def test_a_file_that_decord_cannot_read_falls_to_the_other(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import data.video.decoders.decoding

    gif = paint(clip.parent / "a.gif", n=20, codec="gif")
    assert decode_one(gif, SPEC, decoder="decord")[2].state == "failed"
    monkeypatch.setattr(data.video.decoders.decoding, "DECODERS", ("decord", "pyav"))
    with open_decoding(DecodeRequest(gif, SPEC)) as decoding:
        assert len(list(decoding.samples())) == 4
    assert (decoding.decoder, decoding.outcome().state) == ("pyav", "done")


def test_one_file_at_once(clip: Path, tmp_path: Path) -> None:
    pixels, times_s, finished = decode_one(clip, SPEC, fps=1.0, start_s=1.5, end_s=4.0)
    assert (numbers(pixels), times_s.tolist()) == ([15, 25, 3], [1.5, 2.5, 3.5])
    assert (finished.state, finished.decoded_s) == ("done", pytest.approx(2.5))
    pixels, times_s, finished = decode_one(tmp_path / "none.mp4", SPEC)
    assert (pixels.shape, times_s.shape) == ((0, 16, 16, 3), (0,))
    assert (finished.state, finished.reason) == ("failed", "the file is missing")


def test_names_of_any_bytes_can_be_decoded(clip: Path, tmp_path: Path) -> None:
    for name in (
        "ключ 映画 🎬.mp4",
        "a\nb:c%d.mp4",
        "concat:x|y.mp4",
        os.fsdecode(b"\xff\xfe.mp4"),
    ):
        odd = tmp_path / name
        odd.write_bytes(clip.read_bytes())
        assert decode_one(odd, SPEC)[2].state == "done", name


def test_a_child_starts_fast_and_light(clip: Path) -> None:
    with DecodePool(1) as pool:
        list(pool.run([DecodeJob(0, clip, SPEC)]))
        (child,) = children()
        assert child.memory_info().rss < 150 * 2**20
        assert child.cpu_times().user + child.cpu_times().system < 1.0  # 0.25 measured, quiet


def test_a_closed_pool_says_so(clip: Path) -> None:
    pool = DecodePool(1)
    with pytest.raises(ValueError, match="not open"):
        next(pool.run([DecodeJob(0, clip, SPEC)]))
