"""Time and memory of one answer in a library of a given size.

`python -m benchmarks.recommending.answers VIDEOS PEOPLE` prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.recommending.many_people import DAYS, START, Size, make_world
from data.history.events import Event
from recommender.answer import shortlist
from recommender.answer.recommender import Recommender

ANSWERS = 300
"""Answers that are timed."""
COMPARED = 40
"""Answers that are compared with scoring all videos."""
_MB = 2**20


def measure_apart(n_videos: int, n_people: int) -> dict[str, Any]:
    """`measure` in a separate process."""
    module = "benchmarks.recommending.answers"
    command = [sys.executable, "-m", module, str(n_videos), str(n_people)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(n_videos: int, n_people: int) -> dict[str, float]:
    """Fit on synthetic data and answer some of its users, on one thread."""
    world = make_world(Size(n_videos, n_people))
    rng = np.random.default_rng(1)
    users = [f"p{i}" for i in rng.integers(n_people, size=ANSWERS)]
    with threadpool_limits(1):
        started = time.perf_counter()
        recommender = Recommender(world.videos, world.log)
        recommender.warm_up()
        fit_s = time.perf_counter() - started
        took_ms = [recommender.recommend(user).took_ms for user in users]
        memory_mb = psutil.Process().memory_info().rss / _MB
        after_ms = _after_events(recommender, users[: ANSWERS // 3], rng)
        figures = {
            "events": float(len(world.log)),
            "fit_s": fit_s,
            **_spread("ms", np.asarray(took_ms)),
            **_spread("after_event_ms", after_ms),
            "memory_mb": memory_mb,
            "memory_peak_mb": _peak_mb(),
        }
        if n_videos > shortlist.MAX_SCORED:
            figures["shared_with_scoring_all"] = _shared(recommender, users[:COMPARED])
    return figures


def _peak_mb() -> float:
    """Peak memory of this process; `getrusage` would include that of its parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _after_events(
    recommender: Recommender, users: list[str], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(m,) ms from an event to the end of the answer that includes it."""
    took_ms = []
    now = START + timedelta(days=DAYS)
    for user in users:
        video = int(rng.integers(len(recommender.videos))) + 1
        started = time.perf_counter()
        recommender.observe([Event(user, video, str(video), now, None, None, "view")])
        answer = recommender.recommend(user)
        took_ms.append((time.perf_counter() - started) * 1000.0)
        assert video not in {item.video_id for item in answer.items}
    return np.asarray(took_ms)


def _shared(recommender: Recommender, users: list[str]) -> float:
    """Part of the first ten items that scoring all videos gives as well."""
    short = [{item.video_id for item in recommender.recommend(user).items} for user in users]
    recommender.scores_all = True
    full = [{item.video_id for item in recommender.recommend(user).items} for user in users]
    recommender.scores_all = False
    return float(np.mean([len(a & b) / len(b) for a, b in zip(short, full, strict=True)]))


def _spread(name: str, took_ms: NDArray[np.float64]) -> dict[str, float]:
    return {
        f"p50_{name}": float(np.median(took_ms)),
        f"p95_{name}": float(np.percentile(took_ms, 95)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
