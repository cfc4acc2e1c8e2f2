"""The address of the Library page: what means nothing is left out; what viewers see."""

import pytest

from ui.pages.library.address import Asked, asked, for_visitor


def test_an_address_is_read() -> None:
    given = {"view": "folders", "folder": "Films/a", "year": "2019", "sort": "title", "tag": "sea",
             "text": "two boats"}  # fmt: skip
    assert asked(given) == Asked("folders", "Films/a", "2019", "title", "sea", "two boats")
    assert asked({}) == Asked()


@pytest.mark.parametrize(
    ("name", "value"),
    [("view", "x"), ("folder", "/a\0"), ("year", "abc"), ("year", "0"),
     ("sort", "size"), ("tag", "x" * 101), ("text", "x" * 201)],
)  # fmt: skip
def test_a_value_that_means_nothing_is_left_out_and_said_so(name: str, value: str) -> None:
    assert asked({name: value}) == Asked(left_out=((name, value[:60]),))


def test_viewers_see_all_videos_by_date_and_by_folder_and_nothing_else() -> None:
    wanted = asked({"view": "problems", "folder": "Films", "sort": "old", "tag": "sea"})
    assert for_visitor(wanted, is_owner=True) == wanted
    assert for_visitor(wanted, is_owner=False) == Asked(folder="Films", sort="old", tag="sea")
