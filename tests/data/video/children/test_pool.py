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

from data.video.children.pool import DecodeEvent, DecodePool, decode_each, decode_one
from data.video.children.process import Process
from data.video.children.supervisor import DecodeLimits
from data.video.children.wire import SlotPlan
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec
from tests.data.paint import CYCLE, numbers, paint

pytestmark = pytest.mark.long(17)

SPEC = FrameSpec(16, 16)
TIGHT = DecodeLimits(stall_s=4.0, memory_bytes=2**30)
"""A child starts within its stall limit also on a busy machine."""
ROOT = Path(__file__).resolve().parents[4]
ROGUE = "tests.data.video.children.rogue_child"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return paint(tmp_path / "clip.mp4", n=60)


def ended(events: list[DecodeEvent]) -> dict[int, Ending]:
    return {key: result for key, result in events if isinstance(result, Ending)}


def children() -> list[psutil.Process]:
    return [
        p for p in psutil.Process().children() if "data.video.children." in " ".join(p.cmdline())
    ]


def test_many_files_come_complete_and_each_in_order(tmp_path: Path) -> None:
    paths = [paint(tmp_path / f"{n}.mp4", n=n, g=12) for n in (5, 40, 90, 1, 120, 33)]
    jobs = [DecodeRequest(path, SPEC, fps=10.0, key=key) for key, path in enumerate(paths)]
    with DecodePool(2) as pool:
        events = list(pool.run(jobs))
    for key, path in enumerate(paths):
        mine = [result for of, result in events if of == key]
        batches = [result for result in mine if isinstance(result, FrameBatch)]
        assert all(1 <= len(batch.pixels) <= 64 for batch in batches)
        n = int(path.stem)
        assert numbers(np.concatenate([b.pixels for b in batches])) == [i % CYCLE for i in range(n)]
        times_s = np.concatenate([b.times_s for b in batches])
        assert times_s == pytest.approx(np.arange(n) / 10)
        last = mine[-1]
        assert isinstance(last, Ending)
        assert len(batches) == len(mine) - 1
        assert (last.state, last.reason, last.decoder) == ("done", "", "pyav")
        assert last.decoded_s == pytest.approx(n / 10)
        assert last.info is not None
        assert last.info.duration_s == pytest.approx(n / 10)
    # Of a single frame it may be less than what the system counts in.
    assert sum(ending.cpu_s for _, ending in events if isinstance(ending, Ending)) > 0


def test_key_frames_come_with_the_samples_that_they_precede(tmp_path: Path) -> None:
    path = paint(tmp_path / "long.mp4", n=700, g=12, sc_threshold=0)
    with DecodePool(1) as pool:
        results = [result for _, result in pool.run([DecodeRequest(path, SPEC)])]
    batches = [result for result in results if isinstance(result, FrameBatch)]
    assert len(batches) > 1
    found = np.concatenate([batch.keyframes_s for batch in batches])
    assert found == pytest.approx(np.arange(58) * 1.2)
    for batch in batches:
        assert batch.keyframes_s[-1] <= batch.times_s[-1]
    assert batches[1].keyframes_s[0] > batches[0].times_s[-1]


def test_of_several_key_frames_between_samples_the_last_counts(tmp_path: Path) -> None:
    path = paint(tmp_path / "intra.mp4", n=40, g=1, fps=10)
    with DecodePool(1) as pool:
        results = [result for _, result in pool.run([DecodeRequest(path, SPEC, fps=1.0)])]
    found = np.concatenate([r.keyframes_s for r in results if isinstance(r, FrameBatch)])
    times_s = np.concatenate([r.times_s for r in results if isinstance(r, FrameBatch)])
    assert found.tolist() == pytest.approx(times_s.tolist())


def test_a_pool_serves_several_runs_with_the_same_children(clip: Path) -> None:
    with DecodePool(1) as pool:
        first = ended(list(pool.run([DecodeRequest(clip, SPEC, key=1)])))
        before = [child.pid for child in children()]
        second = ended(list(pool.run([DecodeRequest(clip, FrameSpec(300, 200), fps=10.0, key=2)])))
        assert [child.pid for child in children()] == before
    assert first[1].state == second[2].state == "done"
    assert not children()


