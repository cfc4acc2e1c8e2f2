"""What decoding may cost, and what is left when it stops: descriptors, words, processes."""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from data.errors import UnreadableVideo
from data.video.children import supervisor
from data.video.children.pool import DecodePool, DecodingStopped, decode_one
from data.video.children.process import NoDecoder, Process
from data.video.children.supervisor import ON_DEMAND, DecodeLimits
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec
from tests.data.paint import CYCLE, numbers, paint
from tests.data.video.children.test_pool import ROGUE, ROOT, children, ended

SPEC = FrameSpec(16, 16)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return paint(tmp_path / "clip.mp4", n=60)


def rogue(clip: Path, deed: str) -> Ending:
    return decode_one(DecodeRequest(clip, SPEC, decoder=f"rogue:{deed}"), child=ROGUE)[2]


def test_time_is_bounded_by_the_size_of_a_file_not_by_its_promise(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(1_000_000_000)
    assert DecodeLimits().wall_of(small) == pytest.approx(60, abs=0.1)
    assert DecodeLimits().wall_of(large) == pytest.approx(5060)
    assert ON_DEMAND.wall_of(small) == pytest.approx(30, abs=0.1)
    assert ON_DEMAND.wall_of(large) == pytest.approx(50)
    assert ON_DEMAND.wall_of(tmp_path / "none") == 30


def test_time_in_which_the_child_waits_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    watch = supervisor._Watch(DecodeLimits(stall_s=15), wall_s=60)
    now += 50  # a busy machine starts a child
    watch.start()
    with watch.stopped():
        now += 1000
    assert watch.reason() is None
    now += 14
    watch.progress()
    now += 15
    assert watch.reason() is None
    now += 1
    assert watch.reason() == "stopped: no progress for 15 s"
    watch.progress()
    now += 31
    watch.progress()
    assert watch.reason() == "stopped: not done after 60 s"


def test_a_long_range_gives_a_fixed_number_of_frames_and_the_child_lives_on(clip: Path) -> None:
    with DecodePool(1) as pool:
        pids = set()
        for most, shown in ((4, [0, 15, 30, 45]), (1, [0]), (60, list(range(60))), (999, None)):
            request = DecodeRequest(clip, SPEC, fps=10.0, most_frames=most)
            *batches, (_, ending) = pool.run([request])
            assert isinstance(ending, Ending)
            assert (ending.state, ending.reason) == ("done", "")
            frames = [n for _, b in batches if isinstance(b, FrameBatch) for n in numbers(b.pixels)]
            assert frames == [n % CYCLE for n in shown or range(60)]
            pids |= {child.pid for child in children()}
    assert len(pids) == 1


def test_a_request_of_no_frames_is_refused(clip: Path) -> None:
    with pytest.raises(ValueError, match="most_frames=0"):
        DecodeRequest(clip, SPEC, most_frames=0)


LOW = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2_500_000_000, 2_500_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
request = DecodeRequest(Path(sys.argv[1]), FrameSpec(16, 16), decoder=sys.argv[2])
print(decode_one(request, child=sys.argv[3])[2])
"""


@pytest.mark.parametrize(
    ("decoder", "told"),
    [("auto", "state='done'"), ("rogue:early-limits", "[(2500000000, 2500000000), (12")],
)
def test_children_live_under_the_limits_that_their_machine_sets(
    decoder: str, told: str, clip: Path
) -> None:
    command = [sys.executable, "-c", LOW, str(clip), decoder, ROGUE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


@pytest.mark.parametrize(("most_cpu_s", "n_children"), [(resource.RLIM_INFINITY, 1), (0.01, 2)])
def test_a_child_that_may_soon_be_ended_for_its_computing_time_is_replaced(
    most_cpu_s: float, n_children: int, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {resource.RLIMIT_CPU: (most_cpu_s, most_cpu_s)}
    real = resource.getrlimit
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits.get(kind) or real(kind))
    started: list[Process] = []

    class Counted(Process):
        def __init__(self, memory_bytes: int, child: str) -> None:
            super().__init__(memory_bytes, child)
            started.append(self)

    monkeypatch.setattr(supervisor, "Process", Counted)
    with DecodePool(1) as pool:
        for key in range(2):
            assert ended(list(pool.run([DecodeRequest(clip, SPEC, key=key)])))[key].state == "done"
    assert len(started) == n_children


def test_the_last_words_of_a_child_are_told_on_one_line(clip: Path) -> None:
    expected = "the decoder ended with code 3: libcodec: out of luck?[2J"
    assert rogue(clip, "early-words").reason == expected


def test_a_child_cannot_shrink_the_memory_that_its_parent_reads(clip: Path) -> None:
    ending = rogue(clip, "shrink")
    assert "memory keeps its size: Operation not permitted" in ending.reason
    assert ending.decoded_s > 0


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_child_that_cannot_be_started_leaves_no_descriptor_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    before = open_descriptors()
    for _ in range(5):
        with pytest.raises(NoDecoder, match="resource temporarily unavailable"):
            Process(2**30, "none")
    assert open_descriptors() == before


def test_a_process_gives_back_its_descriptors(clip: Path) -> None:
    before = open_descriptors()
    for _ in range(3):
        decode_one(DecodeRequest(clip, SPEC))
    assert open_descriptors() == before


def test_what_a_machine_lacks_is_no_fault_of_a_file(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.video.children.pool.START_ATTEMPTS", 1)
    with pytest.raises(NoDecoder, match="No module named") as raised:
        decode_one(DecodeRequest(clip, SPEC), child="data.video.children.absent")
    assert "ulimit" in raised.value.fix
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with DecodePool(1) as pool:
        resource.setrlimit(resource.RLIMIT_NOFILE, (open_descriptors(), hard))
        try:
            with pytest.raises(NoDecoder, match="too many open files"):
                list(pool.run([DecodeRequest(clip, SPEC)]))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        # The pool goes on once the machine has what it needs.
        assert ended(list(pool.run([DecodeRequest(clip, SPEC, key=5)])))[5].state == "done"


def test_closing_a_pool_ends_every_open_run_at_once(clip: Path) -> None:
    pool = DecodePool(2, child=ROGUE).__enter__()
    outcomes: list[BaseException | str] = []
    begun = threading.Barrier(4)

    def decode(deed: str) -> None:
        run = pool.run([DecodeRequest(clip, SPEC, decoder=f"rogue:{deed}")])
        try:
            if deed == "spin":
                next(run)
            begun.wait(30)
            list(run)
        except BaseException as error:  # noqa: BLE001
            outcomes.append(error)

    threads = [threading.Thread(target=decode, args=(d,)) for d in ("spin", "spin", "early-spin")]
    for thread in threads:
        thread.start()
    begun.wait(30)
    pool.close()
    for thread in threads:
        thread.join(10)
    assert [type(outcome) for outcome in outcomes] == [DecodingStopped] * 3
    assert not children()


def test_a_caller_that_goes_away_ends_its_child_and_no_other(clip: Path) -> None:
    class Gone(Exception):
        pass

    def leave() -> None:
        if children():
            raise Gone

    with DecodePool(1, child=ROGUE) as pool:
        request = DecodeRequest(clip, SPEC, decoder="rogue:early-spin")
        with pytest.raises(Gone):
            list(pool.run([request], still_wanted=leave))
        assert ended(list(pool.run([DecodeRequest(clip, SPEC, key=5)])))[5].state == "done"


def test_threads_share_a_pool(clip: Path) -> None:
    counts: list[int] = []

    def decode(pool: DecodePool, most: int) -> None:
        events = list(pool.run([DecodeRequest(clip, SPEC, fps=10, most_frames=most)]))
        counts.append(sum(len(b.pixels) for _, b in events if isinstance(b, FrameBatch)))

    with DecodePool(2) as pool:
        threads = [threading.Thread(target=decode, args=(pool, most)) for most in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(children()) <= 2
    assert sorted(counts) == list(range(1, 9))


def test_an_unreadable_video_keeps_its_fields_between_processes() -> None:
    error = pickle.loads(pickle.dumps(UnreadableVideo("cut off", final=False, fix="mend it")))
    assert isinstance(error, UnreadableVideo)
    assert (error.reason, error.final, error.problem) == ("cut off", False, "cut off")
    assert error.fix == "mend it"
