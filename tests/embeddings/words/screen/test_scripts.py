"""What is believed of what was read."""

from __future__ import annotations

import pytest

from embeddings.words.screen.scripts import SCRIPTS, is_kept, language_of


@pytest.mark.parametrize(
    ("text", "scripts", "kept"),
    [
        ("Żółta łódź", ("latin",), True),
        ("12:30", ("latin",), True),
        ("Το πλοίο φεύγει", ("latin",), False),  # noqa: RUF001
        ("Το πλοίο φεύγει", ("latin", "han", "kana"), False),  # noqa: RUF001
        ("Поезд", ("latin", "han", "kana"), False),
        ("J3γù3φ oo人π oT", ("latin",), False),  # noqa: RUF001
        ("天气很好", ("latin",), False),
        ("天气很好", ("han", "latin"), True),
        ("天气 today", ("han",), False),
        ("eləxiq to ebrow", ("latin",), False),
        ("||||--..|", ("latin",), False),
        ("I", ("latin",), False),
    ],
)
def test_a_line_is_kept_where_all_its_letters_are_of_the_scripts(
    text: str, scripts: tuple[str, ...], kept: bool
) -> None:
    assert is_kept(text, 0.99, scripts) is kept


def test_less_text_needs_more_certainty() -> None:
    assert is_kept("Platform", 0.88, ("latin",))
    assert not is_kept("Exit", 0.88, ("latin",))
    assert is_kept("Exit", 0.95, ("latin",))
    assert not is_kept("Platform", 0.8, ("latin",))


@pytest.mark.parametrize("text", ["SS", "000", "22", "00 00", "oO0"])
def test_one_character_that_is_repeated_is_a_pattern(text: str) -> None:
    assert is_kept(text, 0.999, ("latin",)) is (text == "oO0")
    assert is_kept(f"{text} km", 0.999, ("latin",))


def test_a_number_needs_the_certainty_of_short_lines() -> None:
    assert not is_kept("21300", 0.88, ("latin",))
    assert is_kept("21300", 0.95, ("latin",))
    assert is_kept("20000 m", 0.88, ("latin",))


def test_a_long_number_of_two_digits_is_a_pattern() -> None:
    assert not is_kept("20000", 0.99, ("latin",))
    assert is_kept("2000", 0.99, ("latin",))
    assert is_kept("Mamma", 0.99, ("latin",))


def test_a_language_is_named_where_the_script_says_it() -> None:
    assert language_of("今日は") == "ja"
    assert language_of("The ferry") == language_of("天气") == language_of("12:30") == ""
    assert set(SCRIPTS) == {"latin", "han", "kana"}
