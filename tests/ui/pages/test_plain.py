"""Errors on pages are text, whatever they hold."""

from data.errors import ReelwiseError
from ui.pages import plain

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e'


def test_an_error_is_text_never_markup_and_hidden_characters_are_escapes() -> None:
    shown = plain.problem(ReelwiseError(EVIL, fix=EVIL))
    assert "<script" not in shown
    assert "<img" not in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert shown.count("alert(1)") == 4


def test_the_icon_needs_no_network() -> None:
    assert plain.icon().size == (32, 32)
