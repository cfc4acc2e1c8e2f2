"""Viewing histories of Netflix: whose they are, which day they mean, what is no film."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.history.rows.event_file import HowToRead, open_events
from data.history.rows.event_row import EventRow
from data.history.rows.netflix import PassedOver
from data.history.rows.times import in_words

WHOLE = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark"
)


def read(folder: Path, how: HowToRead, *lines: str) -> dict[int, object]:
    file = folder / "history.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    with open_events(file, how) as opened:
        return dict(opened.rows)


def days(rows: dict[int, object]) -> list[str]:
    events = [row for row in rows.values() if isinstance(row, EventRow)]
    return [in_words(event.at_micros or 0)[:10] for event in events]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["6/19/25", "6/5/25"], ["2025-06-19", "2025-06-05"]),
        (["19/06/2025", "5/6/2025"], ["2025-06-19", "2025-06-05"]),
        (["5.6.25"], ["2025-06-05"]),
        (["2025-06-05"], ["2025-06-05"]),
        (["29/02/24", "30/02/24"], ["2024-02-29"]),
    ],
)
def test_the_dates_of_a_file_tell_together_what_comes_first(
    tmp_path: Path, dates: list[str], expected: list[str]
) -> None:
    lines = [f'"A: B","{day}"' for day in dates]
    rows = read(tmp_path, HowToRead(user="ann"), "Title,Date", *lines)
    assert days(rows) == expected
    assert len(rows) == len(dates)


@pytest.mark.parametrize("dates", [["5/6/25"], ["13/6/25", "6/13/25"]])
def test_dates_that_do_not_tell_it_are_asked_for(tmp_path: Path, dates: list[str]) -> None:
    lines = ["Title,Date", *(f"A,{day}" for day in dates)]
    with pytest.raises(ReelwiseError, match="day or the month comes first") as caught:
        read(tmp_path, HowToRead(user="ann"), *lines)
    assert "--dates" in caught.value.fix
    told = HowToRead(user="ann", dates="day-first")
    assert days(read(tmp_path, told, *lines))[0] == f"2025-06-{dates[0].split('/')[0]:0>2}"


def test_the_whole_history_says_who_and_how_long_and_passes_trailers_over(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        HowToRead(),
        WHOLE,
        'ann,2022-10-17 23:42:00,00:43:26,,"The Show: Season 1: Pilot",,TV,00:41:19',
        "bob,2022-10-17 23:42:00,00:00:30,,A,TRAILER,TV,00:00:30",
        ",2022-10-17 23:42:00,00:00:30,,A,,TV,00:00:30",
        "bob,17.10.2022,00:00:30,,A,,TV,00:00:30",
    )
    ann = rows[2]
    assert isinstance(ann, EventRow)
    assert (ann.user, ann.video_ref) == ("ann", "title:The Show: Season 1: Pilot")
    assert (ann.watched_s, in_words(ann.at_micros or 0)) == (2606, "2022-10-17T23:42:00+00:00")
    assert rows[3] == PassedOver("trailer")
    assert rows[4] == "user is empty"
    assert "ISO 8601" in str(rows[5])


@pytest.mark.parametrize(
    ("how", "header", "problem"),
    [
        (HowToRead(), "Title,Date", "does not say who watched"),
        (HowToRead(user="ann"), WHOLE, "says itself who watched"),
        (HowToRead("netflix"), "user,video", "no viewing history of Netflix"),
        (HowToRead("reelwise"), "Title,Date", "no column user and no column video"),
        (HowToRead(user="ann"), "user,video", "says itself who watched"),
    ],
)
def test_who_watched_is_said_once(
    tmp_path: Path, how: HowToRead, header: str, problem: str
) -> None:
    with pytest.raises(ReelwiseError, match=problem):
        read(tmp_path, how, header, "A,2024-05-01")


def test_a_file_without_users_is_one_persons(tmp_path: Path) -> None:
    rows = read(tmp_path, HowToRead(user="ann"), "video,at", "kite.mp4,2024-05-01")
    assert [row.user for row in rows.values() if isinstance(row, EventRow)] == ["ann"]