def test_requests_are_pulled_only_as_they_are_needed(clip: Path) -> None:
    pulled: list[int] = []

    def requests() -> Iterator[DecodeRequest]:
        for key in range(50):
            pulled.append(key)
            yield DecodeRequest(clip, SPEC, key=key)

    with DecodePool(1) as pool:
        run = pool.run(requests())
        next(run)
        assert len(pulled) <= 2
        list(run)
    assert len(pulled) == 50


def test_a_slow_caller_holds_the_child_back_and_is_no_stall(tmp_path: Path) -> None:
    path = paint(tmp_path / "long.mp4", n=400)
    limits = DecodeLimits(stall_s=3.0)
    large = FrameSpec(320, 320)
    assert SlotPlan.of(large).n_frames < 64
    n_frames = 0
    with DecodePool(1, limits) as pool:
        for _, last in pool.run([DecodeRequest(path, large, fps=10.0)]):
            if isinstance(last, FrameBatch) and n_frames == 0:
                time.sleep(3.6)
            n_frames += len(last.pixels) if isinstance(last, FrameBatch) else 0
    assert isinstance(last, Ending)
    assert (last.state, n_frames) == ("done", 400)


def test_pixels_are_the_callers_own(tmp_path: Path) -> None:
    path = paint(tmp_path / "long.mp4", n=300)
    large = FrameSpec(320, 320)  # 54 frames a slot: slots filled again hold other numbers
    assert SlotPlan.of(large).n_frames % CYCLE
    with DecodePool(1) as pool:
        run = pool.run([DecodeRequest(path, large, fps=10.0)])
        batches = [result for _, result in run if isinstance(result, FrameBatch)]
    assert numbers(np.concatenate([b.pixels for b in batches])) == [i % CYCLE for i in range(300)]
    batches[0].pixels[...] = 0


def test_leaving_a_run_early_ends_its_work(clip: Path) -> None:
    with DecodePool(2) as pool:
        run = pool.run(DecodeRequest(clip, SPEC, key=key) for key in range(1000))
        next(run)
        run.close()
        again = ended(list(pool.run([DecodeRequest(clip, SPEC, key=7)])))
    assert again[7].state == "done"
    assert not children()


def test_an_error_of_the_requests_reaches_the_caller(clip: Path) -> None:
    def requests() -> Iterator[DecodeRequest]:
        yield DecodeRequest(clip, SPEC)
        raise RuntimeError("catalogue closed")

    with DecodePool(1) as pool, pytest.raises(RuntimeError, match="catalogue closed"):
        list(pool.run(requests()))
    assert not children()


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("spin", "no progress for 4 s"),
        ("leak", "memory"),
        ("segv", "SIGSEGV"),
        ("exit", "ended with code 3"),
    ],
)
@pytest.mark.parametrize("when", ["", "early-"])
def test_a_rogue_costs_one_file_and_is_gone(deed: str, reason: str, when: str, clip: Path) -> None:
    limits = replace(TIGHT, stall_s=120.0) if deed == "leak" else TIGHT
    requests = [
        DecodeRequest(clip, SPEC, decoder=f"rogue:{when}{deed}"),
        DecodeRequest(clip, SPEC, key=1),
    ]
    with DecodePool(1, limits, child=ROGUE) as pool:
        results = ended(list(pool.run(requests)))
    assert reason in results[0].reason
    assert results[0].state == ("failed" if when else "partial")
    assert results[0].decoded_s == (0.0 if when else 8.0)
    assert results[1].state == "done"
    assert not children()


