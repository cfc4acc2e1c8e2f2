"""The log of what was recommended: durable, exact, and gone with the person."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.history.history import History
from data.history.impressions import Impression, Impressions
from data.home import Home
from tests.data.made import catalogue_bytes, file_record

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def shown(user: str, rank: int = 1, *, minutes: int = 0, propensity: float = 0.1) -> Impression:
    at = NOON + timedelta(minutes=minutes, microseconds=1)
    return Impression(user, 1, at, rank, "interest", propensity, 0.1 + 0.2)


@pytest.fixture
def log(catalogue: Catalogue) -> Impressions:
    catalogue.files.put([file_record("a.mp4", "A")])
    return Impressions(catalogue)


def test_what_is_written_is_read_back_exactly_by_time_and_place(log: Impressions) -> None:
    late = [shown("ann", rank, minutes=5) for rank in (1, 2)]
    early = [shown("bob", rank, propensity=1 / 3) for rank in (1, 2)]
    log.add(late)
    log.add(early)
    assert log.all() == [*early, *late]
    assert log.all("ann") == late
    assert log.all("nobody") == []


def test_an_empty_page_writes_nothing(log: Impressions) -> None:
    log.add([])
    assert log.all() == []


def test_a_page_is_written_whole_or_not_at_all(log: Impressions) -> None:
    stranger = Impression("ann", 999, NOON, 2, "new", 1.0, 0.0)
    with pytest.raises(Exception, match="FOREIGN KEY"):
        log.add([shown("ann"), stranger])
    assert log.all() == []


def test_forgetting_takes_the_log_along_to_the_last_byte(
    log: Impressions, catalogue: Catalogue, home: Home
) -> None:
    for n in range(300):
        log.add([shown("carla-secret" if n % 3 else "someone-else", minutes=n)])
    assert b"carla-secret" in catalogue_bytes(home)
    History(catalogue).forget("carla-secret")
    assert b"carla-secret" not in catalogue_bytes(home)
    assert {one.user for one in log.all()} == {"someone-else"}


def test_a_name_is_kept_as_the_history_keeps_it(log: Impressions, catalogue: Catalogue) -> None:
    log.add([shown(" carla-secret ")])
    History(catalogue).forget("carla-secret")
    assert log.all() == []


def test_the_watch_history_knows_nothing_of_it(log: Impressions, catalogue: Catalogue) -> None:
    log.add([shown("ann")])
    assert History(catalogue).events() == []
    assert History(catalogue).users() == []


def test_a_page_that_was_reported_outlives_a_kill(log: Impressions, home: Home) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from data.catalogue.catalogue import Catalogue\n"
        "from data.home import Home\n"
        "from data.history.impressions import Impressions\n"
        "from tests.data.history.test_impressions import shown\n"
        "log = Impressions(Catalogue(Home(Path(sys.argv[1]))))\n"
        "for n in range(1000):\n"
        "    log.add([shown('ann', rank, minutes=n) for rank in (1, 2, 3)])\n"
        "    print(n, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(home.root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        reported = [int(child.stdout.readline()) for _ in range(20)][-1]
        os.kill(child.pid, signal.SIGKILL)
    kept = log.all()
    assert len(kept) % 3 == 0
    assert len(kept) >= 3 * (reported + 1)
