"""Looks at a server in use, and the slopes of what they saw."""

from __future__ import annotations

import pytest

from benchmarks.page.page_memory import REST, Look, Plan, looks_in_use, slopes


def test_one_visit_follows_the_other_with_rest_and_a_look_is_taken_in_time() -> None:
    now_s, rested_s = [0.0], []

    def use() -> None:
        now_s[0] += 5

    def rest(seconds: float) -> None:
        rested_s.append(seconds)
        now_s[0] += seconds

    def see(at_s: float, visits: int) -> Look:
        return Look(at_s, visits, 100.0, 100.0, 10, 9)

    plan = Plan(videos=10, use_s=100, settled_s=0, look_s=20)
    looks = looks_in_use(use, see, plan, lambda: now_s[0], rest)
    assert set(rested_s) == {5 * REST}
    assert [each.at_s for each in looks] == [0, 20, 40, 60, 80, 100]
    assert [each.visits for each in looks] == [0, 2, 4, 6, 8, 10]


def test_slopes_are_those_behind_the_time_in_which_caches_fill() -> None:
    looks = [Look(0, 0, 100.0, 100.0, 10, 5)] + [
        Look(600.0 + 60 * n, n, 500.0 + n, 900.0, 40, 8 - n % 2) for n in range(51)
    ]
    found = slopes(looks, settled_s=600)
    assert found["mb_an_hour"] == pytest.approx(60)
    assert found["descriptors_an_hour"] == pytest.approx(0)
    assert abs(found["threads_an_hour"]) < 0.1
    assert found["measured_s"] == 3000
    assert (found["first_mb"], found["settled_mb"], found["last_mb"]) == (100, 500, 550)
