"""The address of a search: what it means, and what is left out of it."""

import pytest

from data.dates import first_instant
from data.lines import Channel
from ui.pages.search.address import AT_FIRST, MOST_SHOWN, Asked, asked


def test_an_address_says_everything_that_is_asked() -> None:
    got = asked(
        {
            "q": [" a dog "],
            "not": ["snow"],
            "then": ["it jumps", "it swims"],
            "within": ["30"],
            "like": ["9@4.9-7.9"],
            "folder": ["/a", "/b", "/a"],
            "since": ["2025"],
            "until": ["2025-06-01"],
            "len": ["5-60"],
            "in": ["seen,said"],
            "by": ["anna"],
            "tag": ["pets"],
            "where": ["action=jump", "width>=640"],
            "sort": ["new"],
            "all": ["1"],
            "n": ["48"],
        }
    )
    assert got == Asked(
        q="a dog",
        without="snow",
        then=("it jumps", "it swims"),
        within_s=30.0,
        like="9@4.9-7.9",
        folders=("/a", "/b"),
        since=first_instant("2025"),
        until=first_instant("2025-06-01"),
        least_s=5.0,
        most_s=60.0,
        found_in=("seen", "said"),
        by="anna",
        tags=("pets",),
        where=("action=jump", "width>=640"),
        sort="new",
        is_all=True,
        n=48,
    )
    assert got.channels == {Channel.PICTURE, Channel.SPEECH, Channel.SUBTITLE}


def test_an_empty_address_asks_nothing() -> None:
    got = asked({})
    assert got == Asked()
    assert got.is_empty
    assert got.channels == frozenset(Channel)
    assert got.n == AT_FIRST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("len", each) for each in ("abc", "-", "9-3", "1", "nan-2", "1-inf", "--3")),
        *(("since", each) for each in ("yesterday", "2025-13")),
        *(("n", each) for each in ("0", "1.5", "-3", "nan", "1e9", str(MOST_SHOWN + 1))),
        *(("within", each) for each in ("-1", "inf", "x")),
        ("sort", "best"),
        ("in", "seen,heard"),
        ("all", "yes"),
    ],
)
def test_a_value_that_means_nothing_is_left_out_and_said_so(name: str, value: str) -> None:
    got = asked({"q": ["dog"], name: [value]})
    assert got.left_out == ((name, value),)
    assert got == Asked(q="dog", left_out=got.left_out)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("-60", (None, 60.0)), ("60-", (60.0, None)), ("0-60", (None, 60.0)), ("1.5-2", (1.5, 2.0))],
)
def test_a_length_may_be_open_at_either_end(
    text: str, ends: tuple[float | None, float | None]
) -> None:
    got = asked({"len": [text]})
    assert (got.least_s, got.most_s) == ends


def test_dates_the_wrong_way_round_keep_the_first() -> None:
    got = asked({"since": ["2025"], "until": ["2024"]})
    assert got.since is not None
    assert got.until is None
    assert got.left_out == (("until", "2024"),)
