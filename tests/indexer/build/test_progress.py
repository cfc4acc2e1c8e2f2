"""How far a run has come, told at a bearable rate."""

from __future__ import annotations

import pytest

from indexer.build.progress import UPDATE_EVERY_S, Meter, Snapshot


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Told:
    def __init__(self) -> None:
        self.seen: list[Snapshot] = []

    def update(self, now: Snapshot) -> None:
        self.seen.append(now)

    def note(self, message: str) -> None:
        raise AssertionError(message)


def test_rates_and_time_left_count_from_the_start_of_indexing() -> None:
    clock, told = Clock(), Told()
    meter = Meter(told, clock=clock)
    meter.enter("scanning")
    clock.now_s += 50
    meter.begin_indexing(files_total=4, bytes_total=400)
    assert told.seen[-1].eta_s is None
    clock.now_s += 10
    meter.now.frames += 32
    meter.report()
    meter.now.files_done, meter.now.bytes_done, meter.now.video_s = 1, 100, 60.0
    meter.now.clips += 5
    meter.report()
    now = told.seen[-1]
    assert now.eta_s is None  # told before the file was finished
    clock.now_s += 10
    meter.now.files_done, meter.now.bytes_done, meter.now.video_s = 2, 200, 80.0
    meter.now.failed, meter.now.current = 1, "b.mp4"
    meter.report()
    now = told.seen[-1]
    assert (now.files_done, now.files_total, now.failed, now.frames) == (2, 4, 1, 32)
    assert now.elapsed_s == pytest.approx(20)
    assert now.times_real_time == pytest.approx(4)
    assert now.clips_per_s == pytest.approx(0.25)
    assert now.eta_s == pytest.approx(20)
    assert now.current == "b.mp4"


def test_a_listener_is_not_called_for_every_frame() -> None:
    clock, told = Clock(), Told()
    meter = Meter(told, clock=clock)
    meter.begin_indexing(files_total=1, bytes_total=1)
    for _ in range(1000):
        clock.now_s += UPDATE_EVERY_S / 100
        meter.now.frames += 1
        meter.report()
    assert 8 <= len(told.seen) <= 12
    meter.enter("finished")
    assert told.seen[-1].frames == 1000


def test_a_publication_in_between_keeps_the_counts() -> None:
    told = Told()
    meter = Meter(told)
    meter.begin_indexing(files_total=9, bytes_total=9)
    meter.now.clips = 3
    meter.enter("publishing")
    meter.enter("indexing")
    assert (told.seen[-1].phase, told.seen[-1].clips, told.seen[-1].files_total) == (
        "indexing",
        3,
        9,
    )


def test_without_a_listener_nothing_happens() -> None:
    meter = Meter(None)
    meter.enter("scanning")
    meter.now.files_done = 3
    meter.report()
    meter.note("unheard")
    assert meter.now.files_done == 3