def test_a_leak_past_the_address_limit_is_seen_by_the_parent(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import data.video.children.supervisor

    monkeypatch.setattr(
        data.video.children.supervisor, "Process", lambda _, child: Process(64 * 2**30, child)
    )
    requests = [DecodeRequest(clip, SPEC, decoder="rogue:leak")]
    with DecodePool(1, DecodeLimits(memory_bytes=2**29), child=ROGUE) as pool:
        results = ended(list(pool.run(requests)))
    assert results[0].reason == "stopped: took more than 0.5 GB of memory"


def test_a_file_that_takes_too_long_is_stopped(clip: Path) -> None:
    limits = DecodeLimits(stall_s=60.0, wall_s=4.0, wall_per_mb_s=0.01)
    with DecodePool(1, limits, child=ROGUE) as pool:
        results = ended(list(pool.run([DecodeRequest(clip, SPEC, decoder="rogue:spin")])))
    assert "not done after 4 s" in results[0].reason
    assert results[0].state == "partial"


def test_a_child_sees_no_secrets_and_loads_nothing_heavy(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    deeds = [
        decode_one(DecodeRequest(clip, SPEC, decoder=f"rogue:{deed}"), child=ROGUE)[2]
        for deed in ("environment", "modules")
    ]
    seen, loaded = deeds
    assert "SECRET" not in seen.reason
    assert "PYTHONPATH" in seen.reason
    assert "HOME" not in seen.reason
    assert loaded.reason.endswith("light")


def test_an_unknown_decoder_is_refused(clip: Path) -> None:
    _, _, ending = decode_one(DecodeRequest(clip, SPEC, decoder="rogue:segv"))
    assert ending.state == "failed"
    assert "known are auto, pyav, decord" in ending.reason


def test_a_killed_parent_leaves_no_child(clip: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from data.video.children.pool import DecodePool
from data.video.types import DecodeRequest, FrameSpec
request = DecodeRequest(Path({str(clip)!r}), FrameSpec(16, 16), decoder="rogue:spin")
with DecodePool(1, child={ROGUE!r}) as pool:
    run = pool.run([request])
    next(run)
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    list(run)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
    child.wait(timeout=30)


def test_one_file_at_once(clip: Path, tmp_path: Path) -> None:
    request = DecodeRequest(clip, SPEC, fps=1.0, start_s=1.5, end_s=4.0)
    pixels, times_s, ending = decode_one(request)
    assert (numbers(pixels), times_s.tolist()) == ([15, 25, 3], [1.5, 2.5, 3.5])
    assert ending.state == "done"
    assert ending.decoded_s == pytest.approx(2.5)
    pixels, times_s, ending = decode_one(DecodeRequest(tmp_path / "none.mp4", SPEC))
    assert (pixels.shape, times_s.shape) == ((0, 16, 16, 3), (0,))
    assert (ending.state, ending.reason) == ("failed", "the file is missing")


@pytest.mark.parametrize("workers", [1, 2])
def test_each_of_several_files_comes_whole_with_its_key(
    workers: int, clip: Path, tmp_path: Path
) -> None:
    other = paint(tmp_path / "other.mp4", n=20)
    requests = [
        DecodeRequest(clip, SPEC, key=7),
        DecodeRequest(tmp_path / "none.mp4", SPEC, key=2),
        DecodeRequest(other, FrameSpec(20, 14), fps=5.0, key=5),
    ]
    decoded = dict(decode_each(requests, workers=workers))
    assert {key: ending.state for key, (_, _, ending) in decoded.items()} == {
        7: "done",
        2: "failed",
        5: "done",
    }
    assert numbers(decoded[7][0]) == [(5 * at) % CYCLE for at in range(12)]
    assert decoded[5][0].shape == (10, 14, 20, 3)
    assert list(decode_each([])) == []


def test_names_of_any_bytes_can_be_decoded(clip: Path, tmp_path: Path) -> None:
    for name in (
        "ключ 映画 🎬.mp4",
        "a\nb:c%d.mp4",
        "concat:x|y.mp4",
        os.fsdecode(b"\xff\xfe.mp4"),
    ):
        odd = tmp_path / name
        odd.write_bytes(clip.read_bytes())
        assert decode_one(DecodeRequest(odd, SPEC))[2].state == "done", name


def test_a_child_is_light(clip: Path) -> None:
    with DecodePool(1) as pool:
        list(pool.run([DecodeRequest(clip, SPEC)]))
        (child,) = children()
        assert child.memory_info().rss < 150 * 2**20


def test_a_closed_pool_says_so(clip: Path) -> None:
    pool = DecodePool(1)
    with pytest.raises(ValueError, match="not open"):
        next(pool.run([DecodeRequest(clip, SPEC)]))
