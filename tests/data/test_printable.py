"""What a name holds is shown by a terminal, never obeyed."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.printable import HIDDEN, printable, printable_lines


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07.mp4", r"\x1b[2J\x1b]0;title\x07.mp4"),
        ("a\nerror: b\r\tc", r"a\nerror: b\r\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("gpj\u202e4pm.exe", r"gpj\u202e4pm.exe"),
        ("a\u2028b\u200bc\ufeff", r"a\u2028b\u200bc\ufeff"),
        (os.fsdecode(b"caf\xe9.mp4"), r"caf\xe9.mp4"),
        ("\U000e0041", r"\U000e0041"),
        ("Müller été 家族 👩\u200d👩 नमस्ते", "Müller été 家族 👩\u200d👩 नमस्ते"),
        ("", ""),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_escaped_and_nothing_else(name: str, shown: str) -> None:
    assert printable(name) == shown


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_becomes_one_line_that_can_be_encoded(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not HIDDEN.search(shown)
    assert len(shown.splitlines()) <= 1
    assert printable_lines(text).count("\n") == text.count("\n")
