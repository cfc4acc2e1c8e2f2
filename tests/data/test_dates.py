"""Dates as people write them."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from data.dates import first_instant
from data.errors import ReelwiseError


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine one hour east of UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "XXX-1")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024", datetime(2023, 12, 31, 23, tzinfo=UTC)),
        ("2024-05", datetime(2024, 4, 30, 23, tzinfo=UTC)),
        (" 2024-05-17 ", datetime(2024, 5, 16, 23, tzinfo=UTC)),
        ("2024-05-17T10:30", datetime(2024, 5, 17, 9, 30, tzinfo=UTC)),
        ("2024-05-17 10:30:00Z", datetime(2024, 5, 17, 10, 30, tzinfo=UTC)),
        ("2024-05-17T10:30+05:00", datetime(2024, 5, 17, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_date_is_its_first_instant_here(text: str, instant: datetime) -> None:
    assert first_instant(text) == instant
    assert first_instant(text).tzinfo is not None


@pytest.mark.parametrize(
    "text", ["", "yesterday", "24", "2024-13", "2024-05-32", "2024-05-17T25:00", "20240517", "0000"]
)
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ReelwiseError, match="is no date") as refused:
        first_instant(text)
    assert "2024-05-17" in refused.value.fix


@pytest.mark.parametrize("text", ["0001", "9999-12-31", "9999-12-31T23:59-12:00"])
def test_the_ends_of_the_calendar_are_dates_or_refused_by_name(text: str) -> None:
    with suppress(ReelwiseError):
        assert first_instant(text).year in (1, 9999)
