"""Wrong PINs: a few are free, then each has to wait longer; nobody is kept out for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.people import pin_tries
from data.people.pin_tries import FIRST_WAIT_S, FREE, LONGEST_WAIT_S, PinTries, TooManyPins

DAY_S = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tries(clock: Clock) -> PinTries:
    return PinTries(clock)


def given(tries: PinTries, *, right: bool, client: str = "c", stored: str = "s") -> bool:
    return tries.checked(client, "anna", stored, lambda: right)


def wait_s(tries: PinTries) -> float:
    with pytest.raises(TooManyPins) as told:
        given(tries, right=True)
    return told.value.wait_s


def use_up(tries: PinTries) -> None:
    for _ in range(FREE):
        assert not given(tries, right=False)


def test_waits_grow_to_a_quarter_of_an_hour_and_no_further(tries: PinTries, clock: Clock) -> None:
    use_up(tries)
    waits = []
    for _ in range(60):
        waits.append(wait_s(tries))
        clock.now_s += waits[-1]
        assert not given(tries, right=False)
    assert waits[:5] == [FIRST_WAIT_S, 60, 120, 240, 480]
    assert set(waits[5:]) == {LONGEST_WAIT_S}


def test_tries_during_a_wait_are_not_looked_at_and_do_not_lengthen_it(
    tries: PinTries, clock: Clock
) -> None:
    use_up(tries)
    for waited in range(10):
        assert wait_s(tries) == FIRST_WAIT_S - waited
        clock.now_s += 1
    clock.now_s += FIRST_WAIT_S
    assert given(tries, right=True)


def test_the_right_pin_ends_the_count_and_so_does_a_day(tries: PinTries, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(FREE - 1):
            assert not given(tries, right=False)
        assert given(tries, right=True)
    use_up(tries)
    clock.now_s += DAY_S + 1
    use_up(tries)


def test_nobody_keeps_a_person_out_from_elsewhere(tries: PinTries) -> None:
    use_up(tries)
    assert given(tries, right=True, client="her own")
    assert given(tries, right=True, stored="another PIN")
    assert wait_s(tries) == FIRST_WAIT_S


def test_tries_at_once_are_as_many_as_one_by_one(tries: PinTries) -> None:
    looked_at = threading.Semaphore(0)
    go = threading.Event()

    def slow() -> bool:
        looked_at.release()
        assert go.wait(30)
        return False

    def attempt(_: int) -> bool:
        try:
            tries.checked("c", "anna", "s", slow)
        except TooManyPins:
            return False
        return True

    with ThreadPoolExecutor(3 * FREE) as pool:
        found = pool.map(attempt, range(3 * FREE))
        for _ in range(FREE):
            assert looked_at.acquire(timeout=30)
        go.set()
        assert sum(found) == FREE


def test_what_is_counted_is_bounded(tries: PinTries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_tries, "MOST_COUNTED", 3)
    use_up(tries)
    for client in "xyz":
        given(tries, right=False, client=client)
    assert not given(tries, right=False)
