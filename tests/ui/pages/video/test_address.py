"""Addresses of the Video page: what means something counts, the rest is said."""

import pytest

from ui.pages.video.address import Asked, asked


def test_a_whole_address_is_read() -> None:
    given = {"v": "9", "t": "4.9", "in": "4.90", "out": "7.90", "q": " puppy ", "from": "search"}
    assert asked(given) == Asked(9, 4.9, 4.9, 7.9, q="puppy", came_from="search")
    assert asked(given).question == {"q": "puppy", "from": "search"}


@pytest.mark.parametrize("video", ["", "x", "-1", "9.5", "\u0669", "9" * 19])
def test_what_is_no_number_is_no_video(video: str) -> None:
    assert asked({"v": video}).video_id is None


@pytest.mark.parametrize("value", ["abc", "-1", "nan", "inf", "1e400"])
def test_a_time_that_is_none_is_left_out_and_said(value: str) -> None:
    read = asked({"v": "1", "t": value})
    assert read.start_s is None
    assert read.left_out == (("t", value),)


def test_an_end_before_its_start_is_left_out() -> None:
    read = asked({"v": "1", "in": "7", "out": "7.05"})
    assert (read.in_s, read.out_s, read.left_out) == (7.0, None, (("out", "7.05"),))


def test_times_behind_the_end_of_the_video_are_its_end() -> None:
    read = asked({"v": "1", "t": "99", "in": "2", "out": "99"}).within(13.0)
    assert (read.start_s, read.in_s, read.out_s) == (13.0, 2.0, 13.0)
    beyond = asked({"v": "1", "in": "50", "out": "60"}).within(13.0)
    assert (beyond.in_s, beyond.out_s) == (None, None)


def test_a_page_that_does_not_exist_is_left_out() -> None:
    assert asked({"v": "1", "from": "//evil"}).left_out == (("from", "//evil"),)
