"""When a video was recorded, by the tags of its container."""

from datetime import UTC, datetime, timedelta

import pytest

from data.video.decoders.demuxing.recorded import recorded_us


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return round(moment.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2019-07-14T09:30:00.000000Z"}, at(2019, 7, 14, 9, 30)),
        ({"creation_time": "2019-07-14 09:30:00"}, at(2019, 7, 14, 9, 30)),
        ({"DATE_UTC": "2019-07-14T09:30:00Z"}, at(2019, 7, 14, 9, 30)),
        ({"com.apple.quicktime.creationdate": "2019-07-14T09:30:00+0200"}, at(2019, 7, 14, 7, 30)),
        ({"date": "2019-07-14"}, at(2019, 7, 14)),
        ({"ICRD": "2019:07:14\0"}, at(2019, 7, 14)),
        (
            {
                "creation_time": "2020-01-01T00:00:00Z",  # of the export
                "com.apple.quicktime.creationdate": "2019-07-14T09:30:00Z",
            },
            at(2019, 7, 14, 9, 30),
        ),
        ({"date": "2019"}, None),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"creation_time": "2019-02-30T00:00:00Z"}, None),
        ({"creation_time": "9999-12-31T23:59:59+99:99"}, None),
        ({"creation_time": "soon"}, None),
        ({}, None),
    ],
)
def test_the_container_says_when_it_was_recorded(
    tags: dict[str, str], expected: int | None
) -> None:
    assert recorded_us(tags, {}) == expected
    assert recorded_us({}, tags) == expected


def test_a_time_ahead_of_now_is_of_a_wrong_clock() -> None:
    for days, known in ((0.5, True), (2, False)):
        text = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        assert (recorded_us({"creation_time": text}) is not None) == known
